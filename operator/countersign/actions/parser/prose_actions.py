"""Words for actions in prose: beside an action they may only speak of that action."""

from __future__ import annotations

import re
from dataclasses import dataclass

from countersign.actions.parser.wordlist import words


@dataclass(frozen=True, slots=True)
class ActionWord:
    """A word in prose, and the operations (by their names in flat JSON) that it may stand by."""

    pattern: re.Pattern[str]
    operations: frozenset[str]


def _word(english: str, others: str, operations: str) -> ActionWord:
    pattern = rf"(?<![\w-])(?:{english})(?![\w-])|{others}"
    return ActionWord(re.compile(pattern, re.ASCII), words(operations))


_REMOVALS = "DeletePod DeleteResource SetEnv Label Annotate TaintNode Patch"

ACTION_WORDS = (
    # Pods that are deleted, or whose template is changed, are restarted.
    _word(
        r"restart(?:s|ing)?",
        "重[启啟]|再起動",
        "RestartRollout DeletePod EvictPod SetImage SetEnv SetResources Patch Exec SSH",
    ),
    _word(r"scal(?:e|es|ing)", "[扩擴缩縮]容|スケール", "Scale"),
    _word(r"delet(?:e|es|ing)|remov(?:e|es|ing)|rm", "[删刪]除|削除", _REMOVALS),
    _word(r"kill(?:s|ing)?", "杀[掉死]|殺[掉死]", "DeletePod"),
    _word(r"reboot(?:s|ing)?", "重新开机|重新開機", ""),
    _word(r"drain(?:s|ing)?", "排空", "DrainNode"),
    _word(r"cordon(?:s|ing)?", "封[锁鎖]", "CordonNode DrainNode"),
    _word(r"uncordon(?:s|ing)?", "解除封[锁鎖]", "UncordonNode"),
    _word(r"evict(?:s|ing)?", "[驱驅]逐", "EvictPod DrainNode TaintNode"),
    _word(
        r"roll(?:s|ing)? ?back|revert(?:s|ing)?|undo",
        "回[滚滾]|ロールバック",
        "RollbackRollout HelmRollback",
    ),
    _word(r"taint(?:s|ing)?", "污点|污點", "TaintNode"),
)


def other_action(prose: str, operation: str) -> str | None:
    """The first word in prose, in small letters, that speaks of another action than this."""
    for word in ACTION_WORDS:
        if operation not in word.operations and (found := word.pattern.search(prose)):
            return found.group()
    return None
