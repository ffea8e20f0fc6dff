"""How records are written in a store: as JSON texts, under keys that any database takes."""

from __future__ import annotations

import hashlib
import json
import re

from countersign.api.base import Model

_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_KEY = 253
_DIGEST = 24
_DIGESTED = "sha256:"


def document(model: Model) -> str:
    """A record as JSON that people can read.

    Half a surrogate pair is no character: no reader would take it back, so that it is replaced.
    """
    text = json.dumps(model.to_json(), ensure_ascii=False, sort_keys=True)
    return _SURROGATE.sub("\ufffd", text)


def ascii_document(model: Model) -> str:
    """A record as JSON in ASCII: for databases of any encoding."""
    return json.dumps(json.loads(document(model)), sort_keys=True)


def key_of(text: str) -> str:
    """A text to look up by, or its digest where it is long or holds what cannot be stored."""
    usual = text.isprintable() and len(text.encode()) <= _LONGEST_KEY
    if usual and not text.startswith(_DIGESTED):  # Nobody's text passes for another one's digest.
        return text
    return f"{_DIGESTED}{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def digest_of(model: Model) -> str:
    """The same for the same record, so that it is there once, however often it is written."""
    return hashlib.sha256(document(model).encode()).hexdigest()[:_DIGEST]
