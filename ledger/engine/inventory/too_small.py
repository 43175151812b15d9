"""Amounts with which no plant runs: the plausibility of the amounts that a record states.

A need that is met by less than its `least` part of the usual amount is questioned with the part of the usual amount
that is not stated, priced as an omission is. Needs of energy count together where one carrier can stand for another:
all energy that the record states for them, by its heating value, against all that is usual for them.

    stated   = sum over carriers of max(booked by the sector, stated by the record)
    amount   = price(usual) * (1 - stated / usual)      if stated < least * usual
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import Finding, Span
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS
from ledger.engine.bounds.process import short
from ledger.engine.inventory.stated import FREIGHT, StatedInput, energy_of
from ledger.engine.inventory.usual import Price, SetPricer, made, usual_amount
from ledger.sdk import ZERO, Context, Need
from ledger.sdk.sets.lookup import amount_of, entry_of

TOO_SMALL: Final = "input-too-small"
_MEGAJOULES: Final = "3B"
_ONE: Final = Decimal(1)
_LONGEST: Final = 255


class SmallInput(NamedTuple):
    """The finding of needs that are met by too little, and the names by which they are met."""

    finding: Finding
    any_of: frozenset[str]


class _Usual(NamedTuple):
    """The usual amount of one need in its own unit, with its price. `megajoules`: None for a need of matter."""

    need: Need
    amount: Decimal
    megajoules: Decimal | None
    price: Price | None


class MetNeed(NamedTuple):
    """Needs that count together, with the amount that is `stated` for them and the `usual` one, both in `unit`."""

    group: Sequence[_Usual]
    stated: Decimal
    usual: Decimal
    unit: str

    @property
    def what(self) -> str:
        """The needs, in words."""
        return " and ".join([one.need.priced_as for one in self.group])


def met_needs(
    needs: Sequence[Need], inputs: Sequence[StatedInput], context: Context, pricer: SetPricer
) -> list[MetNeed]:
    """The needs whose usual amounts can be compared with the amounts that meet them. `inputs`: all that the record
    states."""
    usual = [_usual(need, amount, pricer) for need in needs if (amount := usual_amount(need, context))]
    met = [_met_by_matter(one, inputs, pricer) for one in usual if one.megajoules is None]
    met += [_met_by_energy(group, inputs, context, pricer) for group in _groups(usual)]
    return [one for one in met if one is not None]


def small_inputs(met: Sequence[MetNeed]) -> list[SmallInput]:
    """The findings of the needs that are met by too little."""
    return [
        SmallInput(_finding(one, least), frozenset(name for each in one.group for name in each.need.any_of))
        for one in met
        if one.stated < (least := CONTEXT.multiply(one.usual, min([each.need.least for each in one.group])))
    ]


def _usual(need: Need, amount: Decimal, pricer: SetPricer) -> _Usual:
    return _Usual(need, amount, pricer.megajoules(need.priced_as, amount, need.unit),
                  pricer.price(need.priced_as, amount, need.unit))


def _groups(usual: Sequence[_Usual]) -> list[list[_Usual]]:
    """Needs of energy that share a carrier, directly or by way of others."""
    groups: list[list[_Usual]] = []
    for carried in usual:
        if carried.megajoules is None:
            continue
        names = set(carried.need.any_of)
        joined = [group for group in groups if any(names & set(one.need.any_of) for one in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([*[one for group in joined for one in group], carried])
    return groups


def _met_by_energy(
    group: Sequence[_Usual], inputs: Sequence[StatedInput], context: Context, pricer: SetPricer
) -> MetNeed:
    names = frozenset(name for one in group for name in one.need.any_of)
    usual = sum([one.megajoules or ZERO for one in group], ZERO)
    booked: dict[str, Decimal] = {}
    given: dict[str, Decimal] = {}
    for stated in inputs:
        if names.isdisjoint(stated.names):
            continue
        into = booked if stated.booked else given
        energy = _energy_for(stated, usual, group[0].need, context, pricer)
        into[stated.carrier] = CONTEXT.add(into.get(stated.carrier, ZERO), energy)
    whole = ZERO
    for carrier in {**booked, **given}:
        whole = CONTEXT.add(whole, max(booked.get(carrier, ZERO), given.get(carrier, ZERO)))
    return MetNeed(group, whole, usual, _MEGAJOULES)


def _energy_for(stated: StatedInput, usual: Decimal, need: Need, context: Context, pricer: SetPricer) -> Decimal:
    """MJ of an input. Freight that the record buys covers its own freight, tonne kilometre by tonne kilometre."""
    if UNITS[stated.unit].dimension == FREIGHT:
        carried = made(context, need.per) if UNITS[need.per].dimension == FREIGHT else ZERO
        return CONTEXT.divide(CONTEXT.multiply(usual, stated.value), carried) if carried else usual
    return energy_of(stated, pricer.sets)


def _met_by_matter(usual: _Usual, inputs: Sequence[StatedInput], pricer: SetPricer) -> MetNeed | None:
    """None where an input meets the need in a way that the usual amount cannot be compared with, such as power for
    oxygen."""
    need, whole = usual.need, ZERO
    for stated in inputs:
        if not stated.booked and not set(need.any_of).isdisjoint(stated.names):
            amount = _amount_in(need.unit, stated, pricer)
            if amount is None:
                return None
            whole = CONTEXT.add(whole, amount)
    return MetNeed([usual], whole, usual.amount, need.unit)


def _amount_in(unit: str, stated: StatedInput, pricer: SetPricer) -> Decimal | None:
    have, want = UNITS[stated.unit], UNITS[unit]
    if have.dimension == want.dimension:
        return CONTEXT.divide(CONTEXT.multiply(stated.value, have.scale), want.scale)
    if want.dimension == UNITS["KGM"].dimension and stated.mass is not None:
        return CONTEXT.divide(stated.mass, want.scale)
    entry = entry_of(pricer.sets, stated.material)
    if entry is None or UNITS[entry[1].unit].dimension != want.dimension:
        return None
    own = amount_of(entry[1], stated.value, stated.unit, stated.mass)
    return None if own is None else CONTEXT.divide(CONTEXT.multiply(own, UNITS[entry[1].unit].scale), want.scale)


def _finding(met: MetNeed, least: Decimal) -> Finding:
    prices = [one.price for one in met.group if one.price is not None]
    rest = CONTEXT.subtract(_ONE, CONTEXT.divide(met.stated, met.usual))
    amount = CONTEXT.multiply(sum([price.co2e for price in prices], ZERO), rest)
    unit = UNITS[met.unit].name
    return Finding(
        code=TOO_SMALL, value=short(met.stated), unit=met.unit, usual=Span(low=short(least)),
        amount=short(amount) if amount else None, factor=prices[0].factor if prices else None,
        message=f"{met.what}: {_plain(met.stated)} {unit}s are stated; {_plain(met.usual)} are usual for the "
                f"products, and plants take at least {_plain(least)}"[:_LONGEST],
    )


def _plain(amount: Decimal) -> str:
    """Four significant digits without an exponent."""
    return f"{Decimal(f'{amount:.4g}'):f}"
