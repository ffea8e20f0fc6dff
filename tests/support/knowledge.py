"""Entries of a knowledge base, in both languages."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from countersign.records.knowledge import KnowledgeEntry
from tests.support.fakes_objects import after

_ABOUT = re.compile(r"\(([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)")
"""Which request an entry tells of: ``namespace/name (uid)``, in its text."""


def entries_about(config_maps: Iterable[dict[str, Any]]) -> Counter[str]:
    """How many entries tell of each request, by its UID, under whichever keys they are kept.

    A second one under a key of its own is one too many, and would not be seen by the keys.
    """
    texts = [text for each in config_maps for text in (each.get("data") or {}).values()]
    contents = (json.loads(text).get("content", "") for text in texts)
    return Counter(uid for content in contents for uid in _ABOUT.findall(content))


def entry(number: int, **fields: Any) -> KnowledgeEntry:
    """An entry that was written ``number`` seconds after the start."""
    usual: dict[str, Any] = {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "title": f"entry {number}",
        "content": "# ✅ 重啟",
        "category": "general",
        "tags": ("human_approved", "success", "general", "execution"),
        "created_by": "approval_execution",
        "created_at": after(number),
        "namespace": "shop",
        "request": "web",
    }
    return KnowledgeEntry(**usual | fields)


BASE = (
    entry(
        10,
        request="restart-checkout",
        title="[Human-approved repair] KubePodCrashLooping: "
        "kubectl rollout restart deployment/checkout",
        content="# ✅ Human-approved repair: KubePodCrashLooping\n\n"
        "Pods of checkout were in CrashLoopBackOff since the deploy. 重啟後恢復。",
        category="availability",
        tags=("human_approved", "success", "availability", "execution"),
    ),
    entry(
        20,
        request="raise-memory",
        namespace="billing",
        title="[人工修復] KubePodOOMKilled: kubectl set resources deployment/billing",
        content="# ✅ 人工修復: KubePodOOMKilled\n\n記憶體不足，memory leak，調高上限。",
        category="memory",
        tags=("human_approved", "success", "memory", "execution"),
    ),
    entry(
        30,
        request="drain-node",
        namespace="ops",
        title="[自動修復] NodeDiskFull: kubectl drain node-7",
        content="# ✅ 自動修復: NodeDiskFull\n\n磁碟已滿，節點排空。The disk of the node was full.",
        category="storage",
        tags=("auto_executed", "success", "storage", "execution"),
        created_by="auto_execute",
    ),
    entry(
        40,
        request="rollback-payment",
        title="[人工修復] HighErrorRate: kubectl rollout undo deployment/payment",
        content="# ❌ 人工修復: HighErrorRate\n\n回滾支付服務失敗：rolled back too late.",
        category="errors",
        tags=("human_approved", "failure", "errors", "execution", "execution_failed"),
        related_incident="INC-77",
    ),
)
