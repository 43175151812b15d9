"""The list that a verifier asks for, as sent to clients (JSON, camelCase)."""

from msgspec import field

from ledger.answers.methods import ChoiceAnswer
from ledger.answers.stored import AttestationAnswer, QueryAnswer, StudyAnswer, VerifiedAnswer
from ledger.core.record.values import Quantity
from ledger.footprint.derived.findings import WeighedFinding
from ledger.footprint.derived.verification.rows import (
    AllocationRow,
    ChoiceRow,
    CutOffRow,
    DataSourceRow,
    ElectricityRow,
    FlowRow,
    GasRow,
)


class VerificationAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A verifier's list for a lot's figure (ISO 14064-3, ISO 14067), as of the tree of `at` entries.

    Amounts are kg CO2e that the whole lot carries; percentages refer to `absolute`, its absGhg over all `records`
    upstream. `flows` and `cutOffs` are the largest, `flowsLeftOff` and `cutOffsLeftOff` the number of others. `sources`
    are the records that carry at least 95 % of the emissions with activity data. `sensitivity`: the figure by each
    allocation key for all records; `sensitivityNote` says why it is missing. `validUntil`: three years after the end of
    the record's period, absent if the record has no period. Other fields are as in the footprint of a lot.
    """

    lot: str
    product: str
    quantity: Quantity
    at: int
    record: str
    title: str
    figure_kind: str
    footprint: float
    footprint_per_unit: float
    location_based: float
    market_based: float
    unit: str
    method: str
    gwp: str
    records: int
    absolute: float
    omitted: float
    unestimated: float
    exempted: str
    cut_off_limit: str
    questioned: float
    questioned_share: float
    flows: list[FlowRow]
    cut_offs: list[CutOffRow]
    sources: list[DataSourceRow]
    allocation: list[AllocationRow]
    electricity: list[ElectricityRow]
    gases: list[GasRow]
    double_counting: list[ChoiceRow]
    value_choices: list[ChoiceRow]
    flows_left_off: int = 0
    cut_offs_left_off: int = 0
    sources_left_off: int = 0
    ratings: dict[str, float] = field(default_factory=dict)
    pact_ratings: dict[str, float] = field(default_factory=dict)
    rating_conversion: str | None = None
    primary_share: float | None = None
    sensitivity: list[ChoiceAnswer] = field(default_factory=list)
    sensitivity_note: str | None = None
    valid_until: str | None = None
    study: StudyAnswer | None = None
    findings: list[WeighedFinding] = field(default_factory=list)
    findings_left_off: int = 0
    findings_note: str | None = None
    attestations: list[AttestationAnswer] = field(default_factory=list)
    verified: VerifiedAnswer | None = None
    limitations: list[str] = field(default_factory=list)
