"""One pod in words: what is lost with it, and whether it comes back."""

from __future__ import annotations

from countersign.api.status import VALUE_LIMIT, Change
from countersign.api.text import clip
from countersign.policy.reach.pods import controller_of, has_empty_dir, is_static
from countersign.policy.reading.fields import part
from countersign.ports import JsonObject

_NAME_LIMIT = 253


def pod_change(live: JsonObject) -> Change:
    """The pod, before and (not) afterwards."""
    phase = clip(str(part(live, "status").get("phase") or "Pending"), 32)
    lost = "; its emptyDir data is lost" if has_empty_dir(live) else ""
    words = f"{phase}, {after_words(live)}{lost}"
    return Change(field="pod", before=clip(words, VALUE_LIMIT))


def after_words(live: JsonObject) -> str:
    """Who makes it again, if anybody does."""
    if is_static(live):
        return "static pod of its node: only its mirror image goes, and the node makes it again"
    owner = controller_of(live)
    if owner is None:
        return "no controller: it does not come back"
    name = clip(f"{owner.get('kind')} {owner.get('name')}", _NAME_LIMIT)
    if owner.get("kind") == "Job":
        return f"of {name}, which decides whether a new one is made"
    return f"of {name}: a new one is made"


def bare(live: JsonObject) -> bool:
    """Whether nobody makes it again."""
    return controller_of(live) is None and not is_static(live)
