"""Goods of another place whose freight nobody states.

Whoever runs a process on dirty power can book it at a second site or a subsidiary with clean power, and go on at home.
Goods that did move came by some freight: of the record that takes them, or of the transfers that brought them (see
`admission.provenance.carriage`). If neither states freight over a short way for their mass:

    goods of the own group, from a place where power is cleaner    they may have been made here: figures of products
                                                                   that consist of them for the most part are
                                                                   questioned below the default of this place
    other goods from another country                               their place is believed, and their freight is an
                                                                   omission, by the default distances of
                                                                   `freight-defaults.csv`
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from functools import cache
from typing import Final, NamedTuple

from ledger.admission.facts import Facts, LotFacts, SiteFacts, counted_at
from ledger.admission.lots import Plan
from ledger.admission.provenance.carriage import ABROAD
from ledger.core.outcome.assessment import Assessment, Finding, Omission, Span
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transformation
from ledger.core.record.units import UNITS
from ledger.engine.bounds.process import short
from ledger.engine.inventory.elsewhere import ELSEWHERE
from ledger.engine.inventory.liquid import AFAR
from ledger.engine.inventory.sites import FromElsewhere
from ledger.engine.inventory.stated import ELECTRICITY, FREIGHT
from ledger.engine.inventory.usual import SetPricer
from ledger.sdk import ANYWHERE, PRODUCT_ROLES, ZERO, rows
from ledger.sdk.sets.lookup import places_around

MOVED: Final = "moved-without-transport"
CARRIAGE: Final = "carriage of goods from another country, which no record states"
"""The text of the omission. It names no place: the maker may be hidden from its readers."""
_BETTER: Final = Decimal("0.8")
"""A place is better if its power causes less than this part of the CO2e of power here."""
_WITHIN: Final = 20
"""Kilometres that goods move at least within one country."""
_TONNE: Final = Decimal(1000)
_FREIGHT_UNIT: Final = "TKM"


class MovedGoods(NamedTuple):
    """The finding of goods of the group, whether products consist of them for the most part, and the omission of the
    freight of all others."""

    finding: Finding | None = None
    main: bool = False
    omission: Omission | None = None


class _Trip(NamedTuple):
    """`mass` kg of a lot of `site`, of whose least freight `lacking` tonne kilometres are not stated: the part
    `unstated`. `of_group`: whether the site is of the group of the record's issuer."""

    lot: LotFacts
    mass: Decimal
    site: SiteFacts
    lacking: Decimal
    unstated: Decimal
    of_group: bool


def moved_goods(
    record: Transformation, plan: Plan, came: Sequence[FromElsewhere], facts: Facts, pricer: SetPricer
) -> MovedGoods:
    """Nothing if the record or its transfers state the freight. `came`: the inputs from elsewhere."""
    here = facts.facilities[record.facility]
    with localcontext(CONTEXT):
        trips = list(_trips(record, came, facts, here))
        better = [trip for trip in trips if trip.of_group and _is_cleaner(trip.site, pricer)]
        stated, least = _stated(plan), sum([trip.lacking for trip in better], ZERO)
        others = [trip for trip in trips if trip.site.country != here.country and trip not in better]
        omission = _left_out(others, max(stated - least, ZERO), here, pricer)
        if not better or stated >= least:
            return MovedGoods(omission=omission)
        mass = sum([trip.mass for trip in better], ZERO)
        made = sum([lot.mass or ZERO for lot, _ in plan.created if lot.role in PRODUCT_ROLES], ZERO)
        price = pricer.price("truckFreight", least - stated, _FREIGHT_UNIT)
    lot, site = better[0].lot, better[0].site
    where = site.id if site.operator == record.issuer else "another site of the group"
    message = f"{lot.id} was made at {where}, where power is cleaner, and no freight brought it here"
    return MovedGoods(Finding(
        code=MOVED, message=message[:255], value=short(stated), unit=_FREIGHT_UNIT, usual=Span(low=short(least)),
        amount=None if price is None else short(price.co2e), factor=None if price is None else price.factor,
    ), mass * 2 >= made, omission)


def _trips(
    record: Transformation, came: Sequence[FromElsewhere], facts: Facts, here: SiteFacts
) -> Iterator[_Trip]:
    """The lots from another place whose transfers do not state their freight."""
    for _, lot, mass, site in came:
        own = site.operator == record.issuer
        if lot.carried is None and not (own and lot.sender is None):
            continue
        least, carried = ABROAD if site.country != here.country else _WITHIN, lot.carried or 0
        if carried < least:
            of_group = own or facts.one_group(site.operator, record.issuer, counted_at(record.end, lot))
            lacking = mass * (least - carried) / _TONNE
            yield _Trip(lot, mass, site, lacking, Decimal(least - carried) / least, of_group)


def _is_cleaner(site: SiteFacts, pricer: SetPricer) -> bool:
    places = (site.subdivision, site.country) if site.subdivision else (site.country,)
    there = pricer._replace(around=pricer.around._replace(places=places_around(places)))
    here, away = (one.price(ELECTRICITY, Decimal(1), "KWH") for one in (pricer, there))
    return here is not None and away is not None and away.co2e < here.co2e * _BETTER


def _stated(plan: Plan) -> Decimal:
    """The tonne kilometres of freight among supplies and lots."""
    quantities = [supply.quantity for supply, _ in (*plan.supplied, *plan.overheads)]
    bought = sum([one.amount for one in quantities if UNITS[one.unit].dimension == FREIGHT], ZERO)
    return bought + sum([taken.quantity for taken in plan.taken if UNITS[taken.lot.unit].dimension == FREIGHT], ZERO)


def _left_out(trips: Sequence[_Trip], stated: Decimal, here: SiteFacts, pricer: SetPricer) -> Omission | None:
    """The omission of the freight that neither transfers nor the `stated` tonne kilometres of the record cover."""
    lacking = sum([trip.lacking for trip in trips], ZERO)
    if stated >= lacking:
        return None
    estimate, known = ZERO, False
    for trip in trips:
        for material, kilometres in _default_ways()[_span(trip.site.country, here.country)]:
            price = pricer.price(material, trip.mass * trip.unstated / _TONNE * kilometres, _FREIGHT_UNIT)
            if price is not None:
                estimate, known = estimate + price.co2e, True
    return Omission(what=CARRIAGE, estimate=short(estimate * (lacking - stated) / lacking) if known else None)


def _span(country: str, other: str) -> str:
    shared = set(places_around((country,))).intersection(places_around((other,))) - {ANYWHERE}
    return "continent" if shared else "world"


@cache
def _default_ways() -> Mapping[str, Sequence[tuple[str, Decimal]]]:
    """By span, the modes of freight and their kilometres."""
    ways: dict[str, list[tuple[str, Decimal]]] = {}
    for row in rows("ledger.sdk.data", "freight-defaults.csv"):
        ways.setdefault(row["span"], []).append((row["material"], Decimal(row["kilometres"])))
    return ways


def names_elsewhere(assessment: Assessment) -> bool:
    """Whether an assessment rests on facts of another facility, which a statement does not disclose."""
    return any(finding.code in (MOVED, ELSEWHERE, AFAR) for finding in assessment.findings) or any(
        omission.what == CARRIAGE for omission in assessment.omissions)
