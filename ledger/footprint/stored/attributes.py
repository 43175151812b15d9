"""What green attributes do to figures: to the market-based amount of the power that they cover, and to nothing else.

Of the electricity that enters a record, attributes cover the share c = attributes / electricity, in kWh. By the GHG
Protocol (Scope 2 Guidance, chapters 6 and 7) covered power counts as zero in the market-based figure:

    market(line) = (1 - c) * market(line)                     of the record's own electricity
    covered      = - c * sum_i g_i * q_i/Q_i * market(i)      of electricity that comes as lots
    g_i          = Q_i / (Q_i + u_i)

where u_i are the kWh that were used or lost on the way to lot i without an attribute of their own (in storage, lines,
transformers): nobody has said that those were green. `covered` rests on figures, so it stands in leaf 0 beside the
assessment. Location-based figures stay as they are: attributes move no power.
"""

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, DivisionByZero, InvalidOperation
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.checks.attributes import ROLE, is_power, kilowatt_hours, total_power
from ledger.admission.lots import Created, Supplied, Taken
from ledger.core.outcome.assessment import ADDITIVE, Assessment, EnergyUse, Line
from ledger.core.record.units import plain, unit
from ledger.errors import Refused
from ledger.footprint.stored.burdens import SLOT, Vector
from ledger.footprint.stored.gwp import AR6, potential

RENEWABLE_POWER: Final = "renewableElectricity"
"""The indicator by which a sector says how many kWh a record generated of a renewable source: the attributes that it
makes are at most that. Where a sector says nothing, none can be made."""

MARKET: Final = "electricityMarket"
_ELECTRICITY: Final = "electricity"
_MARKET, _KWH, _RENEWABLE = SLOT[MARKET], SLOT["electricityKwh"], SLOT["renewableEnergyMj"]
_MJ_PER_KWH: Final = 3.6
_MEGAJOULES: Final = Decimal("3.6")
_NONE: Final = Decimal(0)
_CONTEXT: Final = Context(prec=34, traps=[InvalidOperation, DivisionByZero])
_ADDITIVE: Final = frozenset(ADDITIVE)


class Coverage(NamedTuple):
    """KWh of the attributes that a record takes, of the electricity that enters it, as lots and as supplies, and of
    what leaves it as lots of electricity."""

    attributes: Decimal = _NONE
    power: Decimal = _NONE
    leaving: Decimal = _NONE

    @property
    def share(self) -> Decimal:
        """Of the electricity, 0 without attributes or without electricity."""
        return _CONTEXT.divide(self.attributes, self.power) if self.power else _NONE


def coverage(taken: Sequence[Taken], supplied: Sequence[Supplied], created: Sequence[Created]) -> Coverage:
    """What a transformation's attributes cover."""
    attributes = total_power([(one.lot, one.quantity) for one in taken if one.lot.role == ROLE])
    if not attributes:
        return Coverage()
    power = total_power([(one.lot, one.quantity) for one in taken if is_power(one.lot)])
    for supply, _ in supplied:
        quantity = supply.quantity
        if supply.material == _ELECTRICITY and unit(quantity.unit).dimension == "energy":
            power = _CONTEXT.add(power, kilowatt_hours(quantity.amount, quantity.unit))
    leaving = total_power([(one.facts, one.facts.quantity) for one in created if is_power(one.facts)])
    return Coverage(attributes, power, leaving)


def check_coverage(found: Coverage, assessment: Assessment) -> None:
    """Refuses more attributes than electricity is used: than what enters and does not leave as electricity again, where
    its sector does not book more than that (a works that generates some itself)."""
    if not found.attributes:
        return
    booked = _CONTEXT.divide(_electricity(assessment.energy), _MEGAJOULES)
    limit = min(found.power, max(booked, _CONTEXT.subtract(found.power, found.leaving)))
    if found.attributes > limit:
        raise _excess("inputs", found.attributes, f"{plain(limit)} kWh of electricity are used here",
                      "attributes are used up with the electricity that a record uses, and never more of them")


def check_generated(created: Sequence[Created], assessment: Assessment) -> None:
    """Refuses attributes for more power than the sector says was generated of a renewable source."""
    made = [(i, one.facts) for i, one in enumerate(created) if one.facts.role == ROLE]
    if made:
        stated = total_power([(lot, lot.quantity) for _, lot in made])
        check_made_power(stated, assessment, f"outputs[{made[0][0]}].quantity")


def check_made_power(stated: Decimal, assessment: Assessment, field: str = "outputs") -> None:
    """The same of so many kWh of attributes."""
    limit = assessment.indicators.get(RENEWABLE_POWER, _NONE)
    if stated > limit:
        raise _excess(field, stated, f"{plain(limit)} kWh were generated of a renewable source",
                      "attributes are at most the renewable electricity that the record generates")


def cover(assessment: Assessment, found: Coverage) -> Assessment:
    """The assessment of a record with attributes: market-based amounts of its own electricity, and how much of what it
    uses is renewable. Raises Refused where there are more attributes than electricity."""
    if not found.attributes:
        return assessment
    check_coverage(found, assessment)
    rest = _CONTEXT.subtract(Decimal(1), found.share)
    lines = [_covered(line, rest) if line.kind == "electricity" and line.burden in _ADDITIVE else line
             for line in assessment.lines]
    return replace(assessment, lines=tuple(lines), energy=_greened(assessment.energy, found.attributes))


def _greened(energy: Sequence[EnergyUse], attributes: Decimal) -> tuple[EnergyUse, ...]:
    """Of the electricity, so many kWh are renewable, whatever else was said of it; of what a conversion passes on as
    another carrier only the part that is used in it."""
    total = _electricity(energy)
    green = min(_CONTEXT.multiply(attributes, _MEGAJOULES), total)
    parts = (
        EnergyUse(carrier=_ELECTRICITY, amount=green, renewable=True),
        EnergyUse(carrier=_ELECTRICITY, amount=_CONTEXT.subtract(total, green)),
    )
    return (*[use for use in energy if use.carrier != _ELECTRICITY], *[part for part in parts if part.amount > 0])


def _electricity(energy: Sequence[EnergyUse]) -> Decimal:
    """MJ."""
    total = _NONE
    for use in energy:
        if use.carrier == _ELECTRICITY:
            total = _CONTEXT.add(total, use.amount)
    return total


def _covered(line: Line, rest: Decimal) -> Line:
    market = line.market
    if market is None:
        market = _CONTEXT.multiply(line.amount, potential(AR6, line.gas))
    return replace(line, market=_CONTEXT.multiply(market, rest))


def covered_market(taken: Sequence[tuple[Taken, float, Vector]], share: float) -> Mapping[str, float]:
    """What attributes that cover a share of a record's electricity take from what lots of electricity bring. `taken`:
    with the part of each lot, and its burdens as a whole."""
    total = 0.0
    for one, part, burdens in taken:
        if is_power(one.lot):
            whole = float(kilowatt_hours(one.lot.quantity, one.lot.unit))
            unclaimed = burdens[_KWH] - burdens[_RENEWABLE] / _MJ_PER_KWH
            if unclaimed < 0.0:
                unclaimed = 0.0
            total -= share * (whole / (whole + unclaimed)) * (part * burdens[_MARKET])
    return {MARKET: total} if total else {}


def with_covered(own: Vector, covered: Mapping[str, float]) -> Vector:
    """A record's own burdens with what attributes take from its inputs'."""
    if not covered:
        return own
    found = list(own)
    for name, amount in covered.items():
        found[SLOT[name]] += amount
    return tuple(found)


def _excess(field: str, stated: Decimal, what: str, rule: str) -> Refused:
    return Refused(f"{field}: attributes of {plain(stated)} kWh; {what}", code="attribute-excess", field=field,
                   value=f"{plain(stated)} KWH", rule=rule)
