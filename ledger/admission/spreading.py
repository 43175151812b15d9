"""Closings: the measured totals of a period are spread over its provisional transformations, which become final."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.core.record.kinds import Closing, Transformation
from ledger.core.record.units import convert, plain, unit
from ledger.core.record.values import UNBURDENED, Quantity, Supply
from ledger.errors import Refused

_CONTEXT: Final = Context(prec=34)
_STEP: Final = Decimal("0.000000001")
_NONE: Final = Decimal(0)


class ClosingSpread(NamedTuple):
    """A transformation of the period, with the kg of its products."""

    record: Transformation
    mass: Decimal


def covered(closing: Closing, record: Transformation) -> bool:
    """Whether a closing makes a transformation final."""
    return (
        record.facility == closing.facility and closing.start <= record.start and record.end <= closing.end
        and (not closing.processes or record.process in closing.processes)
    )


def spread(
    closing: Closing, provisional: Mapping[int, ClosingSpread], fixed: Sequence[Transformation] = ()
) -> dict[int, Transformation]:
    """The final transformations, by log index. `fixed` are other transformations of the period, which keep their share
    of a total. quantity(i) = stated(i) + (total - sum of stated) * weight(i) / sum of weights, in log order; the last
    one takes the remainder from rounding to 9 decimals. Raises Refused if a total cannot be spread."""
    if closing.measured and not provisional:
        raise Refused(
            f"measured: {closing.facility} has no provisional transformation in the period", code="nothing-to-close",
            field="measured", rule="totals are spread over the provisional transformations of the period",
        )
    indexes = sorted(provisional)
    records = [provisional[index].record for index in indexes]
    for i, total in enumerate(closing.measured):
        field = f"measured[{i}]"
        stated = [_stated(record, total, field) for record in records]
        weights = _weights(closing.spread, [provisional[index] for index in indexes], stated, field)
        fixed_amounts = [_stated(record, total, field) for record in fixed]
        amounts = _amounts(total, stated, weights, fixed_amounts, field)
        masses = _masses(total, [*fixed_amounts, *amounts])[len(fixed) :]
        records = [
            _with(record, total, amount, mass)
            for record, amount, mass in zip(records, amounts, masses, strict=True)
        ]
    return {index: replace(record, basis="final") for index, record in zip(indexes, records, strict=True)}


def _stated(record: Transformation, total: Supply, field: str) -> Decimal:
    amount = _NONE
    for supply in record.supplies:
        if supply.material == total.material:
            amount += convert(supply.quantity.amount, supply.quantity.unit, total.quantity.unit, f"{field}.quantity")
    return amount


def _weights(key: str, spread_over: Sequence[ClosingSpread], stated: Sequence[Decimal], field: str) -> list[Decimal]:
    match key:
        case "mass":
            weights = [transformation.mass for transformation in spread_over]
        case "hours":
            weights = [_seconds(transformation.record) for transformation in spread_over]
        case _:
            weights = list(stated)
    if not any(weights):
        raise Refused(f"{field}: the weight of every transformation by {key} is zero", code="zero-weights",
                      field="spread", value=key, rule="at least one transformation with a weight above zero")
    return weights


def _seconds(record: Transformation) -> Decimal:
    return Decimal(int((datetime.fromisoformat(record.end) - datetime.fromisoformat(record.start)).total_seconds()))


def _amounts(
    total: Supply, stated: Sequence[Decimal], weights: Sequence[Decimal], fixed: Sequence[Decimal], field: str
) -> list[Decimal]:
    difference, whole = total.quantity.amount, _NONE
    for amount in (*stated, *fixed):
        difference -= amount
    for weight in weights:
        whole = _CONTEXT.add(whole, weight)
    amounts: list[Decimal] = []
    remainder = difference
    last = max(i for i, weight in enumerate(weights) if weight)
    for i, (amount, weight) in enumerate(zip(stated, weights, strict=True)):
        part = _CONTEXT.divide(_CONTEXT.multiply(difference, weight), whole).quantize(_STEP, ROUND_HALF_EVEN)
        if i == last:
            part = remainder
        remainder -= part
        amounts.append(amount + part)
        if amounts[-1] < 0:
            raise Refused(
                f"{field}: a transformation would get {amounts[-1]} {total.quantity.unit} of {total.material}",
                code="negative-share", field=f"{field}.quantity", value=total.quantity,
                rule="no transformation's share of a total is negative",
            )
    return amounts


def _masses(total: Supply, amounts: Sequence[Decimal]) -> list[Quantity | None]:
    """The masses of the shares, if the total states a mass besides a quantity that is not a mass. They sum to that
    mass; the last share takes the remainder from rounding, and every mass is above zero."""
    mass = total.mass
    if mass is None or unit(total.quantity.unit).dimension == "mass":
        return [None] * len(amounts)
    remainder, masses = mass.amount, list[Quantity | None]()
    last = max(i for i, amount in enumerate(amounts) if amount)
    for i, amount in enumerate(amounts):
        part = _CONTEXT.divide(_CONTEXT.multiply(mass.amount, amount), total.quantity.amount)
        part = remainder if i == last else part.quantize(_STEP, ROUND_HALF_EVEN)
        remainder -= part
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


def shares(closing: Closing, record: Transformation) -> list[Supply]:
    """The supplies of a transformation, in its current form, that are its shares of a closing's totals. All shares of a
    total were measured together, so the total's deviation and pedigree describe a single error of all shares."""
    totals = {total.material: total for total in closing.measured}
    return [supply for supply in record.supplies if _is_share(supply, totals.get(supply.material))]


def _is_share(supply: Supply, total: Supply | None) -> bool:
    return total is not None and replace(total, quantity=supply.quantity, mass=supply.mass) == supply


def made(masses: Sequence[tuple[str, Decimal | None]]) -> Decimal:
    """Kg of a transformation's products, by its outputs' roles and masses; wastes, cores and credits do not count."""
    total = _NONE
    for role, mass in masses:
        if role not in UNBURDENED and mass is not None:
            total += mass
    return total
