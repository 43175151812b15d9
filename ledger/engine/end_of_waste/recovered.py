"""Power and heat of waste that leave without burden, since those who hand in the waste pay for its treatment.

PACT 3 gives the burden of burning waste to the user of the energy, Catena-X to the maker of the waste. Both are
allowed, but one of the two sides carries it. A plant may leave it with a lot of service. Nobody has to take that lot,
also if a record of this ledger made the waste: a maker that takes an hour of it leaves the rest in stock for ever. So a
document shows who pays: a contract with a city or with the maker, or the invoices of gate fees. Without one, the energy
escapes it.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from typing import Final

from ledger.admission.lots import Created, Plan
from ledger.core.outcome.assessment import Finding, Span, UsualShare
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transformation
from ledger.core.record.units import UNITS
from ledger.core.record.values import Evidence
from ledger.sdk import PRODUCT_ROLES

CODE: Final = "waste-energy-free"
KINDS: Final = ("municipalContract", "treatmentContract", "gateFeeInvoice")
"""Kinds of documents, alone or before a colon and their subject, that show who pays for the treatment of waste."""
_NOTHING: Final = Decimal(0)
_STEP: Final = Decimal("0.000000001")


def free_energy(
    record: Transformation, plan: Plan, shares: Sequence[float]
) -> tuple[tuple[UsualShare, ...], tuple[Finding, ...]]:
    """The usual shares of power and heat that leave without burden beside a service, with their findings."""
    energy = [(i, made) for i, made in enumerate(plan.created) if _is_energy(made) and not (shares and shares[i])]
    served = any(_is_service(made) and share for made, share in zip(plan.created, shares, strict=False))
    burnt = any(lot.role == "waste" and mass for lot, _, mass in plan.taken)
    if not energy or not served or not burnt or _is_shown(record.evidence):
        return (), ()
    joules = [CONTEXT.multiply(made.facts.quantity, UNITS[made.facts.unit].scale) for _, made in energy]
    whole = reduce(CONTEXT.add, joules, _NOTHING)
    usual, findings = list[UsualShare](), list[Finding]()
    for (output, _), own in zip(energy, joules, strict=True):
        share = CONTEXT.divide(own, whole).quantize(_STEP, context=CONTEXT)
        usual.append(UsualShare(output=output, share=share, code=CODE))
        findings.append(Finding(
            code=CODE, output=output, value=_NOTHING, unit="share", usual=Span(low=share),
            message="energy of waste carries no burden, and no document shows who pays for the treatment",
        ))
    return tuple(usual), tuple(findings)


def _is_energy(made: Created) -> bool:
    return made.facts.role in PRODUCT_ROLES and UNITS[made.facts.unit].dimension == "energy"


def _is_service(made: Created) -> bool:
    return made.facts.role in PRODUCT_ROLES and not made.facts.mass and not _is_energy(made)


def _is_shown(evidence: Sequence[Evidence]) -> bool:
    return any(document.kind.partition(":")[0] in KINDS for document in evidence)
