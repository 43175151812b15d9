"""Checks that a head has the cosignatures that the log itself asks for, by its newest activation of a policy."""

from collections.abc import Mapping

from ledger.admission.activations import PluginState
from ledger.client.audit.checks.checkpoint import SignedHead
from ledger.client.audit.findings import Findings
from ledger.client.audit.source.interface import TreeSource
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import parse_vkey
from ledger.core.log.policy import ACTIVATED, Policy, open_cosigned, parse_policy
from ledger.errors import InvalidInput, LedgerError

RULE = "witnesses"


def readable(text: bytes | None) -> Policy | None:
    """The policy that a source shows; None if it shows no policy, or a malformed one."""
    if text is None:
        return None
    try:
        return parse_policy(text)
    except InvalidInput:
        return None


async def cosigned_by(source: TreeSource, signed: SignedHead) -> int | None:
    """The time, in POSIX seconds, by which a quorum had cosigned the checkpoint: a quorum of the policy that the
    auditor gave, else of the policy that the source shows."""
    policy = readable(await source.policy()) if signed.cosigned is None else None
    if policy is None:
        return signed.cosigned
    try:
        return policy.seen_by(policy.cosigned(signed.note))
    except LedgerError:
        return None


async def check_witnessed(
    source: TreeSource, note: str, keys: LogKeys, asked: Policy | None, plugins: Mapping[str, PluginState],
    findings: Findings,
) -> list[str]:
    """The witnesses of the log's own policy that have cosigned the checkpoint `note`. Adds a finding if they are not a
    quorum, or if neither the source nor the auditor (`asked`) gives the text of that policy."""
    activated = plugins.get(ACTIVATED)
    if activated is None:
        return []
    policy = asked if asked is not None and asked.digest == activated.digest else readable(await source.policy())
    if policy is None or policy.digest != activated.digest:
        findings.add(RULE, f"the log says that the witnesses of policy {activated.digest} cosign its heads, but does "
                     "not show the text of that policy")
        return []
    try:
        return sorted(open_cosigned(note, policy, parse_vkey(keys.vkey_of(note))).times)
    except LedgerError as error:
        findings.add(RULE, f"the log says that the witnesses of policy {activated.digest} cosign its heads: "
                     f"{error.message}")
        return []
