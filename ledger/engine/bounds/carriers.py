"""Claims about energy that no record may make.

Energy is never waste. By ISO 14044, products and co-products carry burdens, and waste carries no burden. A works that
called its steam waste would hand it on for free. Heat that is blown off needs no record.

A residual mix comes from factor sets alone. It is the mix of a whole market without the power whose attributes are
claimed: an issuer's own number for it could only make a figure better than the sets do.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from ledger.admission.lots import Created
from ledger.core.record.values import Supply
from ledger.engine.bounds.process import is_energy
from ledger.errors import Refused

WASTE: Final = "energy-waste"
RESIDUAL: Final = "residual-mix"
_WORDS: Final = ("residual", "剩余", "残余")


def check_energy_roles(created: Sequence[Created]) -> None:
    """Raises Refused that lists each output of energy with the role waste or core."""
    wrong = [
        i for i, made in enumerate(created) if made.facts.role in ("waste", "core") and is_energy(made.facts.unit)
    ]
    if wrong:
        role = created[wrong[0]].facts.role
        raise Refused(
            f"{', '.join([f'outputs[{i}]' for i in wrong])}: power and heat with the role {role}", code=WASTE,
            field=f"outputs[{wrong[0]}].role", value=role,
            rule="power and heat are product, coProduct or byProduct; heat that nobody uses has no lot",
        )


def check_residual(supplies: Mapping[str, Supply]) -> None:
    """`supplies` by field. Raises Refused that lists each supply of energy whose own factor is called residual mix."""
    wrong = [field for field, supply in supplies.items() if _is_residual(supply)]
    if wrong:
        source = supplies[wrong[0]].factor
        raise Refused(
            f"{', '.join(wrong)}: the record states a residual mix of its own", code=RESIDUAL,
            field=f"{wrong[0]}.factor", value=None if source is None else source.source,
            rule="leave the factor out: the factor sets in force have the residual mix, and the grid's mix where no "
                 "residual mix is published; a contract is a factor with the supplier as its source, and its evidence",
        )


def _is_residual(supply: Supply) -> bool:
    if supply.factor is None or not is_energy(supply.quantity.unit):
        return False
    named = f"{supply.material} {supply.description or ''} {supply.factor.source}".lower()
    return any(word in named for word in _WORDS)
