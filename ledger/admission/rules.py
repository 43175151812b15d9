"""The versions of the rules of admission, which the registrar activates on the log.

A version has a name, a revision and the ids of its gates. Every log begins with an activation of the plugin
`ledger-rules` in its first batch. A later activation applies to the entries after it. A record that is revised keeps
the rules of its own index. So code may ask `Rules.has(gate, index)` where a later version is stricter.

This program knows one version, which has no gates: all of its rules always apply. Until 1.0.0 a change of rules or of
record kinds raises REVISION, and programs of other revisions refuse the log. From 1.0.0 on, a new rule needs a gate and
a new version.
"""

import hashlib
from collections.abc import Iterable
from functools import cached_property
from typing import Final, NamedTuple

from msgspec import Struct

from ledger.admission.title_limit import LIMIT_SETTING
from ledger.core.record.base import WITNESS_POLICY
from ledger.errors import ConfigurationError, Refused, Unavailable

RULES: Final = "ledger-rules"
"""The name under which the registrar activates a version of these rules."""
RESERVED: Final = frozenset({RULES, WITNESS_POLICY, LIMIT_SETTING})
"""Names of activations that are not sectors."""
REVISION: Final = 9
_OTHER_PROGRAM: Final = "the version of the program that began the log, or put those rules into force"


class Version(NamedTuple):
    """A version of the rules."""

    name: str
    gates: frozenset[str]
    digest: str


def version_of(name: str, revision: int, gates: Iterable[str] = ()) -> Version:
    """A version. Its digest is the SHA-256 of its name, its revision and the sorted ids of its gates, a line each."""
    ids = frozenset(gates)
    text = "".join([f"{line}\n" for line in (f"{RULES} {name}", f"revision {revision}", *sorted(ids))])
    return Version(name, ids, hashlib.sha256(text.encode()).hexdigest())


VERSIONS: Final = (version_of("5", REVISION),)
"""All versions that this program knows, in order."""
NEWEST: Final = VERSIONS[-1]


class Activated(Struct, frozen=True):
    """Entry `index` of the log activated this version, for the entries after it."""

    index: int
    version: str
    digest: str


class Rules(Struct, frozen=True, dict=True):
    """Every activation of the rules on a log, in log order."""

    activated: tuple[Activated, ...] = ()

    def after(self, index: int, version: str, digest: str) -> "Rules":
        """These rules with one more activation, by entry `index`."""
        return Rules((*self.activated, Activated(index, version, digest)))

    def version(self, index: int | None = None) -> Version:
        """The version in force for the record at `index`, or for the next record if `index` is None. The entries up to
        the first activation have its version too.

        Raises Unavailable if this program does not know that version: it must not guess the rules.
        """
        if index is None:
            return self._newest
        earlier = [activated for activated in self.activated if activated.index < index] or self.activated[:1]
        return _known(earlier[-1]) if earlier else VERSIONS[0]

    @cached_property
    def _newest(self) -> Version:
        """The version in force for the next record: every record asks for its rules."""
        return _known(self.activated[-1]) if self.activated else VERSIONS[0]

    def has(self, gate: str, index: int | None = None) -> bool:
        """Whether `gate` is in force for the record at `index`, or for the next one. Raises as `version` does."""
        return gate in self.version(index).gates


def _known(activated: Activated) -> Version:
    version = _find(activated.version, activated.digest)
    if version is None:
        raise Unavailable(_unknown(activated), code="rules-version", field="version", value=activated.version,
                          rule=_OTHER_PROGRAM)
    return version


def _find(name: str, digest: str) -> Version | None:
    return next((version for version in VERSIONS if (version.name, version.digest) == (name, digest)), None)


def _unknown(activated: Activated) -> str:
    known = " or ".join([f"{version.name} with digest {version.digest}" for version in VERSIONS])
    return (f"this log has version {activated.version} of the ledger's rules in force, with digest {activated.digest}, "
            f"but this program knows version {known}")


def check_beginning(rules: Rules, first_batch: int) -> None:
    """Raises ConfigurationError unless the first batch of a log, its `first_batch` first entries, puts into force a
    version of the rules that this program knows. Whoever reads a log checks this first."""
    begun = next((one for one in rules.activated if one.index < first_batch), None)
    if begun is None:
        raise ConfigurationError(
            "this log was begun by version 0.2 or earlier of the program: its first batch activates no version of the "
            "ledger's rules", code="rules-version", field="version", rule=_OTHER_PROGRAM)
    if _find(begun.version, begun.digest) is None:
        raise ConfigurationError(_unknown(begun), code="rules-version", field="version", value=begun.version,
                                 rule=_OTHER_PROGRAM)


def check_rules(version: str, digest: str, *, retired: bool, rules: Rules) -> None:
    """Refuses an activation of rules that this program does not know, or of an earlier version."""
    if retired:
        raise Refused("retired: the ledger's rules cannot be retired", code="rules-order", field="retired", value=True,
                      rule="an activation of a later version")
    activated = _find(version, digest)
    if activated is None:
        names = ", ".join([f"{known.name} ({known.digest})" for known in VERSIONS])
        raise Refused(f"version: unknown version {version} of the ledger's rules", code="unknown-rules",
                      field="version", value=version, rule=f"version and digest are one of: {names}")
    current = rules.version() if rules.activated else None
    if current is not None and VERSIONS.index(activated) <= VERSIONS.index(current):
        raise Refused(f"version: {version} is not later than version {current.name}, which is in force",
                      code="rules-order", field="version", value=version,
                      rule="a later version: rules only become stricter")
