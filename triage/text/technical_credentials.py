"""Find credentials in what programs read: command lines, headers, cookies and addresses of pages."""

from __future__ import annotations

import re
from collections.abc import Iterable

from triage.text.credentials import stated
from triage.text.finder import Finder, Spans, where, whole

_COMMAND_USER = (
    r"(?<![\w-])(?:-[uU][ =]{0,2}|--(?:proxy-)?user(?:name)?[ =]{1,2})[\"']?"
    r"(?P<it>[^\s:\"'/]{1,100}:(?!//)[^\s\"']{1,200})"
)
_COMMAND_OPTION = (
    r"(?<![\w-])--?(?:[a-z-]{0,24}(?:password|passwd|passphrase|token|secret|api-?key)|pass|pw)(?:=|[ \t]{1,3})[\"']?"
    r"(?P<left>)(?P<it>[^\s\"'-][^\s\"']{3,200})"
)
_COMMAND_LETTER = (
    r"(?<![\w-])(?:mysql|mysqldump|mariadb|sshpass|redis-cli|mongo|7z|zip|unzip|docker login|smbclient)\b[^\n|;]{0,80}?"
    r"[ ](?:-p[ ]?|-P[ ]|-a[ ])[\"']?(?P<left>)(?P<it>[^\s\"'-][^\s\"']{3,200})"
)
_COOKIE = r"(?i)\b(?:set-)?cookies?[\"']?[ \t]{0,2}:[ \t]{0,2}[\"']?(?P<it>[\w.!%$-]{1,64}=[^\"'\r\n]{1,4000})"
_COMMAND_COOKIE = r"(?<![\w-])(?:-b|--cookie)[ =]{1,2}[\"']?(?P<it>[\w.!%$-]{1,64}=[^\"'\r\n\s]{1,4000})"
_SESSION = (
    r"(?i)(?<![a-z0-9])(?:(?:[a-z.]{0,20}[_.-])?(?=[a-z])(?:sess(?:ion)?(?:[_-]?(?:id|token|key))?|sid|csrf(?:[_-]?token)?"
    r"|xsrf[_-]token)|(?:j|php|aspnet_|asp\.net_)sess(?:ion)?id)[\"']?[ ]?[=:][ ]?[\"']?"
    r"(?P<it>[A-Za-z0-9%+/_.~=-]{16,512})"
)
_HEADER = (
    r"(?i)\b(?:proxy-)?authorization[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?"
    r"(?:(?:basic|token|digest|apikey|key|bearer|negotiate|aws4-hmac-sha256)[ \t]{1,3}"
    r"(?P<it>[A-Za-z0-9+/=._~:-]{6,4000})|(?P<bare>[A-Za-z0-9+/=._~:-]{16,4000}))"
)
_API_HEADER = (
    r"(?i)(?<![a-z0-9])(?:[a-z][a-z-]{0,25})?(?:a(?:pi-?key|uth-?token|ccess-?token|pi-?token)|secret)[\"']?[ \t]{0,2}:"
    r"[ \t]{0,2}[\"']?(?P<it>[A-Za-z0-9+/=._~-]{8,4000})"
)
_QUERY = (
    r"(?i)[?&#;](?:[a-z_-]{0,20}(?:token|key|secret|signature|password|pwd|session|sid)|auth|sig|otp|code(?==[^&]{10}))="
    r"(?P<it>[^\s&#;\"'<>\[\]]{4,2000})"
)


def _token(match: re.Match[str]) -> int:
    """Tell a token from a word: it has a digit and a letter, or is very long."""
    found = match["it"].rstrip(".")
    return len(found) if any(map(str.isdigit, found)) and len(set(found)) > 3 else 0


def _authorized(match: re.Match[str]) -> Iterable[tuple[int, int]]:
    """Return what follows the scheme; without a scheme it has to look like a token."""
    if match["it"]:
        return (match.span("it"),)
    return (match.span("bare"),) if any(map(str.isdigit, match["bare"])) else ()


def _user(match: re.Match[str]) -> int:
    """Tell `user:password` from a container's `1000:1000` and from a port."""
    return 0 if match["it"].replace(":", "").isdigit() else len(match["it"])


def _finder(pattern: str, words: str = "", signs: tuple[str, ...] = (), spans: Spans = whole) -> Finder:
    return Finder("secret", re.compile(pattern), spans, frozenset(words.split()), signs)


_COMMANDS = "mysql mysqldump mariadb sshpass redis mongo z zip unzip docker smbclient"

FINDERS = (
    _finder(r"(?i)\bbearer[ \t]{1,3}(?P<it>[A-Za-z0-9._~+/=-]{12,4000})", "bearer"),
    _finder(_HEADER, "authorization", spans=_authorized),
    _finder(_API_HEADER, "key token secret apikey authtoken accesstoken apitoken", spans=where(_token)),
    _finder(_COOKIE, "cookie cookies"),
    _finder(_COMMAND_COOKIE, signs=("-b", "--cookie")),
    _finder(r"://(?P<it>[^\s/@:\[]{0,100}:[^\s/]{1,200})@", signs=("://",)),
    _finder(_COMMAND_USER, signs=("-u", "-U", "--user", "--proxy-user"), spans=where(_user)),
    _finder(_COMMAND_OPTION, signs=("-p", "-t", "-s", "-a", "--"), spans=where(stated)),
    _finder(_COMMAND_LETTER, _COMMANDS, spans=where(stated)),
    _finder(_QUERY, signs=("=",)),
    _finder(_SESSION, signs=("=", ":"), spans=where(_token)),
)
