"""A record on its way to the log: as its issuer sent it, planned, and with all that immutable facts decide."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Raw

from ledger.admission.activations import Versions
from ledger.admission.checks.goods import NOTHING, EarlierGoods
from ledger.admission.lookups import Editions
from ledger.admission.lots import Plan
from ledger.admission.parents import NO_END
from ledger.core.outcome.assessment import Assigned, Finding, Reference, UsualShare
from ledger.core.outcome.leaves import salt_seed
from ledger.core.record.canonical import encode
from ledger.core.record.kinds import AnyRecord, Closing
from ledger.core.record.revisions import Amendment
from ledger.engine.end_of_waste.origins import OriginLimit
from ledger.engine.pricing.priced import PricedSupply
from ledger.engine.pricing.surroundings import Surroundings
from ledger.engine.sectors import Installed
from ledger.footprint.stored.averaging import Adjustment
from ledger.footprint.stored.burdens import Vector
from ledger.footprint.stored.contents import Contents, Holding
from ledger.footprint.stored.mass_balance import Booking
from ledger.footprint.stored.question_shares import Bearing
from ledger.sdk import Context, FactorSetVersion

REVISING = (Amendment, Closing)
"""Records that change earlier ones."""
REVISING_TYPES = ("amendment", "closing")


class Submission(NamedTuple):
    """A record with verified signature. `seed`: the seed of its salts if the caller has it already. A redacted record
    needs it, because its nonce does not determine the seed."""

    record: AnyRecord
    body: bytes
    digest: bytes
    keyid: bytes
    signature: bytes
    seed: bytes | None = None

    @property
    def salt_seed(self) -> bytes:
        return salt_seed(self.record.nonce) if self.seed is None else self.seed

    def reading(self, record: AnyRecord) -> "Submission":
        """The same submission as it reads after a change."""
        return self._replace(record=record, body=encode(record), seed=self.salt_seed)


class FigureInputs(NamedTuple):
    """All that a record's figures are computed from, except its inputs' figures. `covered`: the fraction of its
    electricity for which it takes green attributes. `references`: the ranges of its outputs. `usual_shares`: of
    outputs with a smaller share. `questioned`: the inputs whose recycled content is in question. `origins`: the limit
    of its waste of end users. `bearing`: the facts that the record's questions follow; None if they go by mass.
    `undocumented`: the ranges of its outputs if the record had no documents."""

    direct: Vector
    shares: Sequence[float]
    holdings: tuple[Holding, ...]
    supplied: Contents
    recycled: tuple[str | None, ...]
    assigned: tuple[Assigned, ...]
    matter: Mapping[str, Sequence[float]]
    booking: Booking | None = None
    adjustment: Adjustment | None = None
    covered: float = 0.0
    references: tuple[Reference, ...] = ()
    usual_shares: tuple[UsualShare, ...] = ()
    questioned: frozenset[int] = frozenset()
    origins: OriginLimit | None = None
    bearing: Bearing | None = None
    undocumented: tuple[Reference, ...] = ()


class Pricing(NamedTuple):
    """The upstream of a record's supplies, with its surroundings and the factor sets in force."""

    around: Surroundings
    sets: tuple[FactorSetVersion, ...]
    supplies: tuple[PricedSupply, ...]


class Prepared(NamedTuple):
    """A record ready to be sequenced. `plugin` is the plugin version that assessed it, `tag` the name of that version
    in answers. `assessment` is canonical JSON, None if the record has neither assessment nor outputs. `versions` are
    the versions of rules, sector and factor sets that assessed it. `parents`: the newest end of a parent that was known
    then. `returned`: the totals of the goods of its issuer's
    group with which it was prepared. `accepted_by`: the log index of the standing acceptance that accepts a transfer,
    known only when it is sequenced. `notes`: about amounts that are unusually high, for the issuer alone. `editions`:
    the newest completions of the products that it names, with which it was prepared. `products`: as in its leaf 0."""

    submission: Submission
    plan: Plan
    work: FigureInputs
    assessment: Raw | None
    tag: str | None
    versions: Versions
    parents: int = NO_END
    returned: EarlierGoods = NOTHING
    accepted_by: int | None = None
    notes: tuple[Finding, ...] = ()
    editions: Editions = ()
    products: int | None = None


class PreparedDraft(NamedTuple):
    """A record with its plan, before its sector has assessed it. `context`: the sector's input; None if no sector
    assesses the record. `priced`: the upstream of its supplies; None if no factor set is in force."""

    submission: Submission
    plan: Plan
    installed: Installed | None
    context: Context | None
    versions: Versions
    pricing: Pricing | None
