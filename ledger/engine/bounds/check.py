"""All bounds of a record, in one call."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import localcontext
from typing import Final

from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Assessment, Finding
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import AnyRecord, Declaration, Transfer, Transformation
from ledger.core.record.values import Supply
from ledger.engine.bounds.carbon.balance import CARRIED, check_carbon
from ledger.engine.bounds.carbon.delivered import CODE as DELIVERED
from ledger.engine.bounds.carbon.delivered import check_delivered
from ledger.engine.bounds.carbon.plastics import check_plastics
from ledger.engine.bounds.carbon.unnamed import check_unnamed
from ledger.engine.bounds.carriers import check_energy_roles, check_residual
from ledger.engine.bounds.credits import RESIDUE, check_credits
from ledger.engine.bounds.energy import check_energy
from ledger.engine.bounds.entering import entering
from ledger.engine.bounds.fuels import check_fuels
from ledger.engine.bounds.gases import check_dioxide, check_gases
from ledger.engine.bounds.leaving import leaving
from ledger.engine.bounds.matter import check_densities, check_matter
from ledger.engine.bounds.nature import check_nature
from ledger.engine.bounds.process import ZERO, Process
from ledger.engine.bounds.removals import check_declared, check_evidence, check_power, check_signs, lowers
from ledger.engine.bounds.unburnt import UNBURNT, check_unburnt
from ledger.sdk import NaturalInput

BY_SHARES: Final = (RESIDUE, DELIVERED, CARRIED)
"""Codes of findings whose amounts belong to the outputs that carry burdens, by their allocation shares."""
_NO_ROUTE: Final = "a record without a route"


def check_record(
    record: AnyRecord, plan: Plan, own: Assessment, whole: Assessment, nature: Iterable[NaturalInput] = ()
) -> None:
    """Checks all that no record may state, with or without factor sets. `own`: the sector's assessment, `whole`: the
    complete one; `nature`: the natural inputs of its route. Raises Refused, which lists the values that are allowed."""
    supplies = _supplies(record)
    process = record.process if isinstance(record, Transformation) else _NO_ROUTE
    if supplies:
        check_nature(supplies, tuple(nature), process)
        check_residual(supplies)
    check_energy_roles(plan.created)
    if isinstance(record, Declaration):
        check_declared(record.burdens, record.evidence)
    elif isinstance(record, Transformation):
        check_signs(own, whole)
        check_evidence(own, record.evidence)


def findings_of(process: Process) -> tuple[Finding, ...]:
    """The findings of all bounds on a transformation. Raises Refused for impossible amounts."""
    check_power(process.own)
    with localcontext(CONTEXT):
        outputs = leaving(process)
        findings = [*check_matter(process, outputs), *check_credits(process), *check_unburnt(process)]
        findings += [*check_densities(process)]
        findings += [*check_fuels(process), *check_unnamed(process), *check_gases(process), *check_dioxide(process)]
        findings += [*check_plastics(process)]
        # Steel out of steel needs no balance of carbon and energy: most records carry neither away.
        if lowers(process.own) or any(output.carbon or output.energy for output in outputs):
            into = entering(process)
            unburnt = sum((one.amount or ZERO for one in findings if one.code == UNBURNT), ZERO)
            findings += [*check_carbon(process, into, outputs, unburnt), *check_delivered(process, outputs)]
            findings += check_energy(process, into, outputs)
        return tuple(findings)


def _supplies(record: AnyRecord) -> Mapping[str, Supply]:
    """The supplies of a record by field: the ones of nature, and the ones with a factor of their own."""
    fields: tuple[tuple[str, Sequence[Supply]], ...] = ()
    if isinstance(record, Transformation):
        fields = (("supplies", record.supplies), ("overheads", record.overheads))
    elif isinstance(record, Transfer):
        fields = (("transport", record.transport), ("packaging", record.packaging))
    return {
        f"{field}[{i}]": supply for field, supplies in fields for i, supply in enumerate(supplies)
        if supply.origin == "nature" or supply.factor is not None
    }
