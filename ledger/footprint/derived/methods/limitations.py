"""The limitations of a recalculated figure, in words and kg CO2e."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.record.units import plain
from ledger.footprint.derived.recount import Recount, RecountWeight, StatedLine
from ledger.footprint.stored.burdens import METHOD

STORED_GWP: Final = "AR6"
"""The set of global warming potentials of every stored figure."""

_SHOWN: Final = 20
_NOUNS: Final = {
    "declarations": "declaration", "factors stated in CO2e": "factor", "other lines stated in CO2e": "source",
}


class RecountRequest(NamedTuple):
    """`allocation`: one key for all records; None: each record keeps its own."""

    method: str = METHOD
    gwp: str = STORED_GWP
    allocation: str | None = None

    @property
    def counts_anew(self) -> bool:
        """Whether the request changes the cut-off figure itself."""
        return self.gwp != STORED_GWP or self.allocation is not None


def limitations(request: RecountRequest, recount: Recount, weighed: RecountWeight) -> list[str]:
    """The limitations for a lot that carries the parts `weighed` of the records upstream."""
    stated = list(recount.stated(weighed))
    texts: list[str] = []
    if request.gwp != STORED_GWP:
        texts += _not_weighed(request.gwp, stated, recount.assigned(weighed))
    if request.method != METHOD or request.allocation is not None:
        texts += _declared([one for one in stated if one.group == "declarations"])
    averaged = recount.averaged(weighed)
    if request.counts_anew and averaged:
        texts.append(f"period averages of pools: {kilograms(averaged)}, settled with the stored figures when their "
                     "periods were closed.")
    return texts


def kilograms(amount: float) -> str:
    """Six digits without an exponent."""
    return f"{plain(Decimal(f'{amount:.6g}'))} kg CO2e"


def _not_weighed(gwp: str, stated: Sequence[StatedLine], assigned: float) -> Iterable[str]:
    for group, noun in _NOUNS.items():
        parts = [one.amount for one in stated if one.group == group]
        if parts:
            plural = "" if len(parts) == 1 else "s"
            yield f"{group}: {kilograms(sum(parts))} of {len(parts)} {noun}{plural}, which {gwp} cannot weigh anew."
    if assigned:
        yield f"assigned amounts: {kilograms(assigned)}, which {gwp} cannot weigh anew."


def _declared(stated: Iterable[StatedLine]) -> Iterable[str]:
    ranked = sorted(stated, key=lambda one: (-abs(one.amount), one.name))
    for line in ranked[:_SHOWN]:
        yield (f"declaration {line.name} ({line.source}) exists in one method and allocation only: "
               f"{kilograms(line.amount)} of the lot.")
    rest = ranked[_SHOWN:]
    if rest:
        yield (f"{len(rest)} more exist in one method and allocation only: "
               f"{kilograms(sum(one.amount for one in rest))} of the lot.")
