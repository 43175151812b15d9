"""Closings: the measured totals of a period are spread over its provisional transformations, which become final."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Closing, Transformation
from ledger.core.record.units import convert, plain, unit
from ledger.core.record.values import UNBURDENED, Quantity, Supply
from ledger.errors import Refused, refusal_of

_STEP: Final = Decimal("0.000000001")
_NONE: Final = Decimal(0)
_LEAST_PRICE: Final = Decimal("0.2")
_LEAST_HOURS: Final = Decimal("0.01")
_LEAST_ALIKE: Final = Decimal("0.33")
"""Of the mean in the period. Prices of one product differ among customers, runs are timed roughly, and runs of the same
products take like times."""


class FinalLot(NamedTuple):
    """The part of a lot that no other transformation of the period takes: kg, and its value, if that is stated."""

    lot: str
    product: str
    mass: Decimal
    value: Decimal | None


class ClosingSpread(NamedTuple):
    """A transformation of the period, with the kg of its products. `final`: the kg of them that no other transformation
    of the period takes; `value`: the worth of these, in `currencies`. `lots`: the same by lot. `reworked`, of a final
    record: the kg of its inputs that the same facility made."""

    record: Transformation
    mass: Decimal
    final: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    currencies: frozenset[str] = frozenset()
    lots: tuple[FinalLot, ...] = ()
    reworked: Decimal = Decimal(0)


def covered(closing: Closing, record: Transformation) -> bool:
    """Whether a closing makes a transformation final."""
    return (
        record.facility == closing.facility and closing.start <= record.start and record.end <= closing.end
        and (not closing.processes or record.process in closing.processes)
    )


def spread(
    closing: Closing, provisional: Mapping[int, ClosingSpread], fixed: Sequence[Transformation] = (), *,
    rest: Closing | None = None,
) -> dict[int, Transformation]:
    """The final transformations, by log index. `fixed` are other transformations of the period, which keep their share
    of a total. `rest`: the closing with the totals that are left for these transformations, if not all of them are.
    quantity(i) = stated(i) + (total - sum of stated) * weight(i) / sum of weights, in log order; the last
    one takes the remainder from rounding to the step of the unit. Stated supplies keep their prices, unless the closing
    replaces them. Raises Refused if a total cannot be spread."""
    left = closing if rest is None else rest
    for field, supplies in (("measured", left.measured), ("overheads", _spread_overheads(left))):
        if supplies and not provisional:
            raise Refused(
                f"{field}: {closing.facility} has no provisional transformation in the period", code="nothing-to-close",
                field=field, rule="totals are spread over the provisional transformations of the period",
            )
    indexes = sorted(provisional)
    records = [provisional[index].record for index in indexes]
    spread_over = [provisional[index] for index in indexes]
    for total in left.measured:
        field = _field("measured", closing.measured, total)
        records = _with_total(left, (total, field), records, spread_over, fixed)
    for total in _spread_overheads(left):
        field = _field("overheads", closing.overheads, total)
        records = _with_overhead(left, (total, field), records, spread_over, fixed)
    return {index: replace(record, basis="final") for index, record in zip(indexes, records, strict=True)}


def _field(name: str, totals: Sequence[Supply], total: Supply) -> str:
    """The field of a total, or of the rest of it. Each material has one total."""
    return f"{name}[{[one.material for one in totals].index(total.material)}]"


def check_overhead_keys(closing: Closing, spread_over: Iterable[ClosingSpread]) -> None:
    """Refuses, with all faults in `parts`, overheads by a value or by hours that let like goods escape them: a lot
    without a value or with less than a fifth of the mean price of its product, and a run with less than a hundredth of
    its process's mean hours per kg, or with less than a third of the mean of its process and products."""
    spreads = list(spread_over)
    match closing.spread_overheads:
        case "value":
            lots = [lot for transformation in spreads for lot in transformation.lots]
            _check_weights("spreadOverheads", "value", "price per kg", _LEAST_PRICE, [
                (lot.product, lot.mass, lot.value or _NONE, lot.lot) for lot in lots])
        case "hours":
            runs = [(one, one.final) for one in spreads if one.final]
            _check_weights("spreadOverheads", "hours", "hours per kg", _LEAST_HOURS, [
                (one.record.process, mass, seconds(one.record), one.record.outputs[0].lot) for one, mass in runs])
            _check_weights("spreadOverheads", "hours", "hours per kg", _LEAST_ALIKE, _alike(runs))
        case _:
            return


def check_hours(closing: Closing, spread_over: Iterable[ClosingSpread]) -> None:
    """Refuses, with all faults in `parts`, a spread of measured totals by hours that lets like goods escape them: a run
    with less than a third of the mean hours per kg of the runs of its process that make the same products."""
    if closing.spread == "hours" and closing.measured:
        _check_weights("spread", "hours", "hours per kg", _LEAST_ALIKE,
                       _alike([(one, one.mass) for one in spread_over if one.mass]))


_Run = tuple[str, Decimal, Decimal, str]
"""The name that alike runs share, kg, weight, and a lot that the run makes."""


def _alike(runs: Sequence[tuple[ClosingSpread, Decimal]]) -> list[_Run]:
    """Runs with their kg. Two runs are alike if they have one process and the same products."""
    return [
        (" ".join([one.record.process, *sorted({output.product for output in one.record.outputs})]), mass,
         seconds(one.record), one.record.outputs[0].lot) for one, mass in runs
    ]


def _check_weights(field: str, key: str, what: str, least: Decimal, runs: Sequence[_Run]) -> None:
    totals: dict[str, tuple[Decimal, Decimal]] = {}
    for alike, mass, weight, _ in runs:
        masses, weights = totals.get(alike, (_NONE, _NONE))
        totals[alike] = CONTEXT.add(masses, mass), CONTEXT.add(weights, weight)
    faults = []
    for alike, mass, weight, lot in runs:
        masses, weights = totals[alike]
        if not weight or CONTEXT.multiply(weight, masses) < _product(weights, mass, least):
            faults.append(Refused(
                f"{field}: the {what} of {lot} is {'not stated' if not weight else 'far below the others'}",
                code="overhead-key" if field == "spreadOverheads" else "spread-key", field=field, value=key,
                rule=f"each lot has at least {least} of the mean {what} of {alike} in the period; else spread by mass",
            ))
    if faults:
        raise refusal_of(faults)


def _product(*factors: Decimal) -> Decimal:
    total = Decimal(1)
    for factor in factors:
        total = CONTEXT.multiply(total, factor)
    return total


def _with_total(
    closing: Closing, named: tuple[Supply, str], records: Sequence[Transformation],
    spread_over: Sequence[ClosingSpread], fixed: Sequence[Transformation],
) -> list[Transformation]:
    """The records with their shares of a total. `named`: the total and its field."""
    total, field = named
    stated = [_stated(record, total, field) for record in records]
    weights = _weights(closing.spread, spread_over, stated, field)
    fixed_amounts = [_stated(record, total, field) for record in fixed]
    amounts = _amounts(total, stated, weights, fixed_amounts, field, step_of(total.quantity.unit))
    if total.material not in closing.replaces:
        return [
            _with_part(record, total, CONTEXT.subtract(amount, own), amount)
            for record, own, amount in zip(records, stated, amounts, strict=True)
        ]
    masses = _masses(total, [*fixed_amounts, *amounts])[len(fixed) :]
    return [
        _with(record, total, amount, mass) for record, amount, mass in zip(records, amounts, masses, strict=True)
    ]


def _with_overhead(
    closing: Closing, named: tuple[Supply, str], records: Sequence[Transformation],
    spread_over: Sequence[ClosingSpread], fixed: Sequence[Transformation],
) -> list[Transformation]:
    """The records with their shares of overheads. `named`: these overheads and their field."""
    total, field = named
    weights = _overhead_weights(closing.spread_overheads, spread_over)
    fixed_amounts = [amount_in(record.overheads, total, field) for record in fixed]
    amounts = _amounts(
        total, [_NONE] * len(records), weights, fixed_amounts, field, step_of(total.quantity.unit))
    masses = _masses(total, [*fixed_amounts, *amounts])[len(fixed) :]
    return [
        record if not amount else replace(record, overheads=[*record.overheads, replace(
            total, quantity=Quantity(value=plain(amount), unit=total.quantity.unit), mass=mass)])
        for record, amount, mass in zip(records, amounts, masses, strict=True)
    ]


def _spread_overheads(closing: Closing) -> Sequence[Supply]:
    """The overheads that transformations carry."""
    return closing.overheads if closing.spread_overheads is not None else ()


def _stated(record: Transformation, total: Supply, field: str) -> Decimal:
    return amount_in(record.supplies, total, field)


def amount_in(supplies: Sequence[Supply], total: Supply, field: str) -> Decimal:
    """The amount of a total's material, in the total's unit."""
    amount = _NONE
    for supply in supplies:
        if supply.material == total.material:
            amount = CONTEXT.add(amount, convert(
                supply.quantity.amount, supply.quantity.unit, total.quantity.unit, f"{field}.quantity"))
    return amount


def _weights(key: str, spread_over: Sequence[ClosingSpread], stated: Sequence[Decimal], field: str) -> list[Decimal]:
    match key:
        case "mass":
            weights = [transformation.mass for transformation in spread_over]
        case "hours":
            weights = [seconds(transformation.record) for transformation in spread_over]
        case _:
            weights = list(stated)
    if not any(weights):
        raise Refused(f"{field}: the weight of every transformation by {key} is zero", code="zero-weights",
                      field="spread", value=key, rule="at least one transformation with a weight above zero")
    return weights


def _overhead_weights(key: str | None, spread_over: Sequence[ClosingSpread]) -> list[Decimal]:
    match key:
        case "mass":
            weights = [transformation.final for transformation in spread_over]
        case "value":
            weights = [transformation.value for transformation in spread_over]
        case _:
            weights = [seconds(transformation.record) for transformation in spread_over]
    currencies = sorted(frozenset[str]().union(*[one.currencies for one in spread_over]))
    if key == "value" and len(currencies) > 1:
        raise Refused(
            f"spreadOverheads: the products' values are in {' and '.join(currencies)}", code="currencies",
            field="spreadOverheads", value=key, rule="all values of the period's products are in one currency",
        )
    if not any(weights):
        raise Refused(
            f"spreadOverheads: the weight of every transformation by {key} is zero", code="zero-weights",
            field="spreadOverheads", value=key,
            rule="a product with a weight above zero that no other transformation of the period takes",
        )
    return weights


def seconds(record: Transformation) -> Decimal:
    """How long it took."""
    return Decimal(int((datetime.fromisoformat(record.end) - datetime.fromisoformat(record.start)).total_seconds()))


def _amounts(
    total: Supply, stated: Sequence[Decimal], weights: Sequence[Decimal], fixed: Sequence[Decimal], field: str,
    step: Decimal,
) -> list[Decimal]:
    difference, whole = total.quantity.amount, _NONE
    for amount in (*stated, *fixed):
        difference = CONTEXT.subtract(difference, amount)
    for weight in weights:
        whole = CONTEXT.add(whole, weight)
    amounts: list[Decimal] = []
    remainder = difference
    last = max(i for i, weight in enumerate(weights) if weight)
    for i, (amount, weight) in enumerate(zip(stated, weights, strict=True)):
        part = CONTEXT.divide(CONTEXT.multiply(difference, weight), whole).quantize(step, ROUND_HALF_EVEN, CONTEXT)
        if i == last:
            part = remainder
        remainder = CONTEXT.subtract(remainder, part)
        amounts.append(CONTEXT.add(amount, part))
        if amounts[-1] < 0:
            raise Refused(
                f"{field}: a transformation would get {amounts[-1]} {total.quantity.unit} of {total.material}",
                code="negative-share", field=f"{field}.quantity", value=total.quantity,
                rule="no transformation's share of a total is negative",
            )
    return amounts


def step_of(code: str) -> Decimal:
    """The grain of shares: at most 9 decimals, in the unit itself and in kg; whole pieces."""
    counted_in = unit(code)
    if counted_in.dimension == "count":
        return Decimal(1)
    if counted_in.dimension != "mass":
        return _STEP
    decimals = max(0, -int(counted_in.scale.normalize(CONTEXT).as_tuple().exponent))
    return Decimal(1).scaleb(-max(0, 9 - decimals))


def _masses(total: Supply, amounts: Sequence[Decimal]) -> list[Quantity | None]:
    """The masses of the shares, if the total states a mass besides a quantity that is not a mass. They sum to that
    mass; the last share takes the remainder from rounding, and every mass is above zero."""
    mass = total.mass
    if mass is None or unit(total.quantity.unit).dimension == "mass":
        return [None] * len(amounts)
    remainder, masses = mass.amount, list[Quantity | None]()
    last = max(i for i, amount in enumerate(amounts) if amount)
    for i, amount in enumerate(amounts):
        part = CONTEXT.divide(CONTEXT.multiply(mass.amount, amount), total.quantity.amount)
        part = remainder if i == last else part.quantize(_STEP, ROUND_HALF_EVEN, CONTEXT)
        remainder = CONTEXT.subtract(remainder, part)
        masses.append(Quantity(value=plain(max(part, _STEP)), unit=mass.unit))
    return masses


def _with(record: Transformation, total: Supply, amount: Decimal, mass: Quantity | None) -> Transformation:
    """The transformation with its share of a total in place of the supplies that it had stated of the material.
    `shares` finds this supply again."""
    rest = [supply for supply in record.supplies if supply.material != total.material]
    if not amount:
        return replace(record, supplies=rest)
    at = next((i for i, supply in enumerate(record.supplies) if supply.material == total.material), len(rest))
    share = replace(total, quantity=Quantity(value=plain(amount), unit=total.quantity.unit), mass=mass)
    return replace(record, supplies=[*rest[:at], share, *rest[at:]])


def _with_part(record: Transformation, total: Supply, part: Decimal, whole: Decimal) -> Transformation:
    """The transformation with a part of a total that it had not stated, as a further supply at the total's price.
    `whole`: its amount of the material. If the part is negative, the stated supplies are reduced to the whole, in
    proportion, and keep their prices."""
    if part < 0:
        return _reduced(record, total, whole, CONTEXT.subtract(whole, part))
    if not part:
        return record
    mass = None
    if total.mass is not None and unit(total.quantity.unit).dimension != "mass":
        kilograms = CONTEXT.divide(CONTEXT.multiply(total.mass.amount, part), total.quantity.amount).quantize(
            _STEP, ROUND_HALF_EVEN, CONTEXT)
        mass = Quantity(value=plain(max(kilograms, _STEP)), unit=total.mass.unit)
    places = [i for i, supply in enumerate(record.supplies, start=1) if supply.material == total.material]
    at = places[-1] if places else len(record.supplies)
    further = replace(total, quantity=Quantity(value=plain(part), unit=total.quantity.unit), mass=mass)
    return replace(record, supplies=[*record.supplies[:at], further, *record.supplies[at:]])


def _reduced(record: Transformation, total: Supply, whole: Decimal, stated: Decimal) -> Transformation:
    """The transformation with the part `whole / stated` of its supplies of the material. The last of them takes the
    remainder from rounding."""
    last = max(i for i, supply in enumerate(record.supplies) if supply.material == total.material)
    supplies, remainder = list[Supply](), whole
    for i, supply in enumerate(record.supplies):
        if supply.material != total.material:
            supplies.append(supply)
            continue
        have, want = unit(supply.quantity.unit), unit(total.quantity.unit)
        amount = CONTEXT.divide(CONTEXT.multiply(supply.quantity.amount, whole), stated)
        if i == last:
            amount = CONTEXT.divide(CONTEXT.multiply(remainder, want.scale), have.scale)
        amount = amount.quantize(step_of(have.code), ROUND_HALF_EVEN, CONTEXT)
        remainder = CONTEXT.subtract(
            remainder, CONTEXT.divide(CONTEXT.multiply(amount, have.scale), want.scale))
        if amount > 0:
            quantity = Quantity(value=plain(amount), unit=have.code)
            supplies.append(replace(supply, quantity=quantity, mass=_part_of(supply.mass, whole, stated)))
    return replace(record, supplies=supplies)


def _part_of(mass: Quantity | None, whole: Decimal, stated: Decimal) -> Quantity | None:
    if mass is None:
        return None
    part = CONTEXT.divide(CONTEXT.multiply(mass.amount, whole), stated).quantize(_STEP, ROUND_HALF_EVEN, CONTEXT)
    return Quantity(value=plain(max(part, _STEP)), unit=mass.unit)


def shares(closing: Closing, record: Transformation) -> list[Supply]:
    """The supplies of a transformation, in its current form, that are its shares of a closing's totals. All shares of a
    total were measured together, so the total's deviation and pedigree describe a single error of all shares."""
    totals = {total.material: total for total in closing.measured}
    measured = [supply for supply in record.supplies if _is_share(supply, totals.get(supply.material))]
    return [*measured, *record.overheads]


def _is_share(supply: Supply, total: Supply | None) -> bool:
    return total is not None and replace(total, quantity=supply.quantity, mass=supply.mass) == supply


def made(masses: Sequence[tuple[str, Decimal | None]]) -> Decimal:
    """Kg of a transformation's products, by its outputs' roles and masses; wastes, cores and credits do not count."""
    total = _NONE
    for role, mass in masses:
        if role not in UNBURDENED and mass is not None:
            total = CONTEXT.add(total, mass)
    return total
