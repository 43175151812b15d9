"""Addresses as they may be shown: without the password that somebody may have written into them."""

import re
from typing import Final

HIDDEN: Final = "***"
_USERINFO: Final = re.compile(r"(?<=://)[^\s/?#]*@")
_PARAMETER: Final = re.compile(r"(?<=[?&])(\w*password)=[^&\s'\"]*", re.IGNORECASE)


def redacted(text: str) -> str:
    """A text in which addresses may stand, each without its user and passwords."""
    return _PARAMETER.sub(rf"\1={HIDDEN}", _USERINFO.sub(f"{HIDDEN}@", text))


def shown(url: str) -> str:
    """An address, or what was given as one: all before the last `@` may belong to a password."""
    scheme, mark, rest = url.rpartition("://")
    userinfo, at, place = rest.rpartition("@")
    return redacted(f"{scheme}{mark}{HIDDEN if userinfo else ''}{at}{place}")
