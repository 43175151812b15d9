"""Who carries what treating waste emits: its generator, through a lot of treatment service; or the energy recovered.

Waste leaves its record without burden, so the burden of treating it has to come back as something that is taken: the
treatment makes a lot of service (a product without mass, counted in hours or in any unit that weighs nothing), hands it
to the generator, and the generator's record of the process that makes the waste takes it like any other input. So the
burden lands in the products that cause the waste, and no balance can be used twice. What is recovered besides (power,
heat, metal out of the ash) then leaves without burden, as cut-off has it. Where the energy is what the plant is run
for, it can be charged instead.
"""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_circular.common import UNBURDENED, check_carried
from ledger.sdk import ZERO, Context, Draft, OutputFacts, convert, is_energy

KEYS: Final = ("mass", "value", "energy", "moles", "declared")
"""Every key by which a record or an answer may allocate: none of them may move the burden elsewhere."""

Charged = Literal["generator", "energy"]


def is_service(output: OutputFacts) -> bool:
    """Whether a lot is neither a thing nor energy: treatment done for someone."""
    return output.role not in UNBURDENED and output.mass is None and not is_energy(output.quantity)


def charge(draft: Draft, context: Context, charged_to: Charged) -> None:
    """Weights that give the burden to the service lots by their quantity, or to the energy by its MJ.

    Finds what would keep the burden with the operator (warns), or give it to nobody (refuses).
    """
    carriers = [output for output in context.outputs if output.role not in UNBURDENED]
    if not carriers:
        if not context.outputs:
            draft.find("burden-retained", "there is no lot of service, so this record's emissions stay with it")
        check_carried(draft, context)
        return
    chosen = [is_service(output) if charged_to == "generator" else is_energy(output.quantity) for output in carriers]
    if not any(chosen):
        what = "lot of service" if charged_to == "generator" else "power or heat"
        draft.find("no-carrier", f"there are products, but no {what} that carries the burden", refuses=True)
        return
    services = {output.quantity.unit for output in carriers if is_service(output)}
    if charged_to == "generator" and len(services) > 1:
        draft.find("services-differ", f"services in {' and '.join(sorted(services))}: count all in one", refuses=True)
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
