"""Words in prose that change what an action means, and how a text that holds one is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from countersign.actions.parser.refusal import RefusalClass


class Where(Enum):
    """In which part of the prose a rule looks."""

    ANYWHERE = auto()
    NEAR = auto()  # the sentence that holds the command
    CLAUSE = auto()  # its clause: Chinese puts a reason and an order into one sentence
    BEFORE = auto()  # what stands before the command in its sentence
    AFTER = auto()  # what follows it there


@dataclass(frozen=True, slots=True)
class Rule:
    """Prose that matches is refused; ``because`` continues "The text around the action …"."""

    where: Where
    refused: RefusalClass
    because: str
    pattern: re.Pattern[str]


def _words(english: str, others: str = "") -> re.Pattern[str]:
    """Whole English words or phrases, or parts of Chinese and Japanese ones."""
    parts = [rf"(?<![\w-])(?:{english})(?![\w-])", *([others] if others else [])]
    return re.compile("|".join(parts), re.ASCII)


# 别 and 別 forbid, but not inside these words.
_DO_NOT = r"(?<![特分类類识識个個级級区區差性])[别別](?![名的])"
_OBSERVING = r"verify|verifies|check|wait|watch|monitor|confirm|observe|report|see|ensure|make"
_OBSERVING_CJK = r"观察|觀察|检查|檢查|确认|確認|等待|验证|驗證|回报|回報|监控|監控|查看|通知"

RULES = (
    Rule(
        Where.ANYWHERE,
        RefusalClass.UNSUPPORTED,
        "forbids something",
        _words(
            r"do not|don't|dont|does not need|doesn't need|never|must not|mustn't|should not|"
            r"shouldn't|shall not|may not|cannot|can't|can not|could not|would not|wouldn't|"
            r"will not|won't|did not|didn't|need not|needn't|no need|no longer|not to|not be|"
            r"not an?|not the|not (?:needed|necessary|required|recommended|allowed|safe|advised|"
            r"approved|run|use|do|execute|apply|restart|scale|yet|now|this|that|it)|"
            r"avoid|refrain|forbidden|prohibited|cancel(?:led)?|ignore|disregard|instead|"
            r"no(?=\s*[.!,;:])|not(?=\s*(?:[.!,;:]|$))|"
            r"rather than|just kidding|abort|undo this|stop (?:it|this|that)|deprecated",
            r"不要|不行|不用|不必|不需|无需|無需|毋[须須]|不[应應该該得准许許再宜]|不能|不是|不建[议議]|"
            r"不可(?![用达達见見预預调調])|[勿甭]|禁止|避免|切忌|停止[执執]行|取消|而非|[没沒]必要|暂缓|暫緩|"
            rf"{_DO_NOT}|[🚫❌⛔]|~~|<!--|ないで|しないこと|ません|してはいけ|せずに|べきではな|やめ|中止",
        ),
    ),
    Rule(
        Where.NEAR,
        RefusalClass.UNSUPPORTED,
        "negates something",
        _words(
            r"not|no|nor|none|nobody|nothing|neither|without|\w+n't|hardly|fails? to|wrong|"
            r"nicht|kein|keine|nie|ne|pas|jamais|nunca|non|mai|niet|geen",
        ),
    ),
    Rule(
        Where.CLAUSE,
        RefusalClass.UNSUPPORTED,
        "negates something",
        re.compile(r"[不未没沒無无]|ない|なかった"),
    ),
    Rule(
        Where.ANYWHERE,
        RefusalClass.UNSUPPORTED,
        "sets a condition, which nobody would check",
        _words(
            r"if|unless|only|in case|provided|assuming|otherwise|else|whether|depending|"
            r"should you|except|excluding|as long as",
            r"如果|假如|假设|假設|[倘若]|要是|除非|除了|除此|万一|萬一|只有|否[则則]|的[话話]|[仅僅]|"
            r"もし|場合|なら|限り|なければ|以外",
        ),
    ),
    Rule(
        Where.AFTER,
        RefusalClass.UNSUPPORTED,
        "says when, which nobody would heed; see spec.notBefore",
        _words(
            r"when|whenever|once|until|till|after|before|while|during|later|tomorrow|tonight|"
            r"today|temporarily|daily|hourly|weekly|every|at \d+|for \d+|in \d+",
            r"直到|之后|之後|之前|以[后後前]|[时時]候|明天|今晚|今天|稍[后後]|每[天日次隔]|暂时|暫時|まで|[后後]再",
        ),
    ),
    Rule(
        Where.BEFORE,
        RefusalClass.UNSUPPORTED,
        "waits for something, which nobody would heed",
        _words(
            r"wait(?:s|ing)?|until|till|pending|approv(?:e|es|ed|al)|permission",
            r"等待|等到|[审審]批|批准|同意|承認",
        ),
    ),
    Rule(
        Where.ANYWHERE,
        RefusalClass.READ_ONLY,
        "asks or reports something instead of proposing it",
        _words(
            r"already|previously|tried|attempted|ran|was run|were run|executed|restarted|scaled|"
            r"why|should i|should we",
            r"[?？]|[吗嗎]|是否[应應]|是不是|已[经經]|已[执執]行|曾|でしょうか|ですか|ました",
        ),
    ),
    Rule(
        Where.NEAR,
        RefusalClass.READ_ONLY,
        "asks or explains instead of proposing",
        _words(
            r"explain|describe|what|how|who|example|e\.g|simulate|pretend|imagine|dry.?run",
            r"解[释釋]|例如|比如|模[拟擬]|如何|怎[么麼]|什[么麼]",
        ),
    ),
    Rule(
        Where.NEAR,
        RefusalClass.AMBIGUOUS,
        "offers a choice or speaks of several objects",
        _words(
            r"or|either|alternatively|all|both|each|every|other|others|another|respectively|any|"
            r"maybe|perhaps",
            r"或|还是|還是|所有|全部|每[个個]|其他|其它|另外|または|すべて|全て|可能",
        ),
    ),
    Rule(
        Where.NEAR,
        RefusalClass.AMBIGUOUS,
        "gives a relative number",
        _words(r"by \d+x?|\d+x|double|twice|half|halve|more|fewer|triple", r"倍|一半|翻番"),
    ),
    Rule(
        Where.AFTER,
        RefusalClass.COMPOUND,
        "goes on with another step",
        re.compile(
            rf"(?:^\W*and|(?<!\w)(?:then|afterwards|next|followed by|plus|also))\b"
            rf"(?!(?: then)? (?:{_OBSERVING})\b)"
            rf"|(?:^[\s`*,，、.。:：)）]*[并並和与與及再]|然[后後]|接[着著]|以及|同[时時]|そして|その[后後])(?!再?(?:{_OBSERVING_CJK}))",
            re.ASCII,
        ),
    ),
    Rule(
        Where.AFTER,
        RefusalClass.AMBIGUOUS,
        "goes on with what may belong to the command",
        re.compile(r"^\W*(?:with|in|on|at|for|from|but|except|to \d|by)\b", re.ASCII),
    ),
)

PROHIBITION = RULES[0].pattern
