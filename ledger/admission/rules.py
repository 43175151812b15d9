"""The versions of the rules of admission, which the registrar activates on the log.

A version is a set of rules. Every log begins with version 1; each later version has all rules of the one before and
some more, so rules only become stricter. The registrar puts a version into force with an `activation` of the plugin
`ledger-rules`; it applies to the entries after that one. A record that is revised later keeps the rules of its own
index, so a log of an earlier version audits as before. """

import hashlib
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from msgspec import Struct

from ledger.admission.title_limit import LIMIT_SETTING
from ledger.core.record.base import WITNESS_POLICY
from ledger.errors import Refused, Unavailable

RULES: Final = "ledger-rules"
"""The name under which the registrar activates a version of these rules."""
RESERVED: Final = frozenset({RULES, WITNESS_POLICY, LIMIT_SETTING})
"""Names of activations that are not sectors."""


class Rule(StrEnum):
    """A rule that a version added, by the id that is part of the version's digest. A string hashes fast, and every
    record looks rules up."""

    BOUNDED_TIMES = "bounded-times"
    """Times lie between 1900 and 2199, and no period is longer than ten years."""
    EVIDENCED_RECOVERIES = "evidenced-recoveries"
    """The week of a recovery is shown by times that a quorum has cosigned, or confirmed by entries on seven days."""

    DISTINCT_NAMES = "distinct-names"
    """An identifier names one thing, and no organisation's id or prefix lies under or over another's."""

    PLAIN_NAMES = "plain-names"
    """Identifiers have a scheme that runs no program, no invisible characters, and more than a namespace."""

    PRIME_ORDER_KEYS = "prime-order-keys"
    """Ed25519 keys that are entered lie in the group of prime order."""

    FRESH_NONCES = "fresh-nonces"
    """An issuer uses a nonce once."""

    LASTING_VERSIONS = "lasting-versions"
    """A record keeps the versions of sector, factor sets and rules with which it was assessed, also when it is revised,
    unless an amendment asks for the newest ones."""

    DEFAULT_UPSTREAM = "default-upstream"
    """A supply without declaration or factor is priced from the factor sets in force."""

    REFERENCE_RANGES = "reference-ranges"
    """A figure below the reference range of its product is questioned, and so are the figures that rest on it."""

    TIMELY_RECORDS = "timely-records"
    """No record is about a time after tomorrow."""

    PHYSICAL_BOUNDS = "physical-bounds"
    """No record makes energy, carbon or a material of nothing, whatever its sector says."""

    WHOLE_PERIODS = "whole-periods"
    """A closing's totals are of all transformations of the period, also of those that were posted as final. The part
    of these stays with the closing."""

    PINNED_ATTESTATIONS = "pinned-attestations"
    """An attestation may name the tree whose figure was examined, the evidence, the scope and the accreditation."""

    STANDING_ACCEPTANCES = "standing-acceptances"
    """A receiver may accept the deliveries of a sender by a rule, when they arrive."""

    CHECK_DIGITS = "check-digits"
    """LEIs, unified social credit codes and GS1 keys in names have the right check digits."""

    GIVEN_DECLARATIONS = "given-declarations"
    """A record prices supplies only by declarations of its issuer, or by those that their issuer has given to it."""

    SEEN_PRODUCTS = "seen-products"
    """Declared cores and supplies name only products of their issuer, or products that their issuer was shown: by a
    publication, by a grant in full, or with a lot."""

    GRANTED_READING = "granted-reading"
    """Organisations grant others the right to read, publish passports, and the registrar appoints readers."""

    DOCUMENTED_WRITE_OFFS = "documented-write-offs"
    """Goods that processes of a group made or take leave the ledger by a document."""


class Version(NamedTuple):
    """A version of the rules. `digest` is the SHA-256 of its name and the sorted ids of its rules, a line each."""

    name: str
    rules: frozenset[Rule]
    digest: str


def _version(name: str, *rules: Rule) -> Version:
    text = "".join([f"{line}\n" for line in (f"{RULES} {name}", *sorted([rule.value for rule in rules]))])
    return Version(name, frozenset(rules), hashlib.sha256(text.encode()).hexdigest())


_SECOND: Final = (Rule.BOUNDED_TIMES, Rule.EVIDENCED_RECOVERIES, Rule.DISTINCT_NAMES, Rule.PLAIN_NAMES,
                  Rule.PRIME_ORDER_KEYS, Rule.FRESH_NONCES)
VERSIONS: Final = (
    _version("1"),
    _version("2", *_SECOND),
    _version("3", *_SECOND, Rule.LASTING_VERSIONS, Rule.DEFAULT_UPSTREAM),
    _version("4", *Rule),
)
"""All versions that this program knows, in order. After a release, a new rule needs a new version."""

NEWEST: Final = VERSIONS[-1]
_BY_NAME: Final = {version.name: version for version in VERSIONS}


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
        """The version in force for the record at `index`, or for the next record if `index` is None.

        Raises Unavailable if this program does not know that version: it must not guess the rules.
        """
        if index is None:
            return self._newest
        earlier = [activated for activated in self.activated if activated.index < index]
        return _known(earlier[-1]) if earlier else VERSIONS[0]

    @cached_property
    def _newest(self) -> Version:
        """The version in force for the next record: every record asks for its rules several times."""
        return _known(self.activated[-1]) if self.activated else VERSIONS[0]

    def has(self, rule: Rule, index: int | None = None) -> bool:
        """Whether `rule` is in force for the record at `index`, or for the next one. Raises as `version` does."""
        return rule in (self._newest if index is None else self.version(index)).rules


def _known(activated: Activated) -> Version:
    version = _BY_NAME.get(activated.version)
    if version is None or version.digest != activated.digest:
        raise Unavailable(
            f"version {activated.version} of the ledger's rules is in force, but this program does not know it",
            code="rules-version", field="version", value=activated.version,
            rule=f"a program that knows the version whose digest is {activated.digest}",
        )
    return version


def check_rules(version: str, digest: str, *, retired: bool, rules: Rules) -> None:
    """Refuses an activation of rules that this program does not know, or of an earlier version."""
    if retired:
        raise Refused("retired: the ledger's rules cannot be retired", code="rules-order", field="retired", value=True,
                      rule="an activation of a later version")
    activated = _BY_NAME.get(version)
    if activated is None or activated.digest != digest:
        names = ", ".join([f"{known.name} ({known.digest})" for known in VERSIONS[1:]])
        raise Refused(f"version: unknown version {version} of the ledger's rules", code="unknown-rules",
                      field="version", value=version, rule=f"version and digest are one of: {names}")
    current = rules.version()
    if VERSIONS.index(activated) <= VERSIONS.index(current):
        raise Refused(f"version: {version} is not later than version {current.name}, which is in force",
                      code="rules-order", field="version", value=version,
                      rule="a later version: rules only become stricter")
