"""The witnesses to ask at a start, by the policy that the log itself states.

A raw copy of the disk brings back an older database with an older anchor. If the settings could name other witnesses at
that start, nobody would know the lost entries. So the home keeps the text of the policy in force, and its
witnesses are asked although the settings name another policy. If they are gone, the operator decides with `anchor
accept`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from ledger.core.log.policy import NONE, Policy, parse_policy
from ledger.errors import InvalidInput
from ledger.host.files.durable import replace
from ledger.service.witnesses.activated_policy import PolicyActivation, wanted

ACCEPTED: Final = "accepted-policy"
"""The anchor's field for the digest of a policy, or `none`, that the operator has accepted in place of the log's."""
_FILE: Final = "witness-policy"


class AskedWitnesses(NamedTuple):
    """`policy`: whose witnesses have to settle which history counts; None for nobody. `missing`: why they cannot be
    asked."""

    policy: Policy | None
    missing: str | None = None

    def differs(self, other: "AskedWitnesses") -> bool:
        """Whether the policy is another one, or the reason why its witnesses cannot be asked."""
        texts = [None if one.policy is None else one.policy.text for one in (self, other)]
        return texts[0] != texts[1] or self.missing != other.missing


NOBODY: Final = AskedWitnesses(None)


def differing(policy: Policy | None, activated: PolicyActivation, fields: Mapping[str, str]) -> str | None:
    """The name of the policy in the settings, if it differs from the one in force on the log and the operator has not
    accepted that; else None. `fields` are the anchor's."""
    if policy is None or activated.digest is None or activated.agrees(policy):
        return None
    name = wanted(policy) or NONE
    return None if fields.get(ACCEPTED) == name else name


def asked_witnesses(
    policy: Policy | None, activated: PolicyActivation, fields: Mapping[str, str], home: Path
) -> AskedWitnesses:
    """The witnesses to ask before anything is signed, if the anchor is a file."""
    if differing(policy, activated, fields) is None:
        return AskedWitnesses(policy if policy is not None and policy.quorum is not None else None)
    own = _stored(home)
    if own is not None and own.digest == activated.digest:
        return AskedWitnesses(own)
    return AskedWitnesses(None, f"CARBON_LEDGER_POLICY names another policy than the log, whose policy "
                                f"{activated.digest} is not in {home / _FILE}, so its witnesses cannot be asked")


def remember_policy(home: Path, policy: Policy) -> None:
    """Keeps the text of the policy in force. Raises OSError."""
    stored = _stored(home)
    if stored is None or stored.text != policy.text:
        replace(home / _FILE, policy.text)


def _stored(home: Path) -> Policy | None:
    try:
        return parse_policy((home / _FILE).read_bytes())
    except (OSError, InvalidInput):
        return None
