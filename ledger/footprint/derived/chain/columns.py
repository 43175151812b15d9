"""The data of a chain's lots and records, column by column, in the order of its arrays."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, TypeVar, overload

from ledger.footprint.derived.chain.arrays import Floats
from ledger.footprint.derived.findings import ListedFinding

_Value = TypeVar("_Value")


class Amounts(Sequence[Decimal]):
    """Amounts that stay decimal strings until they are accessed: callers look at few of a chain's flows."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, place: int) -> Decimal: ...

    @overload
    def __getitem__(self, place: slice) -> "Amounts": ...

    def __getitem__(self, place: "int | slice") -> "Decimal | Amounts":
        texts = self._texts[place]
        return Decimal(texts) if isinstance(texts, str) else Amounts(texts)


class LotColumns(NamedTuple):
    """Lots in the order of `Arrays.numbers`. `quantities`: of whole lots, decimal strings. `burdens`: of whole lots,
    lots x burdens. `remaining`: the balance of each lot, decimal strings; None if it was not requested or is hidden."""

    ids: Sequence[str]
    products: Sequence[str]
    holders: Sequence[str]
    roles: Sequence[str]
    quantities: Sequence[str]
    units: Sequence[str]
    items: Sequence[str | None]
    pools: Sequence[str | None]
    facilities: Sequence[str | None]
    processes: Sequence[str | None]
    burdens: Floats
    remaining: Sequence[str | None] | None = None

    def at(self, rows: Sequence[int]) -> "LotColumns":
        """The lots at these positions."""
        return LotColumns(
            ids=_at(self.ids, rows), products=_at(self.products, rows), holders=_at(self.holders, rows),
            roles=_at(self.roles, rows), quantities=_at(self.quantities, rows), units=_at(self.units, rows),
            items=_at(self.items, rows), pools=_at(self.pools, rows), facilities=_at(self.facilities, rows),
            processes=_at(self.processes, rows), burdens=self.burdens[list(rows)],
            remaining=None if self.remaining is None else _at(self.remaining, rows),
        )


class Records(NamedTuple):
    """Records in the order of `Arrays.records`. By log index: `times` of the first and last addition to each pool, and
    the `findings` of records that have any."""

    digests: Sequence[str]
    types: Sequence[str]
    issuers: Sequence[str]
    times: Mapping[int, str] = {}
    findings: Mapping[int, Sequence[ListedFinding]] = {}

    def at(self, rows: Sequence[int]) -> "Records":
        """The records at these positions."""
        return self._replace(
            digests=_at(self.digests, rows), types=_at(self.types, rows), issuers=_at(self.issuers, rows))


def _at(values: Sequence[_Value], rows: Sequence[int]) -> list[_Value]:
    return [values[row] for row in rows]
