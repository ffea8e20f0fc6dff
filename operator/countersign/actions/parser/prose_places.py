"""Environments that prose names: an action is carried out where its request is only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAMES = (
    r"prod|production|live|pre-?prod|staging|stage|dev|development|qa|uat|test|testing|sandbox|"
    r"canary"
)
_PLACE = re.compile(
    rf"\b(?:in|on|to|against)\s+(?:the\s+)?(?P<in>{_NAMES})\b"
    rf"|(?:\A|(?<=[.!;\n]))\W{{0,8}}(?P<label>{_NAMES})\s*[:：]"
    r"|\benv(?:ironment)?\s*[:=：][\W_]{0,8}(?P<field>\w+)"
    rf"|\b(?P<only>{_NAMES})\s+only\b"
    r"|(?P<chinese>[测測][试試]|生[产產]|开[发發]|預?[预]?[发發]布?|线上|線上|灰度|正式|本番|開発|検証|ステージング)"
    r"(?:[环環]境|集群|叢集|クラスタ)",
    re.ASCII,
)
_SHORTEST = 3  # of "production" and "prod" the common beginning is looked for


def other_place(prose: str, described: Mapping[str, Any]) -> str | None:
    """The environment that prose names, in small letters, unless it is in the action as well."""
    own = " ".join(
        str(described.get(key) or "") for key in ("namespace", "context", "name", "kubeconfig")
    ).casefold()
    for found in _PLACE.finditer(prose):
        place = found["in"] or found["label"] or found["only"] or found["field"]
        if place is None or place[:_SHORTEST] not in own:
            return found.group().strip()
    return None
