"""The base of a record's figures: direct burdens, allocation shares, contents."""

from ledger.admission.facts import Facts
from ledger.admission.lots import Created, Plan, Supplied, Taken
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import Acceptance, Addition, AnyRecord, Declaration, Transfer, Transformation
from ledger.core.record.values import Output
from ledger.engine.end_of_waste.group import questioned_inputs
from ledger.engine.end_of_waste.origins import origin_limit
from ledger.engine.prepared import FigureInputs
from ledger.footprint.stored.allocation import Weighed, shares
from ledger.footprint.stored.attributes import Coverage, check_coverage, check_generated, coverage
from ledger.footprint.stored.burdens import direct
from ledger.footprint.stored.contents import Holding
from ledger.footprint.stored.mass_balance import Booking
from ledger.footprint.stored.question_shares import Bearing, BearingGood, known_material, parts_of_goods
from ledger.footprint.stored.supplies import composed, supplied_contents


def figure_inputs_of(record: AnyRecord, plan: Plan, facts: Facts, assessment: Assessment) -> FigureInputs:
    """Direct burdens, allocation shares and contents. Raises Refused for impossible allocation weights, and for green
    attributes that exceed the record's electricity."""
    maker = (record.facility, record.process) if isinstance(record, Transformation) else None
    provisional = isinstance(record, Transformation) and record.basis == "provisional"
    covering = _checked_coverage(plan, assessment) if isinstance(record, Transformation) else Coverage()
    shares_of_record = allocated(record, plan, assessment)
    return FigureInputs(
        direct(assessment, provisional=provisional),
        shares_of_record,
        tuple([_holding(created, facts) for created in plan.created]),
        supplied_contents(_matter(plan, assessment), facts) if isinstance(record, Transformation) else {},
        tuple([_recycled(taken, maker) for taken in plan.taken]),
        assessment.assigned,
        {name: [float(part) for part in parts] for name, parts in assessment.matter.items()},
        _booking(record, plan, facts),
        covered=float(covering.share),
        references=assessment.references,
        usual_shares=assessment.usual_shares,
        questioned=questioned_inputs(assessment),
        origins=origin_limit(record, plan, facts),
        bearing=_bearing(plan, shares_of_record, assessment) if isinstance(record, Transformation) else None,
    )


def _matter(plan: Plan, assessment: Assessment) -> list[Supplied]:
    """The supplies without the treatments of waste: the mass of a treatment is the mass of the waste, which came with
    other inputs."""
    treated = {line.supply for line in assessment.lines if line.kind == "treatment"}
    return [supplied for place, supplied in enumerate(plan.supplied) if place not in treated]


def _bearing(plan: Plan, carried: list[float], assessment: Assessment) -> Bearing | None:
    """The facts that the questions of a transformation follow. None if it has one output, or no goods."""
    if len(plan.created) < 2 or not carried:
        return None
    burdens: dict[int, float] = {}
    for reference in assessment.references:
        usual_burden = float(reference.mass) * float(reference.default)
        burdens[reference.output] = burdens.get(reference.output, 0.0) + usual_burden
    usual = {one.output: float(one.share) for one in assessment.usual_shares if one.amount is None}
    goods = [
        BearingGood(share, usual.get(i, 0.0), burdens.get(i, 0.0) if share or i in usual else 0.0)
        for i, share in enumerate(carried)
    ]
    supplied: dict[str, float] = {}
    for supply, mass in _matter(plan, assessment):
        if mass is not None:
            name = known_material(supply.material)
            supplied[name] = supplied.get(name, 0.0) + float(mass)
    return Bearing(parts_of_goods(goods), supplied)


def _checked_coverage(plan: Plan, assessment: Assessment) -> Coverage:
    covering = coverage(plan.taken, [*plan.supplied, *plan.overheads], plan.created, assessment.lines)
    check_coverage(covering, assessment)
    check_generated(plan.created, assessment)
    return covering


def _booking(record: AnyRecord, plan: Plan, facts: Facts) -> Booking | None:
    if not isinstance(record, Addition) or len(plan.created) < 2:
        return None
    pool = facts.pools[record.pool]
    return Booking(pool.attribute or "", float(plan.created[1].facts.quantity), float(pool.conversion))


def allocated(record: AnyRecord, plan: Plan, assessment: Assessment) -> list[float]:
    match record:
        case Transformation():
            weighed = [Weighed(_output(created), created.facts.mass) for created in plan.created]
            return shares(record.allocation, weighed, assessment)
        case Transfer() | Declaration() | Acceptance():
            # All burdens pass on, whatever the role: the burdens of transporting waste belong to the waste from now on.
            return [1.0] * len(plan.created)
        case Addition():
            return [0.0 if created.facts.role == "credit" else 1.0 for created in plan.created]
        case _:
            return []


def _output(created: Created) -> Output:
    if created.output is None:
        raise TypeError("every lot that a transformation creates must have an output")
    return created.output


def _holding(created: Created, facts: Facts) -> Holding:
    lot, output = created
    mass = float(lot.mass) if lot.mass is not None else 0.0
    if output is None or not mass:
        return Holding(mass, {}, False)
    composition = facts.composition(lot)
    return Holding(mass, composed(composition, mass), bool(composition.materials))


def _recycled(taken: Taken, maker: tuple[str, str] | None) -> str | None:
    """ISO 14021, 7.8.1.1: material that a process takes back from itself is not recycled content."""
    if maker is None or taken.lot.role != "waste" or taken.lot.maker == maker:
        return None
    return taken.lot.origin
