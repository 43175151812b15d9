"""A residual mix comes from factor sets alone.

It is the mix of a whole market without the power whose attributes are claimed. An issuer's own number for it could only
make a figure better than the sets do, and could not be compared with anyone else's.
"""

from collections.abc import Mapping
from typing import Final

from ledger.core.record.values import Supply
from ledger.engine.bounds.process import is_energy
from ledger.errors import Refused

CODE: Final = "residual-mix"
_WORDS: Final = ("residual", "剩余", "残余")


def check_residual(supplies: Mapping[str, Supply]) -> None:
    """`supplies` by field. Raises Refused that lists each supply of energy whose own factor is called residual mix."""
    wrong = [field for field, supply in supplies.items() if _is_residual(supply)]
    if wrong:
        source = supplies[wrong[0]].factor
        raise Refused(
            f"{', '.join(wrong)}: the record states a residual mix of its own", code=CODE, field=f"{wrong[0]}.factor",
            value=None if source is None else source.source,
            rule="leave the factor out: the factor sets in force have the residual mix, and the grid's mix where no "
                 "residual mix is published; a contract is a factor with the supplier as its source, and its evidence",
        )


def _is_residual(supply: Supply) -> bool:
    if supply.factor is None or not is_energy(supply.quantity.unit):
        return False
    named = f"{supply.material} {supply.description or ''} {supply.factor.source}".lower()
    return any(word in named for word in _WORDS)
