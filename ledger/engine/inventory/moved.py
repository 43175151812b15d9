"""Goods that an organisation moves from a facility in a better place without stating how, by rule `reference-ranges`.

Whoever runs a process on dirty power can book it at a second site with clean power, and go on at home. Goods that did
move came by some freight. A record that takes its own lots of another facility, where power is cleaner, states freight
for at least their mass over a short way, or gets them by a transfer. Otherwise they may have been made here: figures of
the products that consist of them are questioned below the default of this place.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Final, NamedTuple

from ledger.admission.facts import Facts, LotFacts, SiteFacts
from ledger.admission.lots import Plan, Taken
from ledger.core.outcome.assessment import Finding, Span
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transformation
from ledger.core.record.units import UNITS
from ledger.engine.bounds.process import short
from ledger.engine.inventory.elsewhere import ELSEWHERE
from ledger.engine.inventory.stated import ELECTRICITY, FREIGHT
from ledger.engine.inventory.usual import SetPricer
from ledger.sdk import PRODUCT_ROLES, ZERO
from ledger.sdk.sets.lookup import places_around

MOVED: Final = "moved-without-transport"
_BETTER: Final = Decimal("0.8")
"""A place is better if its power causes less than this part of the CO2e of power here."""
_ABROAD: Final = Decimal(100)
_WITHIN: Final = Decimal(20)
"""Kilometres that goods move at least, from another country and within one."""
_TONNE: Final = Decimal(1000)


class MovedGoods(NamedTuple):
    """The finding of goods that moved, and whether products consist of them for the most part."""

    finding: Finding
    main: bool


def moved_goods(record: Transformation, plan: Plan, facts: Facts, pricer: SetPricer) -> MovedGoods | None:
    """None if nothing moved from a better place, or if the record states the freight."""
    with localcontext(CONTEXT):
        moved = [(taken, site) for taken in plan.taken if (site := _origin(taken.lot, record, facts)) is not None
                 and _is_cleaner(site, pricer)]
        least = sum([_freight(taken, site, facts.facilities[record.facility]) for taken, site in moved], ZERO)
        stated = _stated(plan)
        if not moved or stated >= least:
            return None
        mass = sum([taken.mass or ZERO for taken, _ in moved], ZERO)
        made = sum([lot.mass or ZERO for lot, _ in plan.created if lot.role in PRODUCT_ROLES], ZERO)
        price = pricer.price("truckFreight", least - stated, "TKM")
    taken, site = moved[0]
    message = f"{taken.lot.id} was made at {site.id}, where power is cleaner, and no freight brought it here"
    return MovedGoods(Finding(
        code=MOVED, message=message[:255], value=short(stated), unit="TKM", usual=Span(low=short(least)),
        amount=None if price is None else short(price.co2e), factor=None if price is None else price.factor,
    ), main=mass * 2 >= made)


def _origin(lot: LotFacts, record: Transformation, facts: Facts) -> SiteFacts | None:
    """The other facility of the issuer that made a lot of matter which nobody has handed over since."""
    if lot.mass is None or lot.maker is None or lot.sender is not None or lot.role in ("credit", "attribute"):
        return None
    site = facts.facilities.get(lot.maker[0])
    return site if site is not None and site.id != record.facility and site.operator == record.issuer else None


def _is_cleaner(site: SiteFacts, pricer: SetPricer) -> bool:
    places = (site.subdivision, site.country) if site.subdivision else (site.country,)
    there = pricer._replace(around=pricer.around._replace(places=places_around(places)))
    here, away = (one.price(ELECTRICITY, Decimal(1), "KWH") for one in (pricer, there))
    return here is not None and away is not None and away.co2e < here.co2e * _BETTER


def _freight(taken: Taken, site: SiteFacts, here: SiteFacts) -> Decimal:
    """The tonne kilometres that a lot moved at least."""
    kilometres = _WITHIN if site.country == here.country else _ABROAD
    return (taken.mass or ZERO) * kilometres / _TONNE


def _stated(plan: Plan) -> Decimal:
    """The tonne kilometres of freight among supplies and lots."""
    quantities = [supply.quantity for supply, _ in (*plan.supplied, *plan.overheads)]
    bought = sum([one.amount for one in quantities if UNITS[one.unit].dimension == FREIGHT], ZERO)
    return bought + sum([taken.quantity for taken in plan.taken if UNITS[taken.lot.unit].dimension == FREIGHT], ZERO)


def names_elsewhere(findings: Sequence[Finding]) -> bool:
    """Whether findings rest on facts of another facility, which a statement does not disclose."""
    return any(finding.code in (MOVED, ELSEWHERE) for finding in findings)
