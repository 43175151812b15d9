"""The context of a study, as a manufacturer states it: the fields of PACT 3 that no flow of material shows.

A facility's context applies to everything that it makes, a product's to its lots. The ledger derives the other fields
of a study report (declared unit, reference period, geography, allocation key, exemptions) from records.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta
from msgspec.structs import fields

from ledger.core.record.values import Instant, Name, Part, Positive

StudyText = Annotated[str, Meta(min_length=1, max_length=2_000)]
Standard = Literal[
    "ISO14067", "GBT24067", "ISO14040-44", "ISO14083", "GHGP-Product", "PEF", "PAS2050", "PACT-1.0", "PACT-2.0",
    "PACT-3.0",
]
"""PACT's cross-sectoral standards, in PACT's spelling, and GB/T 24067-2024."""


class ProductRules(Part, frozen=True):
    """Product category or sector rules: `names` of an `operator`; `otherOperator` names an operator that PACT does not
    list."""

    operator: Literal["PEF", "EPD International", "Other"]
    names: Annotated[list[Name], Meta(min_length=1, max_length=16)]
    other_operator: Name | None = None


class AllocationBasis(Part, frozen=True):
    """Why a record shares its burdens by its allocation key. All fields are optional.

    `step`: of the hierarchy of ISO 14044, 4.3.4.2; `otherRelation` is as a rule the price. `priceStart`, `priceEnd`:
    the period over which prices were averaged. `priceRatio`: the highest price per kg over the lowest, at least 1.
    `rule`: the product category or sector rule that prescribes the key. `reason`: why the key fits.
    """

    step: Literal["subdivision", "systemExpansion", "physicalRelation", "otherRelation"] | None = None
    price_start: Instant | None = None
    price_end: Instant | None = None
    price_ratio: Positive | None = None
    rule: Name | None = None
    reason: StudyText | None = None


class StudyContext(Part, frozen=True):
    """`boundaryProcesses`: the processes inside the system boundary; `cutOff`: the omissions of the study, with the
    reason; `rules` and `standards` that it follows; `allocationReason`: why its allocation key fits;
    `packagingIncluded`: whether the figure includes the product's packaging; `uncertainty`: how uncertain the figure
    is, in words."""

    boundary_processes: StudyText | None = None
    cut_off: StudyText | None = None
    rules: Annotated[list[ProductRules], Meta(max_length=16)] = []
    standards: Annotated[list[Standard], Meta(max_length=16)] = []
    allocation_reason: StudyText | None = None
    packaging_included: bool | None = None
    uncertainty: StudyText | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it states nothing."""
        return not _stated(self)


def inherited(product: StudyContext | None, facility: StudyContext | None) -> StudyContext | None:
    """The context of a product that a facility made: the product's fields replace the facility's, field by field. None
    if both state nothing."""
    stated = {**_stated(facility), **_stated(product)}
    return StudyContext(**stated) if stated else None


def agreed(contexts: list[StudyContext | None]) -> StudyContext | None:
    """The fields in which all contexts agree; None if they agree in no field."""
    first, *others = [_stated(context) for context in contexts] or [{}]
    common = {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}
    return StudyContext(**common) if common else None


def _stated(context: StudyContext | None) -> dict[str, Any]:
    if context is None:
        return {}
    values = {field.name: getattr(context, field.name) for field in fields(context)}
    return {name: value for name, value in values.items() if value is not None and value != []}
