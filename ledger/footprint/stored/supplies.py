"""The upstream of supplies: lines from a declaration or factor, contents, and omissions for supplies without a factor.

Here a supply is *priced* if a factor or a declaration gives its upstream.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple, cast

from msgspec.structs import replace

from ledger.admission.facts import Composition, Facts
from ledger.admission.lots import Supplied
from ledger.core.outcome.assessment import (
    ADDITIVE,
    OF_WHICH,
    OVER_LOCATION,
    Assessment,
    Line,
    LineKind,
    Omission,
)
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import AnyRecord, Declaration, Transfer, Transformation
from ledger.core.record.units import convert
from ledger.core.record.values import Evidence, Factor, Supply, singular
from ledger.footprint.stored.contents import ELEMENT, MASS, MATERIAL

FACTOR_EVIDENCE: Final = ("supplierFactor", "productFootprint", "environmentalProductDeclaration")
"""Kinds of evidence that make a supply's own factor primary: a supplier's statement, footprint or EPD."""

CONTRACT_EVIDENCE: Final = ("powerPurchaseAgreement", "directLine")
"""Kinds of evidence that prove the source of a record's electricity, alone or with `:material` or `:lot`."""

HEAT_CONTRACTS: Final = (*CONTRACT_EVIDENCE, "heatContract")
"""Kinds of evidence that prove the source of heat."""

_FOSSIL: Final = "fossilGhgEmissions"
_LAND_FOSSIL: Final = "landManagementFossilGhgEmissions"
_LOCATION: Final = "electricityLocation"
_MARKET: Final = "electricityMarket"
_RECENT: Final = 5
_COUNTED_BY_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    "transport": ("transportGhgEmissions",),
    "airTransport": ("transportGhgEmissions", "aircraftGhgEmissions"),
    "packaging": ("packagingGhgEmissions",),
    "electricity": ("electricityLocation", "electricityMarket"),
}


class Proof(NamedTuple):
    """The evidence of a record, and the year in which it ended."""

    evidence: Sequence[Evidence]
    year: int


def supplies_of(record: AnyRecord) -> Sequence[Supply]:
    """The supplies of a record that can create lots."""
    match record:
        case Transformation():
            return [*record.supplies, *record.overheads] if record.overheads else record.supplies
        case Transfer():
            return [*record.transport, *record.packaging]
        case _:
            return ()


def omitted_supplies(omission: Omission, supplies: Sequence[Supply]) -> list[Supply]:
    """The supplies that an omission of their record is about: the one that it names by index, else all of its name that
    could lack an upstream. `supplies` as `supplies_of` gives them."""
    if omission.supply is not None and omission.supply < len(supplies):
        return [supplies[omission.supply]]
    return [supply for supply in supplies if _concerns(omission.what, supply)]


def _concerns(omission: str, supply: Supply) -> bool:
    whole = supply.origin == "nature" or (supply.factor is not None and supply.factor.boundary == "cradleToGate")
    return not whole and (omission == supply.material or omission.startswith(f"{supply.material} "))


def with_supplies(
    assessment: Assessment, supplied: Sequence[Supplied], facts: Facts, kinds: Sequence[LineKind],
    proof: Proof | None = None,
) -> Assessment:
    """The assessment with the upstream of its record's supplies added.

    A supply that the record prices gives lines; one that neither the record nor the plugin priced gives an omission.
    `kinds` gives each supply's kind of line; `proof` is the record's.
    """
    lines: list[Line] = []
    omissions: list[Omission] = []
    covered = {line.source for line in assessment.lines if line.burden in ADDITIVE}
    located = {line.source for line in assessment.lines if line.burden == _LOCATION}
    named = tuple(omission.what for omission in assessment.omissions)
    for (supply, _), kind in zip(supplied, kinds, strict=True):
        if supply.factor is not None or supply.declaration is not None:
            proved_for = proof.year if proof is not None and proves_factor(proof.evidence, supply.material) else None
            own, boundary = priced_lines(supply, facts, kind, proved_for)
            lines.extend(own)
            if supply.material in located:
                lines.extend(_elsewhere(own))
            if boundary != "cradleToGate":
                omissions.append(Omission(what=f"{supply.material} upstream"))
        elif not (
            supply.origin == "nature" or supply.material in covered
            or any(omitted == supply.material or omitted.startswith(supply.material + " ") for omitted in named)
        ):
            omissions.append(Omission(what=supply.material))
    if not lines and not omissions:
        return assessment
    return replace(assessment, lines=assessment.lines + tuple(lines), omissions=assessment.omissions + tuple(omissions))


def priced_lines(
    supply: Supply, facts: Facts, kind: LineKind, proved_for: int | None
) -> tuple[list[Line], str]:
    """The lines of a supply that its record prices by a factor or a declaration, and their system boundary."""
    if supply.factor is not None:
        return [factor_line(supply, supply.factor, kind, proved_for)], supply.factor.boundary
    declaration = supply.declaration or ""
    declared = facts.declarations[declaration]
    ratio = _ratio(supply.quantity.amount, supply.quantity.unit, declared)
    stated = stated_burdens(declared)
    use = _DeclaredUse(supply.material, kind, declaration, supply)
    return list(_declared(declared, stated, ratio, use)), declared.boundary


def _elsewhere(own: Iterable[Line]) -> Iterable[Line]:
    """Lines that subtract power priced by the record from the location-based figure. The sector has stated the
    emissions of the local grid for that power instead."""
    for line in own:
        if line.kind == "electricity" and line.burden in ADDITIVE:
            yield Line(
                gas=line.gas, amount=-line.amount, source=line.source, kind=line.kind, burden=_LOCATION,
                factor=line.factor,
            )


def proves_factor(evidence: Iterable[Evidence], material: str, kinds: Sequence[str] = FACTOR_EVIDENCE) -> bool:
    """Whether a record's evidence includes the document in which a supplier states the factor of `material`.

    The kind of such evidence is one of `kinds`, alone (for all supplies of the record) or followed by `:material`.
    Other evidence, such as a weight or a meter reading, proves no factor: a value from a database stays secondary.
    """
    wanted = {singular(kind) for kind in kinds}
    return any(
        singular(kind) in wanted and of in ("", material)
        for kind, _, of in (one.kind.partition(":") for one in evidence)
    )


def burning_factor(supply: Supply) -> Factor | None:
    """The record's own factor for the burning of a supply. A factor of another gas than carbon dioxide is no such
    factor: the slip of methane comes beside the burning."""
    factor = supply.factor
    if factor is None or factor.boundary != "combustion" or factor.gas not in (None, "CO2", "CO2e"):
        return None
    return factor


def factor_line(supply: Supply, factor: Factor, kind: LineKind, proved_for: int | None = None) -> Line:
    """The line of a supply that its record prices by a factor of its own.

    The line is primary if evidence proves that the factor is the supplier's (PACT: data of the supplier's own
    processes). Then `proved_for` is the record's year, the ratings for technology and geography are 1 (the supplier's
    own), and the rating for time follows PACT: 1 for the same year, 2 for less than 5 years apart, 3 for more.
    """
    amount = convert(supply.quantity.amount, supply.quantity.unit, factor.unit)
    line = Line(
        gas=factor.gas or "CO2e", source=supply.material, amount=CONTEXT.multiply(amount, Decimal(factor.value)),
        kind="onSite" if kind == "upstream" and factor.boundary == "combustion" else kind,
        factor=f"{factor.source}/{factor.year}"[:255], deviation=_decimal(supply.deviation), pedigree=supply.pedigree,
        factor_deviation=_decimal(factor.deviation), factor_pedigree=factor.pedigree,
    )
    if proved_for is None:
        return line
    off = abs(proved_for - factor.year)
    return replace(line, primary=True, ratings=(1, 1 if off == 0 else 2 if off < _RECENT else 3, 1))


def declared_lot(record: Declaration, digest: str) -> Assessment:
    """The assessment of a declaration that creates a lot: its declared burdens as lines, and a line of the amount by
    which its electricity exceeds the location-based one."""
    omissions: tuple[Omission, ...] = ()
    # Waste and cores enter without burden by cut-off: nothing is missing upstream of them.
    if record.boundary != "cradleToGate" and record.lot is not None and record.lot.role == "product":
        omissions = (Omission(what="upstream of the declared lot"),)
    use = _DeclaredUse(record.basis, "upstream", digest)
    lines = [*_declared(record, stated_burdens(record), Decimal(1), use),
             *over_location(record, Decimal(1), record.basis, digest)]
    return Assessment(lines=tuple(lines), omissions=omissions)


def over_location(record: Declaration, ratio: Decimal, source: str, digest: str) -> list[Line]:
    """The amount by which the electricity within a declared footprint exceeds its location-based amount. PACT's
    footprints are market-based; the electricity of another declaration counts as location-based."""
    if record.basis != "pact" or _MARKET not in record.burdens:
        return []
    over = CONTEXT.subtract(Decimal(record.burdens[_MARKET]), Decimal(record.burdens.get(_LOCATION, "0")))
    if not over:
        return []
    return [Line(gas="CO2e", amount=CONTEXT.multiply(over, ratio), source=source, kind="upstream",
                 burden=OVER_LOCATION, factor=f"declaration:{digest}")]


def declared_ratio(supply: Supply, declared: Declaration) -> Decimal:
    """How often a supply holds the quantity for which `declared` states its burdens."""
    return _ratio(supply.quantity.amount, supply.quantity.unit, declared)


def _ratio(amount: Decimal, unit: str, declared: Declaration) -> Decimal:
    per = declared.per
    if per is None:
        return Decimal(1)
    return CONTEXT.divide(convert(amount, unit, per.unit), per.amount)


def stated_burdens(record: Declaration) -> Mapping[str, Decimal]:
    """The burdens of a declaration, such that the additive ones add up to its footprint.

    PACT's fossil emissions include the fossil emissions of land management. So the burden `fossilGhgEmissions` gets the
    rest, and both together are the declaration's fossil emissions.
    """
    stated = {burden: Decimal(text) for burden, text in record.burdens.items()}
    if _FOSSIL in stated and _LAND_FOSSIL in stated:
        stated[_FOSSIL] = max(CONTEXT.subtract(stated[_FOSSIL], stated[_LAND_FOSSIL]), Decimal(0))
    return stated


class _DeclaredUse(NamedTuple):
    """The use of a declaration: source and kind of its lines, its digest, and the supply that it prices."""

    source: str
    kind: LineKind
    digest: str
    supply: Supply | None = None


def _declared(record: Declaration, stated: Mapping[str, Decimal], ratio: Decimal, use: _DeclaredUse) -> Iterable[Line]:
    """Lines of the `stated` burdens of `record`, times `ratio`. The factor of each line has the uncertainty of the
    declaration; the line itself has the uncertainty of the quantity of the supply."""
    source, kind, digest, supply = use
    primary = Decimal(record.primary_share or 0)
    skipped = _COUNTED_BY_KIND.get(kind, ())
    deviation, pedigree = (supply.deviation, supply.pedigree) if supply is not None else (None, None)
    for burden, value in stated.items():
        if burden in skipped:
            continue
        amount = CONTEXT.multiply(value, ratio)
        part = CONTEXT.multiply(amount, primary) if burden in ADDITIVE else Decimal(0)
        for share, is_primary in ((part, True), (CONTEXT.subtract(amount, part), False)):
            if share:
                yield Line(
                    gas="CO2e", amount=share, source=source, kind=kind if burden in ADDITIVE + OF_WHICH else "upstream",
                    burden=burden, primary=is_primary, factor=f"declaration:{digest}", deviation=_decimal(deviation),
                    pedigree=pedigree, factor_deviation=_decimal(record.deviation), factor_pedigree=record.pedigree,
                )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def supply_kind(material: str, default: str) -> LineKind:
    """The kind of a supply's upstream lines. `default` comes from the field that holds the supply, such as transport or
    packaging."""
    if default == "transport":
        return "airTransport" if material.startswith("air") else "transport"
    if default == "upstream" and material == "electricity":
        return "electricity"
    if default == "upstream" and material in ("heat", "steam", "hotWater"):
        return "heat"
    return cast(LineKind, default)


def supplied_contents(supplied: Sequence[Supplied], facts: Facts) -> dict[str, float]:
    """Kg of each content that enters with supplies: mass, and the composition of the product that a supply names."""
    contents: dict[str, float] = {}
    for supply, mass in supplied:
        if mass is None:
            continue
        kilograms = float(mass)
        contents[MASS] = contents.get(MASS, 0.0) + kilograms
        product = facts.product_named(supply.product)
        if product is not None:
            for name, amount in composed(product.composition, kilograms).items():
                contents[name] = contents.get(name, 0.0) + amount
    return contents


def composed(composition: Composition, kilograms: float) -> dict[str, float]:
    """Kg of each content in `kilograms` of a product with a declared composition."""
    contents: dict[str, float] = {}
    for prefix, fractions in ((MATERIAL, composition.materials), (ELEMENT, composition.elements)):
        for name, fraction in fractions.items():
            contents[prefix + name] = float(fraction) * kilograms
    for name, carbon in (
        ("fossilCarbon", composition.fossil_carbon), ("biogenicCarbon", composition.biogenic_carbon)
    ):
        if carbon is not None:
            contents[name] = float(carbon) * kilograms
    return contents
