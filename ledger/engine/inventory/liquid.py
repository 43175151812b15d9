"""Liquid metal that came from afar.

Metal stays liquid for some hours in a ladle on a lorry or a train. So a record that takes it liquid from a country
without a common border or line did not take it from there: nothing proves where the metal was made, and figures of
products that consist of it for the most part are questioned below the default of this place.

Metal is liquid if the last part of its lot's or product's identifier says so, if a material does, or if the process
needs it liquid (`liquid-metal.csv`).
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec

from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Finding
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transformation
from ledger.engine.inventory.elsewhere import are_linked
from ledger.engine.inventory.sites import FromElsewhere
from ledger.sdk import PRODUCT_ROLES, FactorSetVersion, rows
from ledger.sdk.sets.lookup import entry_of

AFAR: Final = "liquid-from-afar"
_METALS: Final = frozenset({"aluminium", "copper", "ferroalloy", "metal", "preciousMetal", "steel"})
"""Classes of the factor sets."""
_WORDS: Final = ("molten", "liquid", "hotmetal", "铁水", "铝水", "钢水", "铜水", "液态")
_PARTS: Final = re.compile("[:/#=?]")
_TWO: Final = Decimal(2)
_NOTHING: Final = Decimal(0)


class LiquidMetal(NamedTuple):
    """The findings of liquid metal, and whether products consist of it for the most part."""

    findings: tuple[Finding, ...] = ()
    main: bool = False


def liquid_metal(
    record: Transformation, plan: Plan, came: Sequence[FromElsewhere], facts: Facts, sets: Sequence[FactorSetVersion],
) -> LiquidMetal:
    """A finding for each lot of liquid metal from afar. `came`: the inputs from elsewhere."""
    here, mass = facts.facilities[record.facility], _NOTHING
    findings = list[Finding]()
    for i, lot, kilograms, site in came:
        if not are_linked(site.country, here.country) and _is_liquid(lot, record, facts, sets):
            mass = CONTEXT.add(mass, kilograms)
            message = f"{lot.id} is liquid metal, and it would freeze on the way from its country"
            findings.append(Finding(code=AFAR, message=message[:255], taken=i))
    if not findings:
        return LiquidMetal()
    made = _NOTHING
    for output, _ in plan.created:
        if output.role in PRODUCT_ROLES:
            made = CONTEXT.add(made, output.mass or _NOTHING)
    return LiquidMetal(tuple(findings), CONTEXT.multiply(mass, _TWO) >= made)


def _is_liquid(lot: LotFacts, record: Transformation, facts: Facts, sets: Sequence[FactorSetVersion]) -> bool:
    materials = facts.composition(lot).materials
    known = [entry[1] for name in materials if (entry := entry_of(sets, name)) is not None]
    if not any(entry.group in _METALS for entry in known):
        return False
    names = [_plain(name) for name in (_last_part(lot.id), _last_part(lot.product), *materials)]
    if any(word in name for name in names for word in _WORDS):
        return True
    field, material = _needed().get(record.process, ("", ""))
    return any(entry.key == material for entry in known) or (
        bool(field) and lot.id in _listed(bytes(record.activity), field))


def _last_part(identifier: str) -> str:
    """The part that names the thing. `molten-metals-trading` before it is a firm, and may sell ingots."""
    return _PARTS.split(identifier.rstrip(":/#=?"))[-1]


def _plain(name: str) -> str:
    return "".join([letter for letter in name.lower() if letter not in "-_. "])


def _listed(activity: bytes, field: str) -> Sequence[Any]:
    """The list in a field of the activity; its sector has checked its form."""
    value = msgspec.json.decode(activity, type=dict[str, Any]).get(field)
    return value if isinstance(value, list) else ()


@cache
def _needed() -> Mapping[str, tuple[str, str]]:
    """By process, the field of the activity that lists the lots that came liquid, and the material that it needs
    liquid."""
    return {row["process"]: (row["field"], row["material"]) for row in rows("ledger.sdk.data", "liquid-metal.csv")}
