"""Which witnesses the log and the anchor themselves say that it has: what no deleted row of a table can take back.

The registrar activates a policy by the digest of its text, as plugins are activated, and retires it where the log shall
have no witnesses any more. A server whose home has the registrar's key does so when it first has a new policy; else the
registrar does it, elsewhere. The anchor says the same, and how far heads were published.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ledger.core.log.policy import ACTIVATED, FORMAT, NONE, Policy
from ledger.core.record.kinds import Activation
from ledger.errors import ConfigurationError
from ledger.store.database import Connection, DatabasePool
from ledger.store.sql import queries

WITNESSES: Final = "witnesses"
"""The anchor's field: digest of the policy by which heads are published, or `none`."""
PUBLISHED: Final = "published"
"""The anchor's field: size of the newest published head."""
_log = logging.getLogger(__name__)


class PolicyStep(NamedTuple):
    """An activation of a policy, or its retirement, by the entry `record`."""

    record: int
    digest: str
    retired: bool


class PolicyActivation(NamedTuple):
    """All that the log says of its policies, in order."""

    steps: Sequence[PolicyStep]

    @property
    def digest(self) -> str | None:
        """The policy in force; None where the log has no witnesses, or never had any."""
        return None if not self.steps or self.steps[-1].retired else self.steps[-1].digest

    def agrees(self, policy: Policy) -> bool:
        """Whether it is the policy in force, or asks for no more witnesses than none."""
        return self.digest == wanted(policy)

    def enters(self, policy: Policy) -> bool:
        """Whether it was never entered before: one that was replaced is for the registrar to bring back, else two
        servers with different policies would each undo what the other has done, at every start."""
        return not self.agrees(policy) and policy.digest not in [step.digest for step in self.steps]


def wanted(policy: Policy) -> str | None:
    """What the log has to say that it is published by this policy."""
    return None if policy.quorum is None else policy.digest


async def read_activated(connection: Connection | DatabasePool) -> PolicyActivation:
    """As the database has it."""
    rows = await connection.fetch(queries("log")["policies"], ACTIVATED)
    return PolicyActivation([PolicyStep(row["record"], row["digest"], row["retired"]) for row in rows])


class PolicyHistory(NamedTuple):
    """The sizes of the first and of the newest published head; None where none is stored."""

    first: int | None
    newest: int | None


def check_start(
    policy: Policy | None, said: PolicyActivation, fields: Mapping[str, str], shown: PolicyHistory, *, registrar: bool
) -> None:
    """Raises ConfigurationError where a server may not publish by this policy, or without one. `fields` are the
    anchor's, `registrar`: its key is here."""
    anchored = fields.get(WITNESSES, NONE)
    if policy is None and (shown.first is not None or said.steps or anchored != NONE):
        since = shown.first if shown.first is not None else said.steps[0].record if said.steps else "it began"
        raise ConfigurationError(
            f"the heads of this log are published with witnesses since size {since}: CARBON_LEDGER_POLICY has to "
            "name the policy, be it one with `quorum none`", code="no-policy", field="policy",
        )
    why = lost(said, fields, shown)
    if why is not None:
        raise ConfigurationError(
            why, code="publication-lost", field="publication",
            rule="bring back the rows of `publication` and `renewal`, or decide with `carbon-ledger anchor accept`",
        )
    if policy is not None and said.digest is not None and not said.agrees(policy) and not (
        registrar and said.enters(policy)
    ):
        raise ConfigurationError(
            f"the log's witnesses are those of policy {said.digest}, activated by entry {said.steps[-1].record}; "
            f"CARBON_LEDGER_POLICY is policy {policy.digest}", code="policy-not-active", field="policy",
            value=policy.digest, rule=f"while a server runs by the policy in force: {command(policy)}",
        )


def lost(said: PolicyActivation, fields: Mapping[str, str], shown: PolicyHistory) -> str | None:
    """What is missing of the heads that were published, if something is: as the anchor says, or the log. An operator
    who has accepted that has left in the anchor which one is the newest since, -1 where none is stored."""
    if PUBLISHED not in fields:
        none = said.steps and shown.first is None
        return "the database holds no published head, though the log names its witnesses" if none else None
    published, newest = int(fields[PUBLISHED]), -1 if shown.newest is None else shown.newest
    if newest >= published:
        return None
    return (f"a head of {published} entries was published, as the anchor says; the newest that the database holds has "
            f"{max(newest, 0)}")


async def read_shown(connection: Connection) -> PolicyHistory:
    """As the database has it."""
    sql = queries("publication")
    newest = await connection.fetchrow(sql["newest"])
    return PolicyHistory(await connection.fetchval(sql["first"]), None if newest is None else newest["size"])


def command(policy: Policy) -> str:
    """How the registrar says on the log that this policy is in force."""
    if policy.quorum is None:
        return f"carbon-ledger plugin retire {ACTIVATED}"
    return f"carbon-ledger plugin activate {ACTIVATED} --version {FORMAT} --digest {policy.digest}"


def activation_of(policy: Policy, issuer: str, nonce: str) -> Activation:
    """The record that says that heads are published by this policy from its index on."""
    return Activation(issuer=issuer, nonce=nonce, plugin=ACTIVATED, version=FORMAT, digest=policy.digest,
                      retired=policy.quorum is None)
