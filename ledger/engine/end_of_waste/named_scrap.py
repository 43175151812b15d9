"""Scrap and recycled materials that a record buys by their names alone.

A name costs nothing: whoever calls new metal scrap in a list of supplies has metal without burden. So a supply that is
scrap or recycled by its name counts as the primary material, unless a document such as a delivery note shows its
origin. Waste that is a lot has its maker or its collector, and needs no document here.

    recycledX, XScrap       question: the default of X, less the supply's figure, omissions and questions
    recoveredPaper          the same of the pulp that it replaces
    scrap of steel, copper  the usual part of it in primary metal is believed: converters and smelters cool with it
    declared goods, XScrap  they have the range of X

Nobody gains by a name where the primary material causes next to nothing, such as gravel beside recycled aggregate.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ledger.admission.facts import Facts
from ledger.admission.lots import Supplied
from ledger.core.outcome.assessment import Assessment, Finding, Reference
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Declaration
from ledger.core.record.units import UNITS
from ledger.core.record.values import Evidence
from ledger.engine.end_of_waste.lives import END_USER
from ledger.engine.end_of_waste.recycled import CODE as BY_NAME
from ledger.engine.end_of_waste.recycled import PROOF, primary_of
from ledger.engine.end_of_waste.returned import PURCHASE
from ledger.engine.pricing.priced import co2e_of_lines
from ledger.engine.pricing.unproven import UNPROVEN
from ledger.engine.references import Purchase, entries_of_lot
from ledger.footprint.stored.supplies import FACTOR_EVIDENCE
from ledger.sdk import PRODUCT_ROLES
from ledger.sdk.sets.factor_set import SupplyEntry
from ledger.sdk.sets.lookup import amount_of, entry_of
from ledger.sdk.sets.reading import co2e_of

SHOWN: Final = (PROOF, *PURCHASE, *END_USER, *FACTOR_EVIDENCE, "compositionAnalysis", "certificateOfOrigin")
"""Kinds of evidence that a supply is scrap or recycled, alone or with `:material`."""
_SCRAP: Final = "Scrap"
_BELIEVED: Final[Mapping[str, Decimal]] = {"steelScrap": Decimal("0.33"), "copperScrap": Decimal("0.2")}
"""Of the metal of a record, so much may be scrap without a document: converters take up to a third of scrap, smelters
up to a fifth (BREF iron and steel 2013, BREF non-ferrous metals 2017; unverified)."""
_REPLACED: Final[Mapping[str, str]] = {"recoveredPaper": "mechanicalPulp"}
"""The materials that recovered ones replace, if these have a name of their own."""
_LEAST: Final = Decimal("0.1")
"""Kg CO2e per kg of the primary material."""
_ROUNDED: Final = Decimal("0.99")
_NOTHING, _ONE = Decimal(0), Decimal(1)


def scrap_by_word(assessment: Assessment, purchase: Purchase) -> list[Finding]:
    """A finding for each supply that is scrap or recycled by its name, and of which no document speaks."""
    supplied = [*purchase.plan.supplied, *purchase.plan.overheads]
    asked = [
        (i, one, known[1], primary) for i, one in enumerate(supplied)
        if (known := entry_of(purchase.sets, one.supply.material)) is not None
        and (primary := _primary(purchase, known[1])) is not None and not _is_shown(purchase, one)
    ]
    return [finding for i, one, entry, primary in asked
            if (finding := _finding(assessment, purchase, i, one, entry, primary)) is not None]


def declared_scrap(record: Declaration, references: Sequence[Reference], purchase: Purchase) -> tuple[Reference, ...]:
    """The ranges of a declared lot of goods: of scrap that no document shows, the range of the primary material."""
    return tuple([one if _speaks(record.evidence, one.material or "") else _as_primary(one, purchase)
                  for one in references])


def _as_primary(reference: Reference, purchase: Purchase) -> Reference:
    known = entry_of(purchase.sets, reference.material or _key_of(reference.factor))
    primary = None if known is None or not known[1].key.endswith(_SCRAP) else _primary(purchase, known[1])
    choice = None if primary is None else purchase.choose(primary.key)
    if choice is None:
        return reference
    default = CONTEXT.divide(co2e_of(choice.factor.gases), UNITS[choice.entry.unit].scale)
    return replace(reference, low=default, default=default, high=None, factor=choice.name, code=BY_NAME)


def _key_of(factor: str | None) -> str:
    """The supply of a row `set@version:key/boundary/place/year`."""
    return (factor or "").partition(":")[2].partition("/")[0]


def _primary(purchase: Purchase, entry: SupplyEntry) -> SupplyEntry | None:
    """The material of which an entry is the recycled form or the scrap, by its name."""
    replaced = _REPLACED.get(entry.key, entry.key.removesuffix(_SCRAP))
    if replaced == entry.key:
        return primary_of(purchase.sets, entry)
    known = entry_of(purchase.sets, replaced)
    return None if known is None else known[1]


def _is_shown(purchase: Purchase, supplied: Supplied) -> bool:
    return supplied.supply.origin == "nature" or is_documented(supplied, purchase.around.evidence, purchase.facts)


def is_documented(supplied: Supplied, evidence: Sequence[Evidence], facts: Facts) -> bool:
    """Whether a document of the supply, or the evidence of its record, shows that it is scrap or recycled."""
    declared = facts.declarations.get(supplied.supply.declaration or "")
    return (declared is not None and bool(declared.evidence)) or _speaks(evidence, supplied.supply.material)


def _speaks(evidence: Sequence[Evidence], material: str) -> bool:
    return any(kind in SHOWN and about in ("", material)
               for kind, _, about in [one.kind.partition(":") for one in evidence])


def _finding(
    assessment: Assessment, purchase: Purchase, index: int, supplied: Supplied, entry: SupplyEntry, primary: SupplyEntry
) -> Finding | None:
    supply, mass = supplied
    choice = purchase.choose(primary.key)
    amount = None
    if choice is not None:
        amount = amount_of(choice.entry, supply.quantity.amount, supply.quantity.unit, mass)
    if choice is None or not amount or co2e_of(choice.factor.gases) < _LEAST:
        return None
    default, covered = CONTEXT.multiply(amount, co2e_of(choice.factor.gases)), _covered(assessment, index)
    if covered >= CONTEXT.multiply(default, _ROUNDED):
        return None
    part = _unusual(purchase, entry)
    if not part:
        return None
    return Finding(
        code=UNPROVEN, supply=index, value=CONTEXT.divide(covered, amount), unit=choice.entry.unit, factor=choice.name,
        message=f"{supply.material}: no document shows that it is scrap or recycled, so it may be {primary.key}",
        amount=CONTEXT.multiply(CONTEXT.subtract(default, covered), part),
    )


def _covered(assessment: Assessment, index: int) -> Decimal:
    """Kg CO2e of a supply in the figure, in omissions and in questions."""
    covered = co2e_of_lines([line for line in assessment.lines if line.supply == index])
    for omission in assessment.omissions:
        if omission.supply == index:
            covered = CONTEXT.add(covered, omission.estimate or _NOTHING)
    for finding in assessment.findings:
        if finding.supply == index:
            covered = CONTEXT.add(covered, finding.amount or _NOTHING)
    return covered


def _unusual(purchase: Purchase, entry: SupplyEntry) -> Decimal:
    """The part (0 to 1) of the undocumented scrap of a kind that is beyond its usual part of the record's metal."""
    believed = _BELIEVED.get(entry.key)
    if believed is None:
        return _ONE
    group, scrap, bought, made = entry.group, _NOTHING, _NOTHING, _NOTHING
    for supplied in (*purchase.plan.supplied, *purchase.plan.overheads):
        known = entry_of(purchase.sets, supplied.supply.material)
        if known is None or known[1].group != group:
            continue
        bought = CONTEXT.add(bought, supplied.mass or _NOTHING)
        if known[1].key == entry.key and not _is_shown(purchase, supplied):
            scrap = CONTEXT.add(scrap, supplied.mass or _NOTHING)
    for lot, _, mass in purchase.plan.taken:
        if any(one.group == group for one in entries_of_lot(lot, purchase)):
            bought = CONTEXT.add(bought, mass or _NOTHING)
    for lot, _ in purchase.plan.created:
        if lot.role in PRODUCT_ROLES and any(one.group == group for one in entries_of_lot(lot, purchase)):
            made = CONTEXT.add(made, lot.mass or _NOTHING)
    if not scrap:
        return _NOTHING
    usual = CONTEXT.multiply(believed, max(bought, made))
    return max(_NOTHING, CONTEXT.divide(CONTEXT.subtract(scrap, usual), scrap))
