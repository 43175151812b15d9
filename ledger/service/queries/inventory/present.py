"""Turns sums into answers: scopes, energy and goods."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from ledger.answers.inventory import (
    CarrierAnswer,
    CategoryAnswer,
    DifferenceAnswer,
    EnergyAnswer,
    GoodsAnswer,
    LeftOutAnswer,
    OmittedAnswer,
    OverheadAnswer,
    PowerAnswer,
    ScopesAnswer,
)
from ledger.core.record.units import plain
from ledger.footprint.derived.inventory.left_out import LeftOut, UnspreadOverhead
from ledger.footprint.derived.inventory.scopes import Emission, Energy, total
from ledger.footprint.derived.inventory.sums import Goods


class _Category(NamedTuple):
    en: str
    zh: str
    note: str
    computed: bool = False


CATEGORIES: Final[Mapping[int, _Category]] = {
    1: _Category("Purchased goods and services", "外购商品和服务",
                 "bought lots when used, sold or lost; upstream emissions of supplies; packaging", True),
    2: _Category("Capital goods", "资本货物", "records do not cover the use of machines and buildings"),
    3: _Category("Fuel- and energy-related activities", "燃料和能源相关活动",
                 "stated upstream emissions of fuels and energy; resold energy", True),
    4: _Category("Upstream transportation and distribution", "上游运输和配送",
                 "transport in the organisation's records, including outbound", True),
    5: _Category("Waste generated in operations", "运营中产生的废物",
                 "waste treatment in the organisation's records", True),
    6: _Category("Business travel", "商务差旅", "no record covers it"),
    7: _Category("Employee commuting", "员工通勤", "no record covers it"),
    8: _Category("Upstream leased assets", "上游租赁资产", "operated assets are in scopes 1 and 2"),
    9: _Category("Downstream transportation and distribution", "下游运输和配送",
                 "transport that receivers pay for is in their records"),
    10: _Category("Processing of sold products", "售出产品的加工", "processing is in the receivers' records"),
    11: _Category("Use of sold products", "售出产品的使用", "no record covers it"),
    12: _Category("End-of-life treatment of sold products", "售出产品的报废处理",
                  "available lot by lot by other methods"),
    13: _Category("Downstream leased assets", "下游租赁资产", "no record covers it"),
    14: _Category("Franchises", "特许经营", "no record covers it"),
    15: _Category("Investments", "投资", "see the equity share"),
}
"""The categories of scope 3, by number."""


def scopes_answer(emissions: Iterable[Emission]) -> ScopesAnswer:
    """Kg CO2e by scope, category and gas."""
    rows = list(emissions)
    first, second, third = ([one for one in rows if one.scope == scope] for scope in ("1", "2", "3"))
    inside, power = total(first), total(second)
    whole = total(one for one in rows if one.scope != "apart")
    return ScopesAnswer(
        scope1=inside.location, scope1_categories=_by(first, lambda one: one.category),
        scope1_gases=_by(first, lambda one: one.gas),
        scope2=PowerAnswer(location=power.location, market=power.market),
        scope2_categories={
            name: _power([one for one in second if one.category == name])
            for name in sorted({one.category for one in second})
        },
        scope3=total(third).location, scope3_categories=_by(third, lambda one: one.category),
        operational=PowerAnswer(
            location=inside.location + power.location, market=inside.location + power.market
        ),
        apart=_by([one for one in rows if one.scope == "apart"], lambda one: one.category),
        primary_share=whole.primary_share,
        provisional_share=whole.provisional / whole.absolute if whole.absolute else None,
    )


def _power(rows: Iterable[Emission]) -> PowerAnswer:
    power = total(rows)
    return PowerAnswer(location=power.location, market=power.market)


def _by(rows: Iterable[Emission], key: Callable[[Emission], str]) -> dict[str, float]:
    groups: dict[str, list[Emission]] = {}
    for emission in rows:
        groups.setdefault(key(emission), []).append(emission)
    return {name: total(group).location for name, group in sorted(groups.items())}


def categories_answer(scopes: ScopesAnswer) -> list[CategoryAnswer]:
    """All fifteen categories, including the categories that the ledger does not know."""
    return [
        CategoryAnswer(
            number=number, en=one.en, zh=one.zh, note=one.note, status="computed" if one.computed else "unknown",
            total=scopes.scope3_categories.get(str(number), 0.0) if one.computed else None,
        )
        for number, one in CATEGORIES.items()
    ]


def energy_answer(energy: Energy, attributes: float = 0.0) -> EnergyAnswer:
    used = sum(energy.used.values())
    renewable = sum(amount for (_, is_renewable), amount in energy.used.items() if is_renewable)
    return EnergyAnswer(
        used=[CarrierAnswer(carrier=carrier, megajoules=amount, renewable=is_renewable)
              for (carrier, is_renewable), amount in energy.used.items()],
        drawn_from_nature=energy.nature, made=dict(energy.made), used_own=dict(energy.own),
        left_over={carrier: amount - energy.own.get(carrier, 0.0) for carrier, amount in energy.made.items()},
        comprehensive=energy.comprehensive, renewable_share=renewable / used if used else None,
        attributes_retired=attributes or None,
    )


def left_out_answer(left_out: LeftOut) -> LeftOutAnswer:
    omitted = [
        OmittedAnswer(
            what=one.what, records=one.records, facility=one.site, estimate=one.estimate, unestimated=one.unestimated,
            quantity=None if one.amount is None else plain(one.amount.quantity),
            unit=None if one.amount is None else one.amount.unit,
        ) for one in left_out.omitted()
    ]
    return LeftOutAnswer(
        omissions=omitted, overheads=_overheads(left_out.overheads()),
        on_final_records=_overheads(left_out.on_final()), without_energy=dict(left_out.without_energy()),
        estimate=sum(one.estimate for one in omitted), unestimated=sum(one.unestimated for one in omitted),
    )


def _overheads(overheads: Iterable[UnspreadOverhead]) -> list[OverheadAnswer]:
    return [
        OverheadAnswer(
            material=one.material, emissions=one.emissions, facility=one.site,
            quantity=None if one.amount is None else plain(one.amount.quantity),
            unit=None if one.amount is None else one.amount.unit,
        ) for one in overheads
    ]


def goods_answer(goods: Mapping[str, Goods]) -> list[GoodsAnswer]:
    return [
        GoodsAnswer(product=product, unit=one.unit, made=plain(one.made), used_inside=plain(one.used),
                    net_tonnes=one.net / 1000)
        for product, one in goods.items()
    ]


def changes_answer(before: ScopesAnswer, now: ScopesAnswer, energy: tuple[float, float]) -> list[DifferenceAnswer]:
    """Scopes and energy of the year before and of this year. `energy`: comprehensive energy of both years, in MJ."""
    figures = [
        ("scope1", before.scope1, now.scope1), ("scope2Location", before.scope2.location, now.scope2.location),
        ("scope2Market", before.scope2.market, now.scope2.market), ("scope3", before.scope3, now.scope3),
        ("operationalLocation", before.operational.location, now.operational.location),
        ("operationalMarket", before.operational.market, now.operational.market), ("energy", *energy),
    ]
    return [
        DifferenceAnswer(figure=name, before=old, now=new, difference=new - old,
                         percent=100.0 * (new - old) / old if old > 0.0 else None)
        for name, old, new in figures
    ]
