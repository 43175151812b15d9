"""The context of a figure: the statements of product and facility, and the fields that follow from records and figure.

The server derives it for answers and statements; a verifier of a statement derives it again from the bodies.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec import Raw, Struct

from ledger.core.outcome.assessment import Omission
from ledger.core.receipts.study import StudyClaim
from ledger.core.record.study import AllocationBasis, StudyContext, agreed, inherited
from ledger.footprint.derived.completeness import completeness_of
from ledger.footprint.derived.methods.catalogue import method_named
from ledger.footprint.stored.burdens import METHOD, SLOT, Vector

_SMALL: Final = 1e-9
"""Differences below this part of an amount are rounding."""


class StudyRecord(Struct, frozen=True, rename="camel"):
    """The fields of the record that made a lot."""

    type: str = ""
    start: str | None = None
    end: str | None = None
    basis: str = ""
    boundary: str = "cradleToGate"
    allocation: str = "mass"
    allocation_basis: AllocationBasis | None = None
    evidence: list[Raw] = []


class StudyProduct(Struct, frozen=True):
    """The fields of a product."""

    classifications: dict[str, str] = {}
    study: StudyContext | None = None


class StudyFacility(Struct, frozen=True):
    """The fields of a facility."""

    country: str | None = None
    subdivision: str | None = None
    study: StudyContext | None = None


class StudySources(NamedTuple):
    """The records on which a context rests. `facilities` are those that made the product; `allocation` has the keys of
    the records, `allocation_basis` the reason of a lot's own record; start and end are of the whole production."""

    product: StudyProduct
    facilities: Sequence[StudyFacility] = ()
    start: str | None = None
    end: str | None = None
    boundary: str = "cradleToGate"
    allocation: Collection[str] = ()
    allocation_basis: AllocationBasis | None = None


class OwnOmissions(NamedTuple):
    """The omissions of the lot's own record, of which the lot carries `share`."""

    omissions: Sequence[Omission] = ()
    share: float = 1.0


_record = msgspec.json.Decoder(StudyRecord)
_product = msgspec.json.Decoder(StudyProduct)
_facility = msgspec.json.Decoder(StudyFacility)


def record_of(body: bytes | None) -> StudyRecord:
    """The fields in the body of a record."""
    return StudyRecord() if body is None else _record.decode(body)


def product_of(bodies: Iterable[bytes] | None) -> StudyProduct:
    """The fields of a product, by its body and the bodies of its completions in log order."""
    product = StudyProduct()
    for stated in [_product.decode(body) for body in bodies or ()]:
        product = StudyProduct(stated.classifications or product.classifications, stated.study or product.study)
    return product


def facility_of(body: bytes | None) -> StudyFacility:
    """The fields in the body of a facility."""
    return StudyFacility() if body is None else _facility.decode(body)


def lot_sources(record: StudyRecord, product: StudyProduct, facility: StudyFacility | None) -> StudySources:
    """The sources of one lot's context. Only transformations and declarations have a period."""
    facilities = () if facility is None else (facility,)
    match record.type:
        case "transformation":
            return StudySources(product, facilities, record.start, record.end, allocation=[record.allocation],
                                allocation_basis=record.allocation_basis)
        case "declaration":
            return StudySources(product, facilities, record.start, record.end, record.boundary)
        case _:
            return StudySources(product, facilities)


def study_of(sources: StudySources, unit: str, burdens: Vector, description: str | None) -> StudyClaim:
    """The context of a figure with these burdens, per `unit`."""
    country, subdivision = _geography(sources.facilities)
    return StudyClaim(
        stated=inherited(sources.product.study, agreed([facility.study for facility in sources.facilities])),
        declared_unit=unit, declared_unit_amount="1", boundary=sources.boundary, exempted=exempted_of(burdens),
        method_standards=list(method_named(METHOD).standards), reference_period_start=sources.start,
        reference_period_end=sources.end, geography_country=country, geography_subdivision=subdivision,
        allocation=sorted(sources.allocation), allocation_basis=sources.allocation_basis,
        exempted_description=description,
    )


def exempted_of(burdens: Vector) -> str:
    """The omitted part of a figure, in words."""
    completeness = completeness_of(burdens)
    return "unknown" if completeness is None else f"{(1.0 - completeness) * 100:.1f} %"


def exempted_description(burdens: Vector, own: OwnOmissions) -> str | None:
    """The omissions of a figure in plain words; None if it has no omissions."""
    carried = [one for one in own.omissions if own.share > 0]
    estimated = sum(own.share * abs(float(one.estimate)) for one in carried if one.estimate is not None)
    sentences = []
    if carried:
        parts = ", ".join([_omission(one, own.share) for one in carried])
        sentences.append(f"Left out by the lot's own record: {parts}.")
    rest = burdens[SLOT["omittedAbs"]] - estimated
    who = "The inputs leave out" if carried else "The figure's inputs leave out"
    if rest > _SMALL * burdens[SLOT["omittedAbs"]]:
        sentences.append(f"{who} about {rest:,.6g} kg CO2e{' more' if carried else ''}.")
    unestimated = own.share * sum(1 for one in carried if one.estimate is None)
    if burdens[SLOT["unestimated"]] - unestimated > _SMALL:
        sentences.append(f"{who} amounts for which nobody has an estimate.")
    return " ".join(sentences) or None


def production_description(burdens: Vector) -> str | None:
    """The omissions of a whole production in plain words; None if it has no omissions."""
    sentences = []
    if burdens[SLOT["omittedAbs"]] > 0:
        sentences.append(f"The lots leave out about {burdens[SLOT['omittedAbs']]:,.6g} kg CO2e.")
    if burdens[SLOT["unestimated"]] > 0:
        sentences.append("The lots leave out amounts for which nobody has an estimate.")
    return " ".join(sentences) or None


def _omission(omission: Omission, share: float) -> str:
    if omission.estimate is None:
        return f"{omission.what} (no estimate)"
    return f"{omission.what} (about {share * float(omission.estimate):,.6g} kg CO2e)"


def _geography(facilities: Sequence[StudyFacility]) -> tuple[str | None, str | None]:
    """Country and subdivision, exactly one of them: the smallest place that all facilities share."""
    subdivisions = {facility.subdivision for facility in facilities}
    countries = {facility.country for facility in facilities}
    if len(subdivisions) == 1 and None not in subdivisions:
        return None, next(iter(subdivisions))
    return (next(iter(countries)), None) if len(countries) == 1 else (None, None)
