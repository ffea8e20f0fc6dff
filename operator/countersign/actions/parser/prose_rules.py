"""Words in prose that change what an action means, and how a text that holds one is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from countersign.actions.parser.refusal import RefusalClass


class Where(Enum):
    """In which part of the prose a rule looks."""

    ANYWHERE = auto()
    NEAR = auto()  # the sentence that leads to the command, and all that follows
    CLAUSE = auto()  # its clause: Chinese puts a reason and an order into one sentence
    BEFORE = auto()  # what stands before the command in its sentence
    LABEL = auto()  # one to three words and a colon, on the command's line
    AFTER = auto()  # all that follows the command


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
_WATCHED = (
    r"(?:it|them|(?:(?:the|a|all|its|new) ){0,2}(?:rollout|pods?|deployment|status|replicas|"
    r"completion|recovery|readiness|node|job|containers?|restart|change))\b"
)
_OBSERVING = r"verify|verifies|check|wait|watch|monitor|confirm|observe|report|see|ensure|make"
_DAY = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|tomorrow|tonight|later|"
    r"next (?:week|month|day|night|sprint|release|window)|every \w+"
)
_DAY_CJK = (
    r"明[天日早晚]|今[晚夜]|[后後]天|稍[后後]|下[周週个個]|[周週][一二三四五六日天末]|星期|凌晨|"
    r"每[天日次隔周週晚]|定[时時]|来週|毎[日週晩]|後ほど|あとで"
)
_ITSELF = r"(?:this|it|that|action|command|change|proposal|request|plan|idea)"
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
            r"不要|不行|不用|不必|不需|无需|無需|毋[须須]|不[应應该該得准许許再宜]|不能|不是|不建[议議]|不[执執做]|[先暂暫]不|"
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
        re.compile(r"不(?!可[调調]度)|[未没沒無无]|ない|なかった"),
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
            r"when|whenever|once|until|till|after|before|while|during|"
            rf"today|temporarily|daily|hourly|weekly|at \d+|for \d+|in \d+|{_DAY}",
            rf"直到|之后|之後|之前|以[后後前]|[时時]候|今天|暂时|暫時|まで|[后後]再|{_DAY_CJK}",
        ),
    ),
    Rule(
        Where.BEFORE,
        RefusalClass.UNSUPPORTED,
        "says when, which nobody would heed; see spec.notBefore",
        _words(_DAY, _DAY_CJK),
    ),
    Rule(
        Where.BEFORE,
        RefusalClass.UNSUPPORTED,
        "waits for something, which nobody would heed",
        _words(r"wait(?:s|ing)?|until|till|pending", r"等待|等到"),
    ),
    Rule(
        Where.NEAR,
        RefusalClass.UNSUPPORTED,
        "waits for somebody, which nobody would heed",
        _words(
            r"approv(?:e|es|ed|als?)|permission|sign.?off|go.?ahead|green light|"
            r"pending (?:review|confirmation|decision)|needs? (?:a )?(?:review|ok|confirmation)|"
            r"(?:ask|ping|consult|check with|talk to) \w+ (?:first|beforehand)|"
            rf"(?:hold|wait) (?:off|on|until|till)|on hold|wait for (?!{_WATCHED})\w+",
            r"[审審]批|批准|同意|承認|授[权權]|待(?:定|审|審|批|确认|確認)|等.{0,6}(?:通知|回[复覆]|指示)",
        ),
    ),
    Rule(
        Where.NEAR,
        RefusalClass.UNSUPPORTED,
        "speaks against the action",
        _words(
            r"reject(?:s|ed|ion)?|deny|denie[sd]|veto(?:e[sd])?|disagree(?:s|d|ment)?|"
            r"disapprov\w+|oppos(?:e|es|ed|ition)|objects? to|objected to|revoked?|withdrawn|"
            r"obsolete|outdated|superseded|incorrect|mistaken?|anti-?pattern|unsafe|dangerous|"
            r"harmful|nope|nah|jk|kidding|opposite|(?:reverse|inverse) of|old command|"
            r"(?:from|stop|keep|against) (?:running|executing|applying|doing|using)|"
            r"(?<!connection )(?<!connections )refuse[sd]?",
            r"驳回|駁回|否[决決]|反[对對]|撤回|作[废廢]|[废廢][弃棄]|反例|危[险険險]|"
            r"(?<!被)拒[绝絕](?![连連])|却下|拒否|廃止|間違",
        ),
    ),
    Rule(
        Where.ANYWHERE,
        RefusalClass.UNSUPPORTED,
        "says that it was turned down, or put off",
        _words(
            rf"{_ITSELF} (?:\w+ ){{0,2}}(?:rejected|denied|vetoed|withdrawn|revoked|blocked|"
            r"obsolete|dangerous|unsafe|wrong|postponed|deferred|pending|simulated|hypothetical)|"
            rf"(?:reject|veto|oppose|postpone|defer)(?:e?d|s|es)? {_ITSELF}|"
            r"decided against|hold off|(?:pending|awaiting|needs?|requires?) approval|"
            r"approval (?:is )?(?:pending|awaited)|"
            rf"(?:do|run|execute|apply|schedule[ds]?) (?:it |this )?(?:for |on )?(?:{_DAY})",
            r"[等待][审審]批|否[决決]|驳回|駁回|却下|防止|阻止|[拦攔]截|[误誤][执執]行|撤[销銷回]|"
            rf"(?:{_DAY_CJK}).{{0,3}}(?:[执執]行|[处處]理|操作)",
        ),
    ),
    Rule(
        Where.ANYWHERE,
        RefusalClass.AMBIGUOUS,
        "is about more than the one command",
        _words(
            r"(?:run|repeat|do|apply) (?:it |this )?(?:on|for|in) (?:all|every|each|both|the other|"
            r"\S+ and)|(?:an?|this) (?:\w+ )?(?:example|sample|simulation)|substitute|"
            r"change \S+ to your",
        ),
    ),
    Rule(
        Where.LABEL,
        RefusalClass.UNSUPPORTED,
        "calls the command something else than an action",
        _words(
            r"to-?do|wip|drafts?|questions?|logs?|audit|history|output|result|attacks?|detected|"
            r"bad|blocked|no|never|prevent|old|previous|earlier|before|last \w+|yesterday|"
            r"examples?|samples?|cron|schedule|deferred|postponed|future|planned",
            r"示例|范例|範例|样例|樣例|例|待[办辦]|草稿|草案|日志|日誌|记录|記錄|[历歷]史|[错錯][误誤誤]|"
            r"[计計][划劃]|上[周週次]|昨[天日]|サンプル|履歴|予定",
        ),
    ),
    Rule(
        Where.NEAR,
        RefusalClass.MALFORMED,
        "says that the command is to be changed first",
        _words(
            r"replace \S+(?: \S+){0,3} (?:with|by)|substitut\w+|adjust(?:ed|ing)?|placeholders?|"
            r"change the (?:names?|namespace|number|values?)|"
            r"your (?:own |actual |real )?(?:names?|namespace|pods?|deployment|nodes?|values?)|"
            r"(?:correct|right|actual|real|appropriate) (?:names?|namespace|pods?|nodes?|number)",
            r"替[换換][为為成]|[换換]成|按需|根据[实實]|依[实實][际際]|[实實][际際]的|実際の",
        ),
    ),
    Rule(
        Where.NEAR,
        RefusalClass.UNSUPPORTED,
        "names a user, but actions run as the request's service account",
        _words(
            r"as (?:the )?(?:root|admin|administrator|cluster-admin|superuser|user \S+)",
            r"(?:root|admin|管理[员員])\s*(?:身份|身分|用[户戶]|[权權]限)",
        ),
    ),
    Rule(
        Where.ANYWHERE,
        RefusalClass.READ_ONLY,
        "asks or reports something instead of proposing it",
        _words(
            r"already|previously|tried|attempted|ran|was run|were run|executed|restarted|scaled|"
            r"why|should i|should we",
            r"[?？]|[吗嗎]|是否[应應]|是不是|已[经經]|已(?:[执執]行|完成|[处處]理)|"
            r"(?:[执執]行|[运運]行|做|跑)[过過]|曾|でしょうか|ですか|ました|済み|\[[x✓✔]\]",
        ),
    ),
    Rule(
        Where.AFTER,
        RefusalClass.READ_ONLY,
        "reports something instead of proposing it",
        re.compile(
            r"(?:^|[.!(\[])\W{0,8}(?:done|completed?|finished|reverted|applied|failed|succeeded)\W{0,8}$",
            re.ASCII,
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
            r"maybe|perhaps|etc|and so on",
            r"等等|など|或|还是|還是|所有|全部|每[个個]|其他|其它|另外|または|すべて|全て|可能",
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
            r"(?:(?:^|[.!;]\s)\W{0,8}and|(?<!\w)(?:then|afterwards|next|followed by|plus|also))\b"
            rf"(?!(?: then)? (?:{_OBSERVING})\b)"
            r"|(?<!\w)(?:repeat (?:on|for|this|it|the|as|with)|same (?:for|on|with|to)|likewise|"
            r"do this|as well|first\W{0,8}$|too\W{0,8}$|[2-9]\d* times)(?!\w)"
            r"|也一[样樣]|同[样樣]|同様|照此|一并|一併"
            rf"|(?:^[\s`*,，、.。:：)）]*[并並和与與及再]|然[后後]|接[着著]|以及|同[时時]|そして|その[后後])(?!再?(?:{_OBSERVING_CJK}))",
            re.ASCII,
        ),
    ),
    Rule(
        Where.AFTER,
        RefusalClass.AMBIGUOUS,
        "goes on with what may belong to the command",
        re.compile(
            r"^\W*(?:with|in|on|at|for|from|but|except|to \d|by)\b|^\s*(?:&|\d?>)"
            r"|(?:\.\.\.|…)\W{0,8}$|[到至成]\s*[\d零一二两兩三四五六七八九十]",
            re.ASCII,
        ),
    ),
)

PROHIBITION = RULES[0].pattern
