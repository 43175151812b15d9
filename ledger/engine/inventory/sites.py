"""The inputs of a record that began at a site in another country or province."""

from decimal import Decimal
from typing import NamedTuple

from ledger.admission.facts import Facts, LotFacts, SiteFacts
from ledger.admission.lots import Plan
from ledger.core.record.kinds import Transformation


class FromElsewhere(NamedTuple):
    """`mass` kg of a lot, the input at `position`, which began at `site`."""

    position: int
    lot: LotFacts
    mass: Decimal
    site: SiteFacts


def from_elsewhere(record: Transformation, plan: Plan, facts: Facts) -> tuple[FromElsewhere, ...]:
    """The inputs with mass that began in another country or province. The verifier of a statement knows no other sites,
    so it finds no such input."""
    came = []
    for i, (lot, _, mass) in enumerate(plan.taken):
        place = lot.starting_place
        if place is None or place == record.facility or not mass:
            continue
        site, here = facts.facilities.get(place), facts.facilities[record.facility]
        if site is not None and (site.country != here.country or site.subdivision != here.subdivision):
            came.append(FromElsewhere(i, lot, mass, site))
    return tuple(came)
