"""Power and heat that was made elsewhere.

Who buys power on a clean grid, or makes heat there, could book it into a process on a dirty one. So a record that takes
power of a place where power is cleaner is questioned up to the grid of its own place, and a record that takes heat of
another place at the default of its own.

    power of another grid       a contract or a direct line, if a line leads from one country to the other
    heat of another place       a contract or a direct line, if the countries are one or have a common border

Nobody knows where declared power will be used. Its figure is of the grid of its declaration (see `pricing.power`), and
where that grid is better than the world's, it is questioned up to the world's. Energy of a pool with several makers has
the place of the pool, or the other place where some of it was made (see `admission.kinds.addition`). A lot of fuel that
is counted by its energy burns wherever it is taken, so it is no power.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final

from ledger.admission.checks.attributes import is_power
from ledger.admission.facts import Facts, LotFacts, SiteFacts
from ledger.admission.lots import Plan, Taken
from ledger.core.outcome.assessment import Finding
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transformation
from ledger.core.record.units import UNITS
from ledger.core.record.values import Evidence
from ledger.engine.bounds.process import short
from ledger.engine.inventory.stated import ELECTRICITY, HEAT
from ledger.engine.inventory.usual import SetPricer
from ledger.engine.pricing.lot_fuels import FuelMarket
from ledger.engine.pricing.power import DIRECT_LINE
from ledger.footprint.stored.supplies import CONTRACT_EVIDENCE, HEAT_CONTRACTS, proves_factor
from ledger.sdk import ANYWHERE, rows
from ledger.sdk.sets.lookup import places_around

ELSEWHERE: Final = "energy-of-elsewhere"
_BETTER: Final = Decimal("0.8")
"""The power of another grid is asked for if it causes less than this part of the CO2e of power here."""
_PROOFS: Final[Mapping[str, tuple[str, ...]]] = {ELECTRICITY: CONTRACT_EVIDENCE, HEAT: HEAT_CONTRACTS}


def energy_of_elsewhere(
    record: Transformation, plan: Plan, facts: Facts, pricer: SetPricer
) -> tuple[Finding, ...]:
    """A finding for each lot of power or heat that nothing shows to have come here."""
    return tuple(_findings(record, plan, facts, pricer, facts.facilities[record.facility]))


def declared_power(plan: Plan, facts: Facts, pricer: SetPricer) -> tuple[Finding, ...]:
    """The finding of a declared lot of power whose place has a better grid than the world. A direct line shows that it
    stays there."""
    if proves_factor(pricer.around.evidence, ELECTRICITY, (DIRECT_LINE,)):
        return ()
    world = pricer._replace(around=pricer.around._replace(places=(ANYWHERE,)))
    findings = list[Finding]()
    for i, (lot, _) in enumerate(plan.created):
        if _carrier_of(lot, facts, pricer) == ELECTRICITY:
            amount = _better(lot.quantity, lot.unit, world, pricer)
            if amount:
                message = f"{lot.id} is declared power: no record of a plant or of the grid shows where it can be used"
                findings.append(Finding(code=ELSEWHERE, message=message[:255], amount=short(amount), output=i))
    return tuple(findings)


def _findings(
    record: Transformation, plan: Plan, facts: Facts, pricer: SetPricer, here: SiteFacts
) -> Iterator[Finding]:
    for i, taken in enumerate(plan.taken):
        carrier = _carrier_of(taken.lot, facts, pricer)
        site = None if carrier is None else _maker_of(taken.lot, facts)
        if carrier is None or site is None or site.id == here.id:
            continue
        question = _of_heat(taken, site, here, pricer)
        if carrier == ELECTRICITY:
            there = pricer._replace(around=pricer.around._replace(places=places_around(_places(site))))
            question = _better(taken.quantity, taken.lot.unit, pricer, there)
        linked = are_linked(site.country, here.country)
        if question and not (linked and _shown(record.evidence, _PROOFS[carrier], taken)):
            what = "power of another grid" if carrier == ELECTRICITY else "heat of another place"
            message = f"{taken.lot.id} is {what}, and no contract or line shows that it came here"
            yield Finding(code=ELSEWHERE, message=message[:255], amount=short(question), taken=i)


def _carrier_of(lot: LotFacts, facts: Facts, pricer: SetPricer) -> str | None:
    """Power or heat, and None for everything else: attributes, and fuel that is counted by its energy and burns."""
    if lot.role in ("credit", "attribute") or UNITS[lot.unit].dimension != "energy":
        return None
    if FuelMarket(pricer.sets, pricer.around, facts).is_fuel(lot):
        return None
    return ELECTRICITY if is_power(lot) else HEAT


def _maker_of(lot: LotFacts, facts: Facts) -> SiteFacts | None:
    """The facility that made the lot. A verifier of a statement does not know it."""
    return None if lot.maker is None else facts.facilities.get(lot.maker[0])


def _places(site: SiteFacts) -> tuple[str, ...]:
    return (site.subdivision, site.country) if site.subdivision else (site.country,)


def _better(amount: Decimal, unit: str, here: SetPricer, there: SetPricer) -> Decimal | None:
    """Kg CO2e by which power of the grid here exceeds power of the grid there; None if it is hardly better there."""
    own, other = (one.price(ELECTRICITY, amount, unit) for one in (here, there))
    if own is None or other is None or other.co2e >= CONTEXT.multiply(own.co2e, _BETTER):
        return None
    return CONTEXT.subtract(own.co2e, other.co2e)


def _of_heat(taken: Taken, site: SiteFacts, here: SiteFacts, pricer: SetPricer) -> Decimal | None:
    """Kg CO2e of heat here by default, for heat of another country or of another part of this one; else None."""
    known = site.subdivision is not None and here.subdivision is not None
    if site.country == here.country and (not known or site.subdivision == here.subdivision):
        return None
    price = pricer.price(HEAT, taken.quantity, taken.lot.unit)
    return None if price is None else price.co2e


def _shown(evidence: Sequence[Evidence], kinds: Sequence[str], taken: Taken) -> bool:
    """Whether a document of one of these kinds is about the whole record, about a carrier, or about this lot."""
    return any(kind in kinds and of in ("", ELECTRICITY, HEAT, taken.lot.id) for kind, _, of in [
        one.kind.partition(":") for one in evidence])


def are_linked(country: str, other: str) -> bool:
    """Whether the countries are one, have a common border, or are the ends of a power cable."""
    return country == other or other in _links().get(country, ())


@cache
def _links() -> Mapping[str, frozenset[str]]:
    """By country, those to which lines lead: its neighbours, and the other ends of cables in the sea."""
    return {row["country"]: frozenset(row["linked"].split()) for row in rows("ledger.sdk.data", "power-links.csv")}
