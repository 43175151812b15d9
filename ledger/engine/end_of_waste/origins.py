"""The origin of waste: no process makes an end user's waste of waste that no end user had.

Waste of production (`preConsumer`, ISO 14021) stays so through sorting, shredding and baling. A record that takes some
and makes more waste of end users than its other lots and bought scrap weigh is refused: recycled content would change
its kind. Bought scrap counts if a document shows it: its name alone explains nothing.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from ledger.admission.facts import Facts
from ledger.admission.lots import Plan
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Consumption, Transformation
from ledger.engine.end_of_waste.by_word import is_documented
from ledger.errors import Refused

RAISED: Final = "origin-raised"
_MORE: Final = Decimal("1.05")
"""Water and dust: two scales agree to a few per cent."""
_OLD: Final = ("scrap", "waste")
"""Words in the names of supplies that end users may have had."""
_NOTHING: Final = Decimal(0)


def check_origins(record: Transformation | Consumption, plan: Plan, facts: Facts) -> None:
    """Raises Refused for waste of end users that only waste of production can have become."""
    before = [(taken.lot, taken.mass) for taken in plan.taken]
    if not any(lot.role == "waste" and lot.origin == "preConsumer" for lot, _ in before):
        return
    others = [(lot, mass) for lot, mass in before if (lot.role, lot.origin) != ("waste", "preConsumer")]
    if any(mass is None and lot.role not in ("credit", "attribute") for lot, mass in others):
        return
    made = [made for made in plan.created if made.facts.origin == "postConsumer"]
    after = _mass(one.facts.mass for one in made)
    evidence = record.evidence if isinstance(record, Transformation) else ()
    bought = [one.mass for one in plan.supplied if any(word in one.supply.material.lower() for word in _OLD)
              and is_documented(one, evidence, facts)]
    other = _mass([*[mass for _, mass in others], *bought])
    if after > CONTEXT.multiply(other, _MORE):
        place = next(i for i, one in enumerate(plan.created) if one is made[0])
        raise Refused(
            f"outputs[{place}]: {after:f} kg of waste of end users out of {other:f} kg of things that are no waste of "
            "production", code=RAISED, field=f"outputs[{place}].origin", value="postConsumer",
            rule="waste that was preConsumer stays preConsumer, until somebody has used a good of it; bought scrap "
                 "counts with a document about it",
        )


def _mass(masses: Iterable[Decimal | None]) -> Decimal:
    total = _NOTHING
    for mass in masses:
        total = CONTEXT.add(total, mass or _NOTHING)
    return total
