"""The context of a figure, as answers show it and statements carry it: the manufacturer's statement, and the fields
that the ledger derives from records. PACT 3 has these fields; ISO 14067 and GB/T 24067 require them in a report."""

from msgspec import Struct

from ledger.core.record.study import AllocationBasis, StudyContext


class StudyClaim(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """`stated`: by product and facility. The ledger derives all other fields from records.

    The figure is per `declaredUnitAmount` of `declaredUnit` (Rec 20). `boundary`: `cradleToGate`, unless the record of
    a declared lot says otherwise. `referencePeriodStart` and `referencePeriodEnd`: of the record that made the lot; for
    a product, the earliest start and the latest end. Lots that a transfer or a pool made have no period of their own.
    The geography is `geographySubdivision` or `geographyCountry`, never both; without either it is unknown, or several
    countries. `allocation`: the keys of the records that share burdens among outputs; `allocationBasis`: why, as the
    record that made the lot says. `methodStandards`: the standards that have the method. `exempted`: the omitted part
    of the figure; `exemptedDescription` names the omissions.
    """

    declared_unit: str
    declared_unit_amount: str
    boundary: str
    exempted: str
    method_standards: list[str]
    stated: StudyContext | None = None
    reference_period_start: str | None = None
    reference_period_end: str | None = None
    geography_country: str | None = None
    geography_subdivision: str | None = None
    allocation: list[str] = []
    allocation_basis: AllocationBasis | None = None
    exempted_description: str | None = None
