"""The part of a closing's totals that falls on final records.

A meter measures a site, not a kind of record. So a total is compared with the amounts that all transformations of the
period state, and the part that nobody stated is divided among all of them. A record that was posted as final keeps its
figure: its issuer said that nothing is open, buyers rely on it, and only an amendment may change it. So its part stays
with the closing, as a named burden of the site that no product carries. It never falls on provisional records: a lot of
a gram that was left provisional would otherwise take the energy of a month, and the others would look clean.

The part R that nobody stated is divided by the amounts that records lack of their shares by the key:

    lacking(i) = max(0, total * weight(i) / sum of weights - stated(i))
    unspread   = R * sum of lacking(final) / sum of lacking(all)

A final record that states its own readings of at least its share lacks nothing. So a works that meters its furnaces one
by one, and waits for the bill of one provisional hall, gives the hall the whole rest, as it should. Shares of R by the
weights alone would leave a part of that rest on records that are complete, and the hall would look better than it is.

A final record counts if its process has provisional records, or if a record of its process states the material: else
its process does not use it. It counts by the mass that it adds: without its inputs that the same facility made. Steps
that only handle finished goods, any number of them, would otherwise take the burden of these goods to the site. The
closing names the number of records that do not count. So it does if a final record states a material in a unit without
an exact value in the unit of the total: that amount is unknown, and the record has its weight by the key as if it had
stated nothing. A meter that serves some processes alone is a closing of these `processes`.

Final records that state more than the total do not make provisional ones look better: these keep their amounts.
"""

from collections.abc import Collection, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.closings.spreading import ClosingSpread, amount_in, seconds, step_of
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Closing, Transformation
from ledger.core.record.units import plain, unit
from ledger.core.record.values import Quantity, Supply
from ledger.errors import InvalidQuantity, Refused, refusal_of

ON_FINAL: Final = "total-on-final-records"
"""The code of the finding about a part that stays. Its supply counts through the overheads and then the totals."""
_NONE: Final = Decimal(0)
_STEP: Final = Decimal("0.000000001")


class Lacking(NamedTuple):
    """The part of a total that falls on a final record, by the first lot that it makes, in the total's unit."""

    lot: str
    amount: Decimal


class Unspread(NamedTuple):
    """The part of a total that stays with its closing. `place`: of the total, counted through the overheads and then
    the measured totals. `part`: the amount that falls on final records, or None; `lacking` divides it among these,
    the largest first. `stated`: by `records` final records. `above`: by which the records still exceed the total.
    `outside`: how many transformations have no weight by the key."""

    place: int
    total: Supply
    part: Supply | None
    stated: Decimal
    records: int
    above: Decimal
    outside: int
    unknown: int = 0
    lacking: tuple[Lacking, ...] = ()


class _Share(NamedTuple):
    """The stated amounts and the weights of records of one kind."""

    stated: Sequence[Decimal]
    weights: Sequence[Decimal]

    @property
    def whole(self) -> Decimal:
        return _sum(self.stated)


def divided(
    closing: Closing, provisional: Sequence[ClosingSpread], fixed: Sequence[Transformation],
    final: Sequence[ClosingSpread],
) -> tuple[Closing, list[Unspread]]:
    """The closing with the totals that are left for the provisional records, and the parts that stay with it. `fixed`:
    see `spreading.spread`. All records in log order."""
    if not final:
        return closing, []
    spread_overheads = closing.spread_overheads is not None
    unspread, measured, overheads = list[Unspread](), list[Supply](), list[Supply]()
    for i, total in enumerate(closing.overheads if spread_overheads else ()):
        key = closing.spread_overheads or "mass"
        first, last = _overhead_shares(key, provisional, final)
        fixed_amount = _sum([amount_in(record.overheads, total, f"overheads[{i}]") for record in fixed])
        rest, stays = _divided(i, total, first, last, fixed_amount)
        stays = stays._replace(lacking=_lacking_records(stays, (first, last), final, fixed_amount))
        overheads += [] if rest is None else [rest]
        unspread.append(stays)
    for i, total in enumerate(closing.measured):
        field, place = f"measured[{i}]", len(closing.overheads) + i
        first, last = _measured_shares(closing.spread, total, field, (provisional, final))
        fixed_amount = _sum([amount_in(record.supplies, total, field) for record in fixed])
        rest, stays = _divided(place, total, first, last, fixed_amount)
        stays = stays._replace(lacking=_lacking_records(stays, (first, last), final, fixed_amount))
        anew = total.material in closing.replaces
        if rest is not None and (anew or rest.quantity.amount != CONTEXT.add(first.whole, fixed_amount)):
            measured.append(rest)
        unspread.append(stays._replace(unknown=sum([_known(one, total)[1] for one in final])))
    left = [total.material for total in measured]
    rest_closing = replace(
        closing, measured=measured, overheads=overheads if spread_overheads else closing.overheads,
        replaces=[material for material in closing.replaces if material in left],
        spread_overheads=closing.spread_overheads if overheads else None,
    )
    return rest_closing, unspread


def check_stated_key(
    closing: Closing, provisional: Sequence[ClosingSpread], fixed: Sequence[Transformation],
    final: Sequence[ClosingSpread],
) -> None:
    """Refuses, with all faults in `parts`, a spread by stated amounts from which provisional records escape: the
    records state less than the total, and a provisional record whose process uses the material states no amount. Each
    process counts as using it if no provisional record states an amount."""
    faults = []
    for i, total in enumerate(closing.measured if closing.spread == "stated" and provisional else ()):
        field = f"measured[{i}]"
        waiting = [amount_in(one.record.supplies, total, field) for one in provisional]
        stated = [*waiting, *[amount_in(record.supplies, total, field) for record in fixed],
                  *[_known(one, total)[0] for one in final]]
        if _sum(stated) >= total.quantity.amount:
            continue
        using = {one.record.process for one in (*provisional, *final)
                 if any(own.material == total.material for own in one.record.supplies)}
        escape = [one.record.outputs[0].lot for one, amount in zip(provisional, waiting, strict=True)
                  if one.mass and not amount and (one.record.process in using or not any(waiting))]
        if escape:
            faults.append(Refused(
                f"{field}: {len(escape)} provisional transformations state no {total.material}; the first makes "
                f"{escape[0]}", code="zero-weights", field="spread", value=closing.spread,
                rule="each provisional transformation of a process that uses the material states an amount of it; else "
                     "spread by mass or hours",
            ))
    if faults:
        raise refusal_of(faults)


def _measured_shares(
    key: str, total: Supply, field: str, records: tuple[Sequence[ClosingSpread], Sequence[ClosingSpread]]
) -> tuple[_Share, _Share]:
    waiting = [amount_in(one.record.supplies, total, field) for one in records[0]]
    stated = waiting, [_known(one, total)[0] for one in records[1]]
    using = {one.record.process for one in records[0]} | {
        one.record.process for one in records[1] if any(own.material == total.material for own in one.record.supplies)}
    match key:
        case "mass":
            weights = [[one.mass for one in group] for group in records]
        case "hours":
            weights = [[seconds(one.record) for one in group] for group in records]
        case _:
            unknown = [_known(one, total)[1] for one in records[1]]
            weights = [list(stated[0]), _like_stated(stated, records, unknown)]
    final = [_counted(one, weight, using) for one, weight in zip(records[1], weights[1], strict=True)]
    return _Share(stated[0], weights[0]), _Share(stated[1], final)


def _known(final: ClosingSpread, total: Supply) -> tuple[Decimal, bool]:
    """The amount of a total's material that a final record states in units that convert to the total's, and whether it
    states more of it in other units. Its issuer cannot have known the unit of the total."""
    amount, unknown = _NONE, False
    for own in final.record.supplies:
        try:
            amount = CONTEXT.add(amount, amount_in([own], total, "measured"))
        except InvalidQuantity:
            unknown = True
    return amount, unknown


def _counted(final: ClosingSpread, weight: Decimal, processes: Collection[str]) -> Decimal:
    """The weight of a final record, by the part of its mass that it adds; zero for other processes."""
    if final.record.process not in processes:
        return _NONE
    if not final.mass or not final.reworked:
        return weight
    added = max(_NONE, CONTEXT.subtract(final.mass, final.reworked))
    return _part(weight, added, final.mass)


def _like_stated(
    stated: Sequence[Sequence[Decimal]], records: tuple[Sequence[ClosingSpread], Sequence[ClosingSpread]],
    unknown: Sequence[bool],
) -> list[Decimal]:
    """The weights of final records by stated amounts. One without a stated amount weighs as much per kg as
    the other records of its process: to state nothing is no way out. So does one with an `unknown` amount; if its
    process has no other records, as much per kg as all records that state an amount."""
    amounts, masses = dict[str | None, Decimal](), dict[str | None, Decimal]()
    for group, of_group in zip(records, stated, strict=True):
        for run, amount in zip(group, of_group, strict=True):
            for alike in (run.record.process, None) if amount else ():
                amounts[alike] = CONTEXT.add(amounts.get(alike, _NONE), amount)
                masses[alike] = CONTEXT.add(masses.get(alike, _NONE), run.mass)
    weights = []
    for run, amount, other in zip(records[1], stated[1], unknown, strict=True):
        alike = None if other and not masses.get(run.record.process) else run.record.process
        mass = masses.get(alike, _NONE)
        if (other or not amount) and mass:
            amount = max(amount, _part(run.mass, amounts[alike], mass))
        weights.append(amount)
    return weights


def _overhead_shares(
    key: str, provisional: Sequence[ClosingSpread], final: Sequence[ClosingSpread]
) -> tuple[_Share, _Share]:
    """Overheads are in no record yet, so nothing is stated."""
    groups = provisional, final
    match key:
        case "mass":
            weights = [[one.final for one in group] for group in groups]
        case "hours":
            weights = [[seconds(one.record) for one in group] for group in groups]
        case _:
            weights = [[one.value for one in provisional], _like_valued(provisional, final)]
    counted = [_counted(one, weight, [one.record.process]) for one, weight in zip(final, weights[1], strict=True)]
    return _Share([_NONE] * len(provisional), weights[0]), _Share([_NONE] * len(final), counted)


def _like_valued(provisional: Sequence[ClosingSpread], final: Sequence[ClosingSpread]) -> list[Decimal]:
    """The weights of final records by value. One whose products have no value, or one in another currency, weighs as
    much per kg as the provisional ones."""
    currencies = frozenset[str]().union(*[one.currencies for one in provisional])
    value, mass = _sum([one.value for one in provisional]), _sum([one.final for one in provisional])
    return [
        one.value if one.value and one.currencies == currencies else _part(one.final, value, mass) if mass else _NONE
        for one in final
    ]


def _divided(
    place: int, total: Supply, provisional: _Share, final: _Share, fixed: Decimal
) -> tuple[Supply | None, Unspread]:
    """The total that is left for provisional records, None if it is nothing, and the part that stays."""
    outside = sum(not weight for weight in (*provisional.weights, *final.weights))
    stays = Unspread(place, total, None, final.whole, sum(map(bool, final.stated)), _NONE, outside)
    own = CONTEXT.add(provisional.whole, fixed)
    rest = CONTEXT.subtract(CONTEXT.subtract(total.quantity.amount, own), final.whole)
    if rest < 0:
        # Only the total itself may reduce the amounts of provisional records.
        left = min(own, total.quantity.amount)
        above = CONTEXT.subtract(CONTEXT.add(left, final.whole), total.quantity.amount)
        return _of(total, left), stays._replace(above=above)
    shared = CONTEXT.subtract(total.quantity.amount, fixed)
    lacking_final, lacking = _lacking(shared, final, provisional), _lacking(shared, provisional, final)
    whole = CONTEXT.add(lacking_final, lacking)
    part = _NONE if provisional.weights else rest
    if whole:
        part = min(rest, _part(rest, lacking_final, whole).quantize(
            step_of(total.quantity.unit), ROUND_HALF_EVEN, CONTEXT))
    left = CONTEXT.subtract(CONTEXT.add(rest, own), part)
    return _of(total, left), stays._replace(part=_of(total, part))


def _lacking(total: Decimal, of: _Share, other: _Share) -> Decimal:
    """The sum of the amounts that records lack of their shares by weight."""
    return _sum(_lacks(total, of, other))


def _lacks(total: Decimal, of: _Share, other: _Share) -> list[Decimal]:
    """The amount that each record lacks of its share by weight."""
    weights = CONTEXT.add(_sum(of.weights), _sum(other.weights))
    return [
        max(_NONE, CONTEXT.subtract(_part(total, weight, weights), stated)) if weight else _NONE
        for stated, weight in zip(of.stated, of.weights, strict=True)
    ]


def _lacking_records(
    stays: Unspread, shares: tuple[_Share, _Share], final: Sequence[ClosingSpread], fixed: Decimal
) -> tuple[Lacking, ...]:
    """The part that stays, by the final records on which it falls: in proportion to the amounts that they lack, else
    to their weights, else to their masses. `shares`: of the provisional and the final records."""
    if stays.part is None:
        return ()
    provisional, of = shares
    lacks = _lacks(CONTEXT.subtract(stays.total.quantity.amount, fixed), of, provisional)
    weights = next((some for some in (lacks, of.weights) if any(some)), [one.mass for one in final])
    whole, step = _sum(weights), step_of(stays.total.quantity.unit)
    amounts = [
        (_part(stays.part.quantity.amount, weight, whole).quantize(step, ROUND_HALF_EVEN, CONTEXT), place)
        for place, weight in enumerate(weights) if whole and weight
    ]
    return tuple([
        Lacking(_named(final[place].record), amount)
        for amount, place in sorted(amounts, key=lambda one: (-one[0], one[1])) if amount
    ])


def _named(record: Transformation) -> str:
    """A record by its first lot; a run that makes nothing by its process and end."""
    return record.outputs[0].lot if record.outputs else f"{record.process} until {record.end}"


def _of(total: Supply, amount: Decimal) -> Supply | None:
    """The part `amount` of a total, with its part of the mass; None if it is nothing."""
    if not amount:
        return None
    mass = total.mass
    if mass is not None and unit(total.quantity.unit).dimension != "mass":
        kilograms = _part(mass.amount, amount, total.quantity.amount).quantize(_STEP, ROUND_HALF_EVEN, CONTEXT)
        mass = Quantity(value=plain(max(kilograms, _STEP)), unit=mass.unit)
    return replace(total, quantity=Quantity(value=plain(amount), unit=total.quantity.unit), mass=mass)


def _part(amount: Decimal, numerator: Decimal, denominator: Decimal) -> Decimal:
    return CONTEXT.divide(CONTEXT.multiply(amount, numerator), denominator)


def _sum(amounts: Sequence[Decimal]) -> Decimal:
    total = _NONE
    for amount in amounts:
        total = CONTEXT.add(total, amount)
    return total
