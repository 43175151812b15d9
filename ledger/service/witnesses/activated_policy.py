"""The log and the anchor themselves state which witnesses the log has, so that a deleted row cannot hide it.

The registrar activates a policy by the digest of its text, as it activates plugins, and retires it if the log shall
have no witnesses any more. A server whose home has the registrar's key does this when it first gets a new policy;
otherwise the registrar does it elsewhere. The anchor states the policy too, and the size of the newest published head.
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
"""The anchor's field for the digest of the policy in force, or `none`."""
PUBLISHED: Final = "published"
"""The anchor's field for the size of the newest published head."""
_log = logging.getLogger(__name__)


class PolicyStep(NamedTuple):
    """The activation of a policy, or its retirement, by the entry `record`."""

    record: int
    digest: str
    retired: bool


class PolicyActivation(NamedTuple):
    """All policy activations and retirements on the log, in order."""

    steps: Sequence[PolicyStep]

    @property
    def digest(self) -> str | None:
        """The policy in force; None if the log has no witnesses now, or never had any."""
        return None if not self.steps or self.steps[-1].retired else self.steps[-1].digest

    def agrees(self, policy: Policy) -> bool:
        """Whether this policy is in force. A policy without a quorum agrees with a log that has no policy in force."""
        return self.digest == wanted(policy)

    def enters(self, policy: Policy) -> bool:
        """Whether a server may enter this policy: it was never on the log. Only the registrar brings a replaced policy
        back. Otherwise two servers with different policies would undo each other's entry at every start."""
        return not self.agrees(policy) and policy.digest not in [step.digest for step in self.steps]


def wanted(policy: Policy) -> str | None:
    """The digest that the log has to state if this policy is in force; None for a policy without a quorum."""
    return None if policy.quorum is None else policy.digest


async def read_activated(connection: Connection | DatabasePool) -> PolicyActivation:
    """Reads the policy activations in the database."""
    rows = await connection.fetch(queries("log")["policies"], ACTIVATED)
    return PolicyActivation([PolicyStep(row["record"], row["digest"], row["retired"]) for row in rows])


class PolicyHistory(NamedTuple):
    """The sizes of the first and the newest published head; None if the database has no published head."""

    first: int | None
    newest: int | None


def check_start(
    policy: Policy | None, activated: PolicyActivation, fields: Mapping[str, str], history: PolicyHistory, *,
    registrar: bool,
) -> None:
    """Raises ConfigurationError if a server may not publish by this policy, or without a policy. `fields` are the
    anchor's fields. `registrar`: the registrar's key is here."""
    anchored = fields.get(WITNESSES, NONE)
    if policy is None and (history.first is not None or activated.steps or anchored != NONE):
        since = f"size {history.first}" if history.first is not None else (
            f"entry {activated.steps[0].record}" if activated.steps else "its beginning")
        raise ConfigurationError(
            f"this log has had a witness policy since {since}: CARBON_LEDGER_POLICY has to name a policy, which may be "
            "`quorum none`", code="no-policy", field="policy",
        )
    why = lost(activated, fields, history)
    if why is not None:
        raise ConfigurationError(
            why, code="publication-lost", field="publication",
            rule="bring back the rows of `publication` and `renewal`, or decide with `carbon-ledger anchor accept "
                 "--size SIZE`; `anchor show` prints the size of the database",
        )
    if policy is not None and activated.digest is not None and not activated.agrees(policy) and not (
        registrar and activated.enters(policy)
    ):
        raise ConfigurationError(
            f"entry {activated.steps[-1].record} of the log activated policy {activated.digest}, but "
            f"CARBON_LEDGER_POLICY names policy {policy.digest}", code="policy-not-active", field="policy",
            value=policy.digest, rule=f"run this while a server runs with the policy in force: {command(policy)}",
        )


def lost(activated: PolicyActivation, fields: Mapping[str, str], history: PolicyHistory) -> str | None:
    """A message if published heads are missing from the database, judged by the anchor or the log; otherwise None. An
    operator who accepts the loss writes the size of the newest remaining head into the anchor, or -1."""
    if PUBLISHED not in fields:
        missing = activated.steps and history.first is None
        return "the database holds no published head, though the log names its witnesses" if missing else None
    published, newest = int(fields[PUBLISHED]), -1 if history.newest is None else history.newest
    if newest >= published:
        return None
    return (f"the anchor says that a head of {published} entries was published, but the newest published head in the "
            f"database has {max(newest, 0)}")


async def read_shown(connection: Connection) -> PolicyHistory:
    """Reads the sizes of the published heads in the database."""
    sql = queries("publication")
    newest = await connection.fetchrow(sql["newest"])
    return PolicyHistory(await connection.fetchval(sql["first"]), None if newest is None else newest["size"])


def command(policy: Policy) -> str:
    """The command by which the registrar puts this policy in force."""
    if policy.quorum is None:
        return f"carbon-ledger plugin retire {ACTIVATED}"
    return f"carbon-ledger plugin activate {ACTIVATED} --version {FORMAT} --digest {policy.digest}"


def activation_of(policy: Policy, issuer: str, nonce: str) -> Activation:
    """The record that puts this policy in force from its index on."""
    return Activation(issuer=issuer, nonce=nonce, plugin=ACTIVATED, version=FORMAT, digest=policy.digest,
                      retired=policy.quorum is None)
