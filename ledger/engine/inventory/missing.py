"""The minimal inventory of a route: the inputs without which it cannot run.

A record that does not state such an input leaves something out. The omission gets the usual amount of the route, priced
as the factor sets price it, so that silence never makes a figure look better (ISO 14044, 4.2.3.3; PACT 3: a proxy
rather than zero).

A need is met generously: any amount, by any name of `any_of`, as a supply, as a lot or as energy that the sector books.
`too_small` questions amounts with which no plant runs.
"""

from collections.abc import Iterable, Sequence

from ledger.core.outcome.assessment import Omission
from ledger.engine.inventory.stated import StatedInput
from ledger.engine.inventory.usual import SetPricer, usual_amount
from ledger.sdk import Context, Need


def unmet_needs(needs: Sequence[Need], inputs: Iterable[StatedInput]) -> list[Need]:
    """The needs that nothing meets. Reads no more inputs than it must."""
    unmet = list(needs)
    if not unmet:
        return unmet
    for stated in inputs:
        unmet = [need for need in unmet if not any(name in need.any_of for name in stated.names)]
        if not unmet:
            break
    return unmet


def omission_of(need: Need, context: Context, pricer: SetPricer) -> Omission:
    """The omission of a need that nothing meets, with the usual amount if the sets can price it."""
    what = f"{need.priced_as}, which the route needs"
    usual = usual_amount(need, context)
    price = None if usual is None else pricer.price(need.priced_as, usual, need.unit)
    return Omission(what=what, estimate=None if price is None else price.co2e)
