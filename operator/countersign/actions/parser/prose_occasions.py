"""The occasion that a runbook names before a command: "If the pods do not come back, run `…`".

A clause about trouble says why the request was made: whoever signs it knows whether there is
trouble. Any other condition is a gate, which nobody would check at the time of execution.
"""

from __future__ import annotations

import re

_CLAUSE = re.compile(
    r"(?:^|(?<=[.!;]\s))\W{0,20}(?:(?:if|when|once)\s(?P<english>[^.,:;!?]{1,160}),"
    r"|(?:如果|若|当|當)(?P<chinese>[^，。：；！？,.:;!?]{1,80})[，,]"
    r"|(?P<wish>[^，。：；！？,.:;!?\s]{1,20})的[话話][，,]?)"
    r"(?=[^.;!?。；！？]*\Z)"
)
_FAILING = (
    r"restart|recover|start|come|become|respond|work|resolve|terminate|clear|disappear|go|help|"
    r"reconnect|reload|update|sync|reconcile|refresh|complete|finish|succeed|scale|reschedule"
)
_TROUBLE = re.compile(
    rf"\b(?:(?:do|does|did|will|can) ?not|(?:do|does|did|wo|ca)n't) (?:\w+ )?(?:{_FAILING})\b"
    r"|\b(?:fails?|failed|failing|stuck|crash\w*|errors?|unhealthy|unavailable|unresponsive|down|"
    r"broken|degraded|hang\w*|hung|persists?|remains?|needed|necessary|required|notready|oom\w*)\b"
    r"|[无無]法|失[败敗]|异常|異常|错误|錯誤|卡住|卡死|故障|崩[溃潰]|超时|超時|[没沒]有(?:恢复|恢復|启动|啟動|重启)"
    r"|不正常|不健康|^(?:要|需要|想|想要)?(?:恢复|恢復|还原|還原)(?:的[话話]|$)",
    re.ASCII,
)
# Leaves, limits and prohibitions: whatever else the clause says, it decides about the command.
_GATE = re.compile(
    r"\b(?:only|unless|except|never|until|before|approv\w+|permission|permitted|allow\w*|agree\w*|"
    r"confirm\w*|sure|asked|told|run|execute|apply|delete|nobody|no one|still|and|or)\b|\d"
    r"|[只仅僅]|批准|[审審]批|同意|允[许許]|[确確][认認定]|[执執]行|不[要是在]|禁",
    re.ASCII,
)


_NEGATION = re.compile(r"\bno[tr]?\b|n't\b|[不没沒未无無非]", re.ASCII)


def without_occasion(before: str) -> str:
    """The prose before a command, in small letters, without the trouble that it is there for."""
    clause = _CLAUSE.search(before)
    if clause is None:
        return before
    rest, troubles = _TROUBLE.subn(" ", clause.group())
    if not troubles or _GATE.search(clause.group()) or _NEGATION.search(rest):
        return before
    return f"{before[: clause.start()]} {before[clause.end() :]}"
