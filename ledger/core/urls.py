"""Addresses in a form that is safe to show: without user names and passwords."""

import re
from typing import Final

HIDDEN: Final = "***"
_USERINFO: Final = re.compile(r"(?<=://)[^\s/?#]*@")
_PARAMETER: Final = re.compile(r"(?<=[?&])(\w*password)=[^&\s'\"]*", re.IGNORECASE)


def redacted(text: str) -> str:
    """The text, with user name and passwords removed from each address in it."""
    return _PARAMETER.sub(rf"\1={HIDDEN}", _USERINFO.sub(f"{HIDDEN}@", text))


def shown(url: str) -> str:
    """An address without user and passwords. It may be malformed, so all before its last `@` counts as a password."""
    scheme, mark, rest = url.rpartition("://")
    userinfo, at, place = rest.rpartition("@")
    return redacted(f"{scheme}{mark}{HIDDEN if userinfo else ''}{at}{place}")
