"""Energy is never waste: heat and power that leave a process carry their part of its burden.

By ISO 14044, products and co-products carry burdens, and waste carries no burden. A works that called its steam waste
would hand it on for free. Heat that is blown off needs no record.
"""

from collections.abc import Sequence
from typing import Final

from ledger.admission.lots import Created
from ledger.engine.bounds.process import is_energy
from ledger.errors import Refused

CODE: Final = "energy-waste"


def check_energy_roles(created: Sequence[Created]) -> None:
    """Raises Refused that lists each output of energy with the role waste or core."""
    wrong = [
        i for i, made in enumerate(created) if made.facts.role in ("waste", "core") and is_energy(made.facts.unit)
    ]
    if wrong:
        role = created[wrong[0]].facts.role
        raise Refused(
            f"{', '.join([f'outputs[{i}]' for i in wrong])}: power and heat with the role {role}", code=CODE,
            field=f"outputs[{wrong[0]}].role", value=role,
            rule="power and heat are product, coProduct or byProduct; heat that nobody uses has no lot",
        )
