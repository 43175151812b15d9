"""The limit of the title *footprint*: the largest share of a figure that may be left out, in question, or provisional.

The registrar sets it on the log, with an activation named `footprint-limit` whose version is the share. A figure has
the limit that was in force when its record was assessed. Without a setting it is the 3 % of PACT 3 and Catena-X.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from ledger.errors import Refused

LIMIT_SETTING: Final = "footprint-limit"
"""The name under which the registrar activates a limit."""
DEFAULT_LIMIT: Final = 0.03
_MOST: Final = 0.1
_SHARE: Final = re.compile(r"0\.[0-9]{0,3}[1-9]")
_SHARES: Final = "a share from 0.0001 to 0.1, with at most four decimals and no zero at the end"


def digest_of_limit(share: str) -> str:
    """The digest of the activation of `share`: SHA-256 of the name and the share, in one line."""
    return hashlib.sha256(f"{LIMIT_SETTING} {share}\n".encode()).hexdigest()


def stated_limit(share: str | None) -> float:
    """The limit by the setting in force. A text that is no share, which a forged statement may claim, sets no limit."""
    return float(share) if share is not None and _is_share(share) else DEFAULT_LIMIT


def limit_of(versions: Mapping[str, str]) -> float:
    """The limit by the versions in force, by name."""
    return stated_limit(versions.get(LIMIT_SETTING))


def check_limit(share: str, digest: str, precedence: int | None) -> None:
    """Refuses a setting that is no share, a digest of another setting, and a precedence."""
    if not _is_share(share):
        raise Refused(f"version: {share!r} is no limit of the title", code="footprint-limit", field="version",
                      value=share, rule=_SHARES)
    if digest != digest_of_limit(share):
        raise Refused(f"digest: {digest} is not the digest of the limit {share}", code="limit-digest", field="digest",
                      value=digest, rule=f"{digest_of_limit(share)}: SHA-256 of the line `{LIMIT_SETTING} {share}`")
    if precedence is not None:
        raise Refused("precedence: the limit of the title is no factor set", code="plugin-kind", field="precedence",
                      value=precedence, rule="no precedence")


def _is_share(text: str) -> bool:
    return _SHARE.fullmatch(text) is not None and float(text) <= _MOST
