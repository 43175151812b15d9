"""Gases that raw materials give off, by `emissions.csv`: mass * factor * fractions of the activity."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ledger.footprint.stored.gwp import AR6
from ledger.sdk.context import Context, SupplyFacts
from ledger.sdk.drafting import omit_upstream
from ledger.sdk.pricing import Draft, Reading
from ledger.sdk.tabled.activity import FRACTION, ActivityField
from ledger.sdk.tabled.cells import TableCells

_STATUSES: Final = ("read", "recalled")
_MEASURED: Final = (1, 1, 1)
_USUAL: Final = (2, 2, 2)


class ReleasedGas(Struct, frozen=True, kw_only=True):
    """A row of `emissions.csv`: kg of `gas` per kg of the material `of`, times the `times`: fractions of the activity,
    such as purity and the calcined part."""

    of: str
    gas: str
    factor: Decimal
    times: tuple[str, ...]
    status: str
    source: str


def emission_of(cells: TableCells, fields: Mapping[str, ActivityField]) -> ReleasedGas:
    """The emission of a row. Columns: route, of, gas, factor, times, status, source."""
    emission = ReleasedGas(
        of=cells.text("of"), gas=cells.one_of("gas", tuple(AR6)), factor=cells.number("factor"),
        times=cells.words("times"), status=cells.one_of("status", _STATUSES), source=cells.text("source"),
    )
    if any(name not in fields or fields[name].kind != FRACTION for name in emission.times):
        cells.refuse("times", "fractions of the route in activity.csv")
    return emission


def emit(
    draft: Draft, context: Context, emissions: Sequence[ReleasedGas], fields: Mapping[str, ActivityField],
    values: Mapping[str, Decimal],
) -> None:
    """A line for each supply and lot that gives off a gas, and the omission of an unpriced upstream. A fraction below
    the least that needs no document is questioned, unless the record shows one."""
    asked = dict[str, Decimal]()
    for emission in emissions:
        for supply in _entering(context, emission.of):
            mass = supply.amount("KGM")
            amount = mass * emission.factor * _product(emission.times, values)
            stated = all(name in values for name in emission.times)
            draft.carbon(supply.material, amount, gas=emission.gas, primary=stated and bool(emission.times),
                         ratings=_MEASURED if stated and emission.times else _USUAL, supply=supply)
            omit_upstream(draft, supply, skip_nature=True)
            usual = mass * emission.factor * _product(emission.times, _with_usual(context, fields, values))
            asked[emission.gas] = asked.get(emission.gas, Decimal(0)) + usual - amount
    low = [name for name, usual in _with_usual(context, fields, values).items() if usual != values.get(name)]
    if low and any(amount > 0 for amount in asked.values()):
        field = fields[low[0]]
        draft.warn(
            "fraction-unproven", f"{field.name} is {values[field.name]}, and no document "
            f"({', '.join(field.shown_by) or 'of the record'}) shows it", emits=asked,
            reading=Reading(values[field.name], usual=(field.unshown or Decimal(0), Decimal(1))),
        )


def _product(names: Sequence[str], values: Mapping[str, Decimal]) -> Decimal:
    product = Decimal(1)
    for name in names:
        product *= values.get(name, Decimal(1))
    return product


def _with_usual(
    context: Context, fields: Mapping[str, ActivityField], values: Mapping[str, Decimal]
) -> Mapping[str, Decimal]:
    """The values, where no document shows a low one raised to the least that needs no document."""
    return {
        name: max(value, unshown) if (unshown := fields[name].unshown) is not None
        and not context.shows(*fields[name].shown_by) else value for name, value in values.items()
    }


def _entering(context: Context, material: str) -> Sequence[SupplyFacts]:
    """The supplies of a material and, under rules that question amounts, the material in lots."""
    return (*context.supplied(material), *(context.in_lots(material) if context.questions else ()))
