"""A private key for signing service account tokens, without any cryptography library."""

from __future__ import annotations

import base64
import secrets
import textwrap

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P256_OID = bytes.fromhex("06082a8648ce3d030107")


def signing_key() -> str:
    """A fresh P-256 private key: PEM, SEC 1 (RFC 5915).

    The optional public half is left out (readers derive it from the private one), so a random
    number and a few bytes of DER around it are all there is to it.
    """
    scalar = secrets.randbelow(_P256_ORDER - 1) + 1
    der = _tag(0x30, _tag(0x02, b"\x01") + _tag(0x04, scalar.to_bytes(32)) + _tag(0xA0, _P256_OID))
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----\n"


def _tag(tag: int, content: bytes) -> bytes:
    """DER with a one-byte length, which everything here fits into (< 128 bytes)."""
    return bytes((tag, len(content))) + content
