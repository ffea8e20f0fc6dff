"""Which words of a command are nobody's to read: told by the words before them.

A secret that is a word of its own has its name before it (``--password x``, ``Authorization: x``),
or stands where a well-known program expects one (``redis-cli -a x``, ``curl -u user:x``). What says
something about a secret, as ``--password-file`` does, has none behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from countersign.actions.secrecy import HIDDEN, is_secret, without_secret

_OPTION = re.compile(r"--?([A-Za-z][\w.-]+)", re.ASCII)
_ABOUT_ONE = re.compile(
    r"^(?:no|skip)[-_.]"
    r"|(?:file|path|directory|[-_.]dir|[-_.]fd|stdin|prompt|type|format|policy|method|mechanism"
    r"|prefix|algorithm|version|ttl|timeout|lifetime|duration|expiry|expiration|length|size)$"
    r"|(?:key|token|secret|credential)s?[-_.]?"
    r"(?:tab|store|ring|space|name|url|uri|usage|mode|alg|provider)$"
    r"|(?:key|token)[-_.]?id$|public[-_.]?key$|keys$"
    r"|auth\w*[-_.]?(?:database|db|user|host|url|uri|mode|provider|plugin|realm)$|author(?:ity)?$",
    re.IGNORECASE,
)
"""Names of options that say something about a secret, or only sound like one."""
_ANOTHER_OPTION = re.compile(r"--[a-z][a-z0-9-]*(?:=.*)?|-[A-Za-z]", re.ASCII | re.DOTALL)
_A_FILE = re.compile(r"[\w./~-]+\.(?:key|pem|crt|cer|p12|pfx|jks)", re.ASCII)

_CURL = {"-b": 1, "--cookie": 1, "--oauth2-bearer": 1}
_WAYS: tuple[tuple[str, dict[str, int]], ...] = (
    ("curl", _CURL),
    ("redis-cli valkey-cli keydb-cli", {"-a": 1, "auth": 2, "requirepass": 1, "masterauth": 1}),
    ("mysql mysqldump mysqlcheck mysqlimport mysqlsh", {"-p": 0}),
    ("mariadb mariadb-dump mariadb-check mariadb-import", {"-p": 0}),
    ("mysqladmin mariadb-admin", {"-p": 0, "password": 1}),
    ("mongo mongosh mongodump mongorestore mongoexport mongoimport", {"-p": 1}),
    ("cqlsh cypher-shell sshpass rabbitmqadmin", {"-p": 1}),
    ("rabbitmqctl", {"add_user": 2, "change_password": 2, "authenticate_user": 2}),
    ("ldapsearch ldapmodify ldapadd ldapdelete ldappasswd", {"-w": 1}),
    ("sqlcmd ipmitool mosquitto_pub mosquitto_sub", {"-P": 1}),
    ("htpasswd", {"-b": 3}),
    ("vault", {"login": 1}),
)
"""Of programs: how many words behind one of their words are secret. What is joined to an option of
one letter is secret as well, and of curl the password behind a user's name."""
_PROGRAMS = {name: ways for names, ways in _WAYS for name in names.split()}
_DIVISION = re.compile(r"[\s;|&(`/]")
_LOGIN_OPTION = re.compile(r"-[0-9#aBfgGiIjJklLnNOpqRsSvVZ]*[uU]|--(?:proxy-)?user")
_LOGIN = re.compile(
    r"((?:-[0-9#aBfgGiIjJklLnNOpqRsSvVZ]*[uU]|--(?:proxy-)?user=)[^:]*:).+", re.DOTALL
)

_SCHEME = r"(?:Bearer|Basic|Digest|Token|ApiKey|Negotiate)"
_IS_SCHEME = re.compile(_SCHEME, re.IGNORECASE)
_HEADER_OPTION = re.compile(r"-[A-Za-z]*H|--header")
_HEADER = re.compile(
    rf"((?:-H|--header=)?)([\w-]+)(:\s*)({_SCHEME}\s+)?(.+)", re.ASCII | re.IGNORECASE | re.DOTALL
)
_LABEL = re.compile(
    r"(?:authorization|password|passwd|passphrase|token|secret|api[-_]?key|cookie):\Z",
    re.IGNORECASE,
)
_A_STATE = re.compile(r"(?:yes|no|true|false|none|null|required)\W*", re.IGNORECASE)
_MEMBER = re.compile(r"""((["'])([\w.-]+)\2\s*:\s*)(?:"(?:[^"\\]|\\.)*"|'[^']*')""", re.ASCII)
_IN_SQL = re.compile(
    r"""\b(PASSWORD\s+(?=['"])|IDENTIFIED\s+BY\s+(?:PASSWORD\s+)?)"""
    r"""(?:'[^']*'|"[^"]*"|[^\s;'"]+)""",
    re.IGNORECASE,
)

_QUOTES = "'\"`"
_PLAIN = re.compile(r"\S+")
_HIDDEN_ALREADY = re.compile(rf"\W*{re.escape(HIDDEN)}\W*")
_TOKEN = re.compile(r"""(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|\S)+""", re.DOTALL)
_QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)""", re.DOTALL)


def without_secrets(words: Sequence[str]) -> tuple[str, ...]:
    """The words of one command as far as they may be shown, as many as they were."""
    return tuple(_shown(words))


def text_without_secrets(text: str) -> str:
    """A text that may have commands in it; all that may be shown stays to the letter."""
    return _text(text)


# --- Words ----------------------------------------------------------------------------------------


def _shown(words: Sequence[str]) -> Iterator[str]:
    known: dict[str, int] = {}
    """What is secret behind which word, for the programs there were up to here."""
    before, left = "", 0
    for word in words:
        for behind, many in _PROGRAMS.get(_DIVISION.split(word)[-1], {}).items():
            known[behind] = max(many, known.get(behind, 0))
        if left and _IS_SCHEME.fullmatch(word):
            yield word
        elif left and not _is_no_secret(word, before):
            left -= 1
            yield HIDDEN
        else:
            left = 0
            yield _word(word, before, known)
        left = max(left, _secrets_behind(word, known))
        before = word


def _secrets_behind(word: str, known: Mapping[str, int]) -> int:
    """How many of the words behind this one are secrets."""
    many = known.get(word if word.startswith("-") else word.lower())
    if many is not None:
        return many
    if word == "Bearer" or _is_label(word):
        return 1
    option = _OPTION.fullmatch(word)
    if option is None or word[:2] in known:
        return 0
    return int(is_secret(option[1], "") and not _ABOUT_ONE.search(option[1]))


def _is_no_secret(word: str, before: str) -> bool:
    """Whether a word that stands where a secret would is none."""
    if _is_label(before) and _A_STATE.fullmatch(word):
        return True
    if "key" in before.lower() and _A_FILE.fullmatch(word):
        return True
    return bool(_ANOTHER_OPTION.fullmatch(word))


def _is_label(word: str) -> bool:
    return bool(_LABEL.search(word))


def _word(word: str, before: str, known: Mapping[str, int]) -> str:
    """What one word shows that is no secret as a whole."""
    shown = _MEMBER.sub(_hidden_member, word)
    shown = _header(without_secret(_joined(shown, before, known)), before)
    if any(map(str.isspace, shown)):
        return _text(shown)
    return _without_passwords(shown)


def _joined(word: str, before: str, known: Mapping[str, int]) -> str:
    """An option with its secret, ``-phunter2``; a name with its password, ``-u admin:hunter2``."""
    if word.startswith("-") and word[:2] in known and len(word) > len("-p"):
        return word[:2] + HIDDEN
    if not _CURL.keys() <= known.keys():
        return word
    if _LOGIN_OPTION.fullmatch(before) and ":" in word:
        return f"{word.partition(':')[0]}:{HIDDEN}"
    login = _LOGIN.fullmatch(word)
    return login[1] + HIDDEN if login else word


def _header(word: str, before: str) -> str:
    """``Authorization: Bearer (hidden)``."""
    found = _HEADER.fullmatch(word)
    if found is None:
        return word
    option, name, gap, scheme, _ = found.groups()
    is_one = len(gap) > len(":") or option or _HEADER_OPTION.fullmatch(before)
    if not is_one or not (is_secret(name, "") or "cookie" in name.lower()):
        return word
    return f"{option}{name}{gap}{scheme or ''}{HIDDEN}"


def _hidden_member(found: re.Match[str]) -> str:
    return f'{found[1]}"{HIDDEN}"' if is_secret(found[3], "") else found[0]


def _without_passwords(statement: str) -> str:
    """What SQL says of a user without the password."""
    return _IN_SQL.sub(rf"\1'{HIDDEN}'", statement)


# --- Texts ----------------------------------------------------------------------------------------


def _text(text: str) -> str:
    """As a shell would divide it; and as one who sees apostrophes where a shell sees quotes."""
    text = _MEMBER.sub(_hidden_member, text)
    for pattern in (_TOKEN, _PLAIN):
        text = _divided(pattern, text)
    return _without_passwords(text)


def _divided(pattern: re.Pattern[str], text: str) -> str:
    raw = pattern.findall(text)
    words = [each.strip(_QUOTES) for each in raw]
    if pattern is _TOKEN:
        words = [_QUOTED.sub(_inside, each) for each in raw]
    shown = iter([_put_back(*each) for each in zip(raw, words, _shown(words), strict=True)])
    return pattern.sub(lambda _: next(shown), text)


def _inside(found: re.Match[str]) -> str:
    single, double, escaped = found.groups()
    if double is not None:
        return re.sub(r"\\(.)", r"\1", double, flags=re.DOTALL)
    return str(single if single is not None else escaped)


def _put_back(raw: str, word: str, shown: str) -> str:
    """In its quotes, where it needs some."""
    if shown == word or _HIDDEN_ALREADY.fullmatch(raw):
        return raw
    quote = next((each for each in raw if each in _QUOTES), "")
    return f"{quote}{shown}{quote}" if any(map(str.isspace, shown)) else shown
