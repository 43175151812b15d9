"""The carrier of the emissions of waste treatment: the generator, by a lot of treatment service; or recovered energy.

Waste leaves its record without burden, so the burden of its treatment has to return as an input: the treatment makes a
lot of service (a product without mass, counted in hours or in another unit without mass) and transfers it to the
generator, and the generator's record of the process that makes the waste takes it like any other input. So the products
that cause the waste carry the burden, and no balance can be used twice. Recovered power, heat and metal out of the ash
then leave without burden (cut-off). If the plant is run for its energy, the energy can carry the burden instead.
"""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_circular.common import UNBURDENED, check_carried
from ledger.sdk import ZERO, Context, Draft, OutputFacts, convert, is_energy

KEYS: Final = ("mass", "value", "energy", "moles", "declared")
"""All allocation keys of records and answers: the carrier must be the same under each of them."""

Charged = Literal["generator", "energy"]


def is_service(output: OutputFacts) -> bool:
    """Whether a lot is a service of treatment: it has no mass and is no energy."""
    return output.role not in UNBURDENED and output.mass is None and not is_energy(output.quantity)


def charge(draft: Draft, context: Context, charged_to: Charged) -> None:
    """Weights that give the burden to the service lots by their quantity, or to the energy by its MJ.

    Warns if the burden would stay with the operator; refuses if no output could carry it.
    """
    carriers = [output for output in context.outputs if output.role not in UNBURDENED]
    if not carriers:
        if not context.outputs:
            draft.find("burden-retained", "there is no lot of service, so this record's emissions stay with it")
        check_carried(draft, context)
        return
    chosen = [is_service(output) if charged_to == "generator" else is_energy(output.quantity) for output in carriers]
    if not any(chosen):
        carrier = "lot of service" if charged_to == "generator" else "power or heat"
        draft.find("no-carrier", f"there are products, but no {carrier} that carries the burden", refuses=True)
        return
    services = {output.quantity.unit for output in carriers if is_service(output)}
    if charged_to == "generator" and len(services) > 1:
        draft.find(
            "services-differ", f"services in {' and '.join(sorted(services))}: count all in the same unit",
            refuses=True,
        )
        return
    weights = [_weight(output, charged_to) for output in context.outputs]
    for key in KEYS:
        draft.weigh(key, weights)


def _weight(output: OutputFacts, charged_to: Charged) -> Decimal:
    if output.role in UNBURDENED:
        return ZERO
    if charged_to == "generator":
        return output.quantity.amount if is_service(output) else ZERO
    amount, unit = output.quantity.amount, output.quantity.unit
    return convert(amount, unit, "3B") if is_energy(output.quantity) else ZERO
