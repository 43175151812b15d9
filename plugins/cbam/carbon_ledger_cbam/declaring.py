"""From the ledger's data of installations to a declarant's report on the first of them."""

from collections.abc import Iterator, Sequence
from typing import Final

from carbon_ledger_cbam.answers import (
    ChainReport,
    DifferenceAnswer,
    GoodsAnswer,
    LineAnswer,
    PowerAnswer,
    PrecursorAnswer,
    ProcessAnswer,
    ProcessName,
    ProductShare,
)
from carbon_ledger_cbam.boundary import REASONS
from carbon_ledger_cbam.chains import POWER_WAYS, Chain, Embedded, chain
from carbon_ledger_cbam.defaults import read_defaults
from carbon_ledger_cbam.differences import WHY, differences
from carbon_ledger_cbam.evidence import sources, warnings
from carbon_ledger_cbam.goods import category_names, good_of
from carbon_ledger_cbam.nodes import Node, nodes_of
from carbon_ledger_cbam.uses import Around
from ledger.sdk import Installations, InstallationYear, invalid_field

DEFINITIVE: Final = 2026
"""The year from which certificates are due (Regulation (EU) 2023/956, article 36)."""

RULES: Final = (
    "A process is an installation, calendar year, goods category and route; figures are averages of its production.",
    "Inside are direct emissions, heat, electricity by its way of supply, and precursors; upstream of fuels and other "
    "supplies, transport, packaging and treatment elsewhere are outside; biogenic CO2 is zero-rated.",
    "Potentials come from the regulation (N2O 265, CF4 6,630, C2F6 11,100); gases that annex I does not name for the "
    "goods do not count.",
    "By-products and waste carry nothing; heat, waste gas and electricity that leave carry the amount or share that "
    "the records assign to them.",
    "CO2 of carbon balances comes from the records, with 44/12; the regulation's 3.664 is 0.07 % less.",
    "A precursor of another installation counts with its own figures if an attestation is valid (unmodified or "
    "qualified, reasonable level, covering its year), else with the default value and its mark-up.",
    "Own emissions are never below zero. Figures are per tonne, whatever functional unit a benchmark has.",
    "Payable emissions are before free allocation and carbon prices paid; nothing is payable before 2026.",
)
_KG_PER_T: Final = 1000.0
_PRECURSORS: Final = ("own", "actual", "declared", "default", "exempt")
_POWER: Final = ("grid", *POWER_WAYS)


def declare(given: Installations, defaults: bytes | None = None) -> ChainReport:
    """The report. Raises InvalidInput for a malformed file of defaults, for a missing default value, and for an
    installation that made no goods of annex I."""
    table = read_defaults(defaults)
    installations = {(one.facility, one.year): one for one in given.installations}
    first = given.installations[0]
    nodes = nodes_of(given.installations, table)
    asked = [node for node in nodes.values() if node.good is not None and _is_of(node, first)]
    if not asked:
        raise invalid_field("facility", first.facility, f"an installation that made goods of annex I in {first.year}, "
                            "whose products state a CN code", code="no-goods")
    system = chain(Around(installations, nodes, table))
    return ChainReport(
        facility=first.facility, operator=first.operator, country=first.country, year=first.year, at=given.at,
        goods=list(_goods(asked, system)),
        processes=[_process(node, system, installations[node.key.facility, node.key.year], first)
                   for node in nodes.values()],
        precursors=[one for node in nodes.values() for one in _precursors(node, system)],
        power=[one for node in nodes.values() for one in _power(node, system)],
        lines=[one for node in nodes.values() for one in _lines(node)],
        differences=[one for node in nodes.values() for one in _differences(node, system)],
        sources=sources(system), warnings=warnings(system), rules=RULES,
    )


def _is_of(node: Node, installation: InstallationYear) -> bool:
    return (node.key.facility, node.key.year) == (installation.facility, installation.year)


def _name(node: Node) -> ProcessName:
    key = node.key
    return ProcessName(facility=key.facility, year=key.year, category=key.category, route=key.route,
                       product=key.product)


def _payable(node: Node, embedded: Embedded) -> float:
    """Kg CO2e per unit."""
    return embedded.direct + embedded.counted if node.good is not None and node.key.year >= DEFINITIVE else 0.0


def _process(node: Node, system: Chain, installation: InstallationYear, first: InstallationYear) -> ProcessAnswer:
    per_unit = system.embedded[node.key]
    indirect = per_unit.indirect if node.good is not None else per_unit.indirect + per_unit.power
    whole, level = per_unit.direct + indirect, node.level
    en, zh = category_names()[node.key.category] if node.key.category else (node.key.product or "", "")
    return ProcessAnswer(
        process=_name(node), asked=_is_of(node, first), en=en, zh=zh, sector=node.good.sector if node.good else None,
        country=installation.country, tonnes=level, unit="TNE" if node.good else node.unit,
        products=[ProductShare(product=product, cn=cn, amount=amount, unit="TNE" if node.good else node.unit)
                  for (product, cn), amount in node.products.items()],
        direct_only=node.good is not None and node.good.direct_only,
        specific_direct=per_unit.own / _KG_PER_T, specific_indirect=per_unit.power / _KG_PER_T,
        embedded_direct=per_unit.direct / _KG_PER_T, embedded_indirect=indirect / _KG_PER_T,
        embedded_electricity=per_unit.megawatt_hours, payable=_payable(node, per_unit) / _KG_PER_T,
        total_embedded=whole * level / _KG_PER_T, total_payable=_payable(node, per_unit) * level / _KG_PER_T,
        total_footprint=node.footprint / _KG_PER_T, default_share=per_unit.defaulted / whole if whole else None,
        provisional=node.provisional,
    )


def _goods(asked: Sequence[Node], system: Chain) -> Iterator[GoodsAnswer]:
    for category in dict.fromkeys(node.key.category or "" for node in asked):
        nodes = [node for node in asked if node.key.category == category]
        tonnes = sum((node.level for node in nodes), 0.0)
        sums = [0.0, 0.0, 0.0]
        for node in nodes:
            per_unit = system.embedded[node.key]
            for i, amount in enumerate((per_unit.direct, per_unit.indirect, _payable(node, per_unit))):
                sums[i] += amount * node.level / _KG_PER_T
        en, zh = category_names()[category]
        yield GoodsAnswer(
            category=category, en=en, zh=zh, tonnes=tonnes, embedded_direct=sums[0] / tonnes,
            embedded_indirect=sums[1] / tonnes, payable=sums[2] / tonnes, total_embedded=sums[0] + sums[1],
            total_payable=sums[2],
        )


def _precursors(node: Node, system: Chain) -> Iterator[PrecursorAnswer]:
    for key, take in node.takes.items():
        use, good = system.uses[node.key][key], good_of(key.cn)
        if use.way not in _PRECURSORS or good is None or not take.tonnes:
            continue
        counted, kilograms = system.counts(use), take.tonnes * _KG_PER_T
        yield PrecursorAnswer(
            process=_name(node), way=use.way, product=key.product, cn=key.cn, category=good.category,
            tonnes=take.tonnes, facility=key.facility, country=key.country, made_in=key.year, route=key.route,
            attested=key.attested, direct=counted.direct / kilograms, indirect=counted.indirect / kilograms,
            counted=counted.counted / kilograms, electricity=counted.megawatt_hours / take.tonnes,
            mark_up=None if use.mark is None else float(use.mark.percent), source=use.source,
            carried=take.carried / _KG_PER_T,
        )


def _power(node: Node, system: Chain) -> Iterator[PowerAnswer]:
    for key, power in node.power.items():
        yield _powered(node, key.way, power.megawatt_hours, power.embedded, key.factor)
    for taken, take in node.takes.items():
        use = system.uses[node.key][taken]
        if use.way in _POWER:
            yield _powered(node, use.way, take.energy, system.counts(use).indirect,
                           use.source or f"the generator's own emissions: {taken.product}")


def _powered(node: Node, way: str, megawatt_hours: float, kilograms: float, source: str) -> PowerAnswer:
    tonnes = kilograms / _KG_PER_T
    return PowerAnswer(process=_name(node), way=way, megawatt_hours=megawatt_hours, indirect=tonnes,
                       factor=tonnes / megawatt_hours if megawatt_hours else 0.0, source=source)


def _lines(node: Node) -> Iterator[LineAnswer]:
    for key, line in node.lines.items():
        yield LineAnswer(
            process=_name(node), source=key.source, kind=key.kind, gas=key.gas, inside=key.inside, reason=key.reason,
            why=REASONS[key.reason], footprint=line.footprint, embedded=line.embedded, factor=key.factor,
            recalled=key.recalled,
        )


def _differences(node: Node, system: Chain) -> Iterator[DifferenceAnswer]:
    for part in differences(node, system):
        yield DifferenceAnswer(process=_name(node), reason=part.reason, why=WHY[part.reason], source=part.source,
                               kilograms=part.kilograms)
