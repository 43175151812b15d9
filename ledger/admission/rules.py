"""The switch for rules: which rules of admission are in force, by versions that the registrar activates on the log.

A version is a set of rules. Version 1 is what every log begins with; each later one holds all rules of the one before
and some more, so rules only become stricter. The registrar puts a version into force with an `activation` of the plugin
`ledger-rules`; it applies to the entries after that one. A record that is revised later keeps the rules of its own
index, so a log of an earlier version audits as before.
"""

import hashlib
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct

from ledger.core.record.base import WITNESS_POLICY
from ledger.errors import Refused, Unavailable

RULES: Final = "ledger-rules"
"""The name under which the registrar activates a version of these rules."""
RESERVED: Final = frozenset({RULES, WITNESS_POLICY})
"""Names that are activated and are no sector's."""


class Rule(StrEnum):
    """A rule that some version brought, by the id that is part of that version's digest. A string, which hashes fast:
    rules are looked up for every record."""

    BOUNDED_TIMES = "bounded-times"
    """Times lie between 1900 and 2199, and no period is longer than ten years."""
    EVIDENCED_RECOVERIES = "evidenced-recoveries"
    """A recovery is completed on time that a quorum has cosigned, or that entries on seven days confirm."""

    DISTINCT_NAMES = "distinct-names"
    """An identifier names one thing, and no organisation's id or prefix lies under or over another's."""

    PLAIN_NAMES = "plain-names"
    """Identifiers have a scheme that is no program, hold nothing invisible, and say more than their namespace."""

    PRIME_ORDER_KEYS = "prime-order-keys"
    """Ed25519 keys that are entered lie in the group of prime order."""

    FRESH_NONCES = "fresh-nonces"
    """An issuer uses a nonce once."""


class Version(NamedTuple):
    """A version of the rules. `digest` is the SHA-256 of its name and of the ids of its rules, a line each, sorted."""

    name: str
    rules: frozenset[Rule]
    digest: str


def _version(name: str, *rules: Rule) -> Version:
    text = "".join([f"{line}\n" for line in (f"{RULES} {name}", *sorted([rule.value for rule in rules]))])
    return Version(name, frozenset(rules), hashlib.sha256(text.encode()).hexdigest())


VERSIONS: Final = (
    _version("1"),
    _version("2", *Rule),
)
"""All versions that this program knows, in order. A new rule belongs to a new version once a version was released."""

NEWEST: Final = VERSIONS[-1]
_BY_NAME: Final = {version.name: version for version in VERSIONS}


class Activated(Struct, frozen=True):
    """Entry `index` of the log put this version into force, for the entries after it."""

    index: int
    version: str
    digest: str


class Rules(Struct, frozen=True):
    """Every activation of the rules on a log, in log order."""

    activated: tuple[Activated, ...] = ()

    def after(self, index: int, version: str, digest: str) -> "Rules":
        """These rules with one more activation, by entry `index`."""
        return Rules((*self.activated, Activated(index, version, digest)))

    def version(self, index: int | None = None) -> Version:
        """The version in force for the record at `index`; for the next record where none is given.

        Raises Unavailable where this program does not know that version: it must not guess what is allowed.
        """
        newest = self.activated[-1] if self.activated and index is None else None
        if index is not None:
            for activated in self.activated:
                if activated.index < index:
                    newest = activated
        if newest is None:
            return VERSIONS[0]
        known = _BY_NAME.get(newest.version)
        if known is None or known.digest != newest.digest:
            raise Unavailable(
                f"version {newest.version} of the ledger's rules is in force, and this program does not know it",
                code="rules-version", field="version", value=newest.version,
                rule=f"a program that knows the version whose digest is {newest.digest}",
            )
        return known

    def has(self, rule: Rule, index: int | None = None) -> bool:
        """Whether `rule` is in force for the record at `index`, or for the next one. Raises as `version` does."""
        return bool(self.activated) and rule in self.version(index).rules


def check_rules(version: str, digest: str, *, retired: bool, rules: Rules) -> None:
    """Refuses an activation of rules that this program does not know, or that would go back."""
    if retired:
        raise Refused("retired: the ledger's rules stay in force", code="rules-order", field="retired", value=True,
                      rule="an activation of a later version")
    known = _BY_NAME.get(version)
    if known is None or known.digest != digest:
        names = ", ".join([f"{one.name} ({one.digest})" for one in VERSIONS[1:]])
        raise Refused(f"version: {version} of the ledger's rules is not known here", code="unknown-rules",
                      field="version", value=version, rule=f"version and digest are one of: {names}")
    current = rules.version()
    if VERSIONS.index(known) <= VERSIONS.index(current):
        raise Refused(f"version: {version} does not come after {current.name}, which is in force", code="rules-order",
                      field="version", value=version, rule="rules only become stricter: a later version")
