"""Green attributes change one figure only: the market-based amount of the power that they cover.

Attributes cover the share c = attributes / electricity, in kWh, of the electricity that enters a record. By the GHG
Protocol (Scope 2 Guidance, chapters 6 and 7) covered power counts as zero in the market-based figure:

    market(line) = (1 - c) * market(line)                     of the record's own electricity
    covered      = - c * sum_i g_i * q_i/Q_i * market(i)      of electricity that enters as lots
    g_i          = Q_i / (Q_i + u_i)

Here u_i are the kWh that were used or lost on the way to lot i (in storage, lines, transformers) without an attribute
of their own: nobody has claimed that these were green. `covered` depends on figures of lots, so leaf 0 holds it beside
the assessment. Location-based figures do not change: attributes move no power.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.checks.attributes import ROLE, is_power, kilowatt_hours, total_power
from ledger.admission.lots import Created, Supplied, Taken
from ledger.core.outcome.assessment import ADDITIVE, Assessment, EnergyUse, Line
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import plain, unit
from ledger.errors import Refused
from ledger.footprint.stored.burdens import SLOT, Vector
from ledger.footprint.stored.gwp import AR6, potential

RENEWABLE_POWER: Final = "renewableElectricity"
"""The indicator by which a sector states how many kWh a record generated from a renewable source. The record may create
attributes for at most that many kWh; it cannot create any if the sector does not state the indicator."""

MARKET: Final = "electricityMarket"
_ELECTRICITY: Final = "electricity"
_MARKET, _KWH, _RENEWABLE = SLOT[MARKET], SLOT["electricityKwh"], SLOT["renewableEnergyMj"]
_MJ_PER_KWH: Final = 3.6
_MEGAJOULES: Final = Decimal("3.6")
_NONE: Final = Decimal(0)
_ADDITIVE: Final = frozenset(ADDITIVE)


class Coverage(NamedTuple):
    """KWh of the attributes that a record takes (`attributes`), of the electricity that enters it as lots and as
    supplies (`power`), and of the electricity that leaves it as lots (`leaving`)."""

    attributes: Decimal = _NONE
    power: Decimal = _NONE
    leaving: Decimal = _NONE

    @property
    def share(self) -> Decimal:
        """The covered share of the electricity; 0 without attributes or without electricity."""
        return CONTEXT.divide(self.attributes, self.power) if self.power else _NONE


_UNCOVERED: Final = Coverage()


def coverage(
    taken: Sequence[Taken], supplied: Sequence[Supplied], created: Sequence[Created], lines: Sequence[Line] = ()
) -> Coverage:
    """The attributes of a transformation, and the electricity that they can cover. `lines`, of its assessment, tell
    which supplies are electricity by another name."""
    certified = [(one.lot, one.quantity) for one in taken if one.lot.role == ROLE]
    attributes = total_power(certified) if certified else _NONE
    if not attributes:
        return _UNCOVERED
    power = total_power([(one.lot, one.quantity) for one in taken if is_power(one.lot)])
    priced = {line.supply for line in lines if line.kind == _ELECTRICITY and line.burden in _ADDITIVE}
    for i, (supply, _) in enumerate(supplied):
        quantity = supply.quantity
        if (supply.material == _ELECTRICITY or i in priced) and unit(quantity.unit).dimension == "energy":
            power = CONTEXT.add(power, kilowatt_hours(quantity.amount, quantity.unit))
    leaving = total_power([(one.facts, one.facts.quantity) for one in created if is_power(one.facts)])
    return Coverage(attributes, power, leaving)


def check_coverage(claim: Coverage, assessment: Assessment) -> None:
    """Refuses more attributes than the record uses electricity.

    A record uses the electricity that enters it and does not leave it as electricity, or the amount that its sector
    books, if that is more (a site that generates some itself).
    """
    if not claim.attributes:
        return
    booked = CONTEXT.divide(_electricity(assessment.energy), _MEGAJOULES)
    limit = min(claim.power, max(booked, CONTEXT.subtract(claim.power, claim.leaving)))
    if claim.attributes > limit:
        raise _excess("inputs", claim.attributes, f"the record uses only {plain(limit)} kWh of electricity",
                      "a record takes attributes for at most the electricity that it uses")


def check_generated(created: Sequence[Created], assessment: Assessment) -> None:
    """Refuses attributes for more power than the record generated from a renewable source, by its sector."""
    made = [(i, one.facts) for i, one in enumerate(created) if one.facts.role == ROLE]
    if made:
        stated = total_power([(lot, lot.quantity) for _, lot in made])
        check_made_power(stated, assessment, f"outputs[{made[0][0]}].quantity")


def check_made_power(stated: Decimal, assessment: Assessment, field: str = "outputs") -> None:
    """Refuses `stated` kWh of new attributes if that is more than the record's renewable generation."""
    limit = assessment.indicators.get(RENEWABLE_POWER, _NONE)
    if stated > limit:
        raise _excess(field, stated, f"the record generated only {plain(limit)} kWh from a renewable source",
                      "attributes are at most the renewable electricity that the record generates")


def cover(assessment: Assessment, claim: Coverage) -> Assessment:
    """The assessment of a record after its attributes are applied: to the market-based amounts of its own electricity,
    and to the renewable part of its energy use. Raises Refused if there are more attributes than electricity."""
    if not claim.attributes:
        return assessment
    check_coverage(claim, assessment)
    rest = CONTEXT.subtract(Decimal(1), claim.share)
    lines = [_covered(line, rest) if line.kind == "electricity" and line.burden in _ADDITIVE else line
             for line in assessment.lines]
    return replace(assessment, lines=tuple(lines), energy=_greened(assessment.energy, claim.attributes))


def _greened(energy: Sequence[EnergyUse], attributes: Decimal) -> tuple[EnergyUse, ...]:
    """Energy use in which `attributes` kWh of the electricity are renewable, whatever the sector stated about it. At
    most the electricity that the record uses itself: a conversion passes the rest on as another carrier."""
    total = _electricity(energy)
    green = min(CONTEXT.multiply(attributes, _MEGAJOULES), total)
    parts = (
        EnergyUse(carrier=_ELECTRICITY, amount=green, renewable=True),
        EnergyUse(carrier=_ELECTRICITY, amount=CONTEXT.subtract(total, green)),
    )
    return (*[use for use in energy if use.carrier != _ELECTRICITY], *[part for part in parts if part.amount > 0])


def _electricity(energy: Sequence[EnergyUse]) -> Decimal:
    """MJ of electricity."""
    total = _NONE
    for use in energy:
        if use.carrier == _ELECTRICITY:
            total = CONTEXT.add(total, use.amount)
    return total


def _covered(line: Line, rest: Decimal) -> Line:
    market = line.market
    if market is None:
        market = CONTEXT.multiply(line.amount, potential(AR6, line.gas))
    return replace(line, market=CONTEXT.multiply(market, rest))


def covered_market(taken: Sequence[tuple[Taken, float, Vector]], share: float) -> Mapping[str, float]:
    """The change in the market-based figure of electricity that enters as lots, if attributes cover `share` of a
    record's electricity. `taken`: each input with the taken fraction of its lot, and the burdens of the whole lot."""
    total = 0.0
    for input_, part, burdens in taken:
        if is_power(input_.lot):
            whole = float(kilowatt_hours(input_.lot.quantity, input_.lot.unit))
            unclaimed = burdens[_KWH] - burdens[_RENEWABLE] / _MJ_PER_KWH
            if unclaimed < 0.0:
                unclaimed = 0.0
            total -= share * (whole / (whole + unclaimed)) * (part * burdens[_MARKET])
    return {MARKET: total} if total else {}


def with_covered(own: Vector, covered: Mapping[str, float]) -> Vector:
    """A record's own burdens plus `covered`, the change that attributes make to its inputs' burdens."""
    if not covered:
        return own
    burdens = list(own)
    for name, amount in covered.items():
        burdens[SLOT[name]] += amount
    return tuple(burdens)


def _excess(field: str, stated: Decimal, limit: str, rule: str) -> Refused:
    return Refused(f"{field}: attributes for {plain(stated)} kWh, but {limit}", code="attribute-excess", field=field,
                   value=f"{plain(stated)} KWH", rule=rule)
