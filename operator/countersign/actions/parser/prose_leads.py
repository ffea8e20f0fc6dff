"""What leads to a command within its sentence: "run `…`" asks for it, "block `…`" does not."""

from __future__ import annotations

import re

_LED = re.compile(
    r"(?:\A|\n|[^\w\s]|\b(?:runs?|execute|use|try|issue|apply|do|perform|invoke|call|type|enter|"
    r"running|executing|using|via|with|invoking|applying|please|then|first|now|simply|action|fix|"
    r"proposed|suggested|recommended|commands?)"
    r"|[执執運运][行]|使用|[用以先再请請]|[通透][过過]|命令|[调調]用|然[后後]|実行|ので|ため|操作)"
    r"[\s*_\"'“‘]*\Z"
)
# Japanese puts the verb behind: "`…` を実行".
_JAPANESE = re.compile(r"\s*(?:を|で(?!は)|にて)")
_GOES_ON = re.compile(
    r"[^\S\n]*(?:\n|[^\w\s]|\Z|(?![がは])[\u3040-\u30ff]"
    r"|(?:to|so|because|and|which|since|as|that|then|if|unless|only|when|once|after|before|until|"
    r"but|or|for|in|on|at|by|with|from|except|instead|tomorrow|too|also|nope|done|etc)\b"
    r"|(?![会會被的卡]|命令|失[败敗]|[导導]致|[报報][错錯])[\u3400-\u9fff])"
)
_NEIGHBOUR = 60


def asks_for_it(before: str, after: str) -> bool:
    """Whether the words next to a command let it be what is asked for.

    ``after`` may begin with what other rules refuse with a better message.
    """
    is_led = bool(_LED.search(before[-_NEIGHBOUR:])) or bool(_JAPANESE.match(after))
    return is_led and bool(_GOES_ON.match(after))
