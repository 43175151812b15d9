"""Step 7 of checking a statement: recomputes everything from the bodies at hand, with the same result.

The record's body gives the lots that it takes, the quantities and the allocation share. If the exact plugin version is
installed, it also gives the assessment. All results follow from these and the inputs' committed figures, and their root
must be the root that the log committed to. This also checks every value that came from the statement on the way, such
as the properties of input lots that sectors see. The module is pure: the caller provides the bodies, and no database is
needed.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from ledger.admission.activations import Activations, PluginActivation, Versions
from ledger.admission.apply import note
from ledger.admission.checks.goods import counted_lot
from ledger.admission.facts import LOT_SLOTS, Composition, LotFacts
from ledger.admission.lots import Plan
from ledger.admission.plan import ANY_TOLERANCE
from ledger.admission.plan import plan as plan_of
from ledger.admission.state import State, type_of
from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, LotLeaf, assessment_bytes, read
from ledger.core.receipts.statement import Claims, Input
from ledger.core.receipts.statement_steps import Proven
from ledger.core.record.canonical import decode_record
from ledger.core.record.canonical import digest as digest_of
from ledger.core.record.kinds import (
    Acceptance,
    Addition,
    AnyRecord,
    Consumption,
    Declaration,
    Facility,
    Product,
    ProductCompletion,
    Transfer,
    Transformation,
)
from ledger.core.record.units import convert
from ledger.core.record.values import Flow
from ledger.engine.assessing import assess
from ledger.engine.end_of_waste.returned import returned_in
from ledger.engine.figure_inputs import figure_inputs_of
from ledger.engine.inventory.moved import names_elsewhere
from ledger.engine.prepare import ask_sector, drafted
from ledger.engine.prepared import FigureInputs, Prepared, Submission
from ledger.engine.record_outcome import outcome_of
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError, Unavailable, VerificationError
from ledger.footprint.derived.statements import adjustment_of
from ledger.footprint.derived.study import facility_of, lot_sources, product_of, record_of, study_of
from ledger.footprint.stored.burdens import vector_of
from ledger.footprint.stored.figures import LotFigures

Bodies = Callable[[str, str], bytes | None]
"""Takes the digest in a record's entry, and the SHA-256 of the body to find: the two differ if the record was changed
since. Returns the body, None if it is not at hand."""

_UNNAMED: Final = ("", "")
"""The maker of generated power. A sector sees only that there was a maker."""

_STUDY: Final = {
    "stated": "stated", "boundary": "boundary", "reference_period_start": "referencePeriodStart",
    "reference_period_end": "referencePeriodEnd", "geography_country": "geographyCountry",
    "geography_subdivision": "geographySubdivision", "allocation": "allocation",
    "allocation_basis": "allocationBasis",
}
"""The fields of a study context that follow from bodies, with their names in a statement."""

_assessment = msgspec.json.Decoder(Assessment)


class Recomputed(NamedTuple):
    """The recomputed parts: `results` says whether the whole outcome was recomputed, `assessment` whether the plugin
    assessed the record again. `notes` list the other parts, with the reason."""

    results: bool
    assessment: bool
    notes: tuple[str, ...] = ()


def recompute_from_bodies(proven: Proven, bodies: Bodies, registry: Registry) -> Recomputed:
    """Raises VerificationError if the bodies contradict the statement."""
    leaf = proven.assessment
    if leaf is None:
        return Recomputed(False, False, ("not recomputed: the statement does not show how the figure is made",))
    body = _own_body(proven, bodies)
    if body is None:
        return Recomputed(False, False, (f"not recomputed: the body {_reads(proven)} is not at hand",))
    record = _decoded(body, "claims.digest")
    _check_flows(record, proven)
    state, named, missing = _named(proven, bodies)
    if missing:
        notes = tuple([f"not recomputed: the body {digest} is not at hand" for digest in missing])
        return Recomputed(False, False, notes)
    recomputed = _recomputed(proven, leaf, (record, body), state, registry)
    _check_study(proven, record, body, named)
    _check_data_end(proven, record)
    return recomputed


def _check_data_end(proven: Proven, record: AnyRecord) -> None:
    """The end of the data of a record with a period. The log's key vouches for the data of other records' inputs."""
    stated = proven.claims.data_end
    if isinstance(record, Transformation | Declaration) and stated != record.end:
        raise _fails("wrong-validity", "claims.dataEnd",
                     f"the statement says {stated}, but the record ends {record.end}", stated)


def _recomputed(
    proven: Proven, leaf: AssessmentLeaf, shown: tuple[AnyRecord, bytes], state: State, registry: Registry
) -> Recomputed:
    record, body = shown
    claims, entry = proven.claims, proven.entry
    submission = Submission(record, body, entry.digest, entry.keyid, entry.signature)
    versions = _versions(proven.claims, leaf)
    note = _not_installed(proven, registry, versions)
    try:
        _add_inputs(state, proven, record)
        plan = plan_of(_resolved(record, proven.inputs), state, ANY_TOLERANCE)
        _check_plan(proven, plan)
        committed = leaf.assessment
        if note is None and names_elsewhere(_assessment.decode(committed)):
            note = "not assessed again: a finding rests on another facility, which the statement does not disclose"
        if (lot := counted_lot(record)) is not None:
            # The statement does not disclose the goods of the group: the findings say how many kilograms there were.
            state.returned[lot] = returned_in(_assessment.decode(committed), plan)
        if note is None:
            draft = drafted(submission, plan, state, registry, versions)
            again = assessment_bytes(assess(draft, state, ask_sector(draft)))
            if again != committed:
                raise _fails("wrong-assessment", "claims.assessment",
                             "the recomputed assessment differs from the assessment that the log committed to")
        figure_inputs = figure_inputs_of(record, plan, state, _assessment.decode(committed))
        _check_share(proven, figure_inputs)
        figure_inputs = figure_inputs._replace(adjustment=adjustment_of(leaf))
        figures = {lot.lot: LotFigures(vector_of(read(lot.burdens)), read(lot.contents)) for lot in proven.inputs}
        outcome = outcome_of(Prepared(
            submission, plan, figure_inputs, committed, claims.plugin, versions,
            accepted_by=leaf.accepted_by, products=leaf.products), figures)
    except VerificationError:
        raise
    except (LedgerError, msgspec.DecodeError, KeyError, ArithmeticError) as error:
        raise _fails("not-recomputable", "claims.record", f"the record cannot be recomputed: {error}") from error
    if outcome.root != proven.outcome:
        raise _fails("wrong-outcome", "claims.result", "the recomputed results differ from the results that the log "
                     f"committed to: their root is {outcome.root.hex()}", proven.outcome.hex())
    return Recomputed(True, note is None, () if note is None else (note,))


def _own_body(proven: Proven, bodies: Bodies) -> bytes | None:
    return _checked(bodies, proven.claims.digest, _reads(proven), "claims.digest")


def _reads(proven: Proven) -> str:
    own = next(record for record in proven.claims.records if record.index == proven.claims.record)
    return own.reads or proven.claims.digest


def _checked(bodies: Bodies, digest: str, reads: str, field: str) -> bytes | None:
    body = bodies(digest, reads)
    if body is not None and digest_of(body).hex() != reads:
        raise _fails("wrong-body", field, f"the body given for {reads} has the digest {digest_of(body).hex()}", reads)
    return body


def _decoded(body: bytes, field: str) -> AnyRecord:
    try:
        return decode_record(body)
    except LedgerError as error:
        raise _fails("wrong-body", field, f"the body is not a record: {error.message}") from None


def _check_flows(record: AnyRecord, proven: Proven) -> None:
    """Checks that the body and the statement agree on the record's type, its basis, its inputs and their quantities."""
    claims = proven.claims
    basis = isinstance(record, Transformation) and record.basis == "provisional"
    if (claims.type, claims.provisional) != (type_of(record), basis):
        raise _fails("wrong-record", "claims.type", f"the body is of type {type_of(record)}, provisional: {basis}",
                     claims.type)
    flows = _flows(record)
    offset = len(proven.inputs) - len(flows)
    if isinstance(record, Acceptance):
        return
    if offset not in ((0, 1) if isinstance(record, Addition) else (0,)):
        raise _fails("wrong-input", "claims.inputs", f"the body takes from {len(flows)} lots, the statement from "
                     f"{len(proven.inputs)}", len(proven.inputs))
    for i, flow in enumerate(flows, start=offset):
        _check_flow(i, flow, claims.inputs[i], proven.inputs[i])


def _check_flow(index: int, flow: Flow, claimed: Input, lot: LotLeaf) -> None:
    """A flow names a lot, a pool, whose lots are `POOL:N`, or the product of a pool. In the latter two cases the
    statement names the lot."""
    field = f"claims.inputs[{index}]"
    if flow.lot not in (lot.lot, lot.lot.rpartition(":")[0], lot.product):
        raise _fails("wrong-input", f"{field}.shown", f"the body takes from {flow.lot!r}, not from {lot.lot!r}",
                     lot.lot)
    try:
        amount = convert(flow.quantity.amount, flow.quantity.unit, lot.quantity.unit)
    except LedgerError as error:
        raise _fails("wrong-part", f"{field}.quantity", error.message, claimed.quantity) from None
    if amount != Decimal(claimed.quantity):
        raise _fails("wrong-part", f"{field}.quantity", f"the body takes {flow.quantity} of {lot.lot!r}, the statement "
                     f"says {claimed.quantity} {lot.quantity.unit}", claimed.quantity)


def _flows(record: AnyRecord) -> list[Flow]:
    match record:
        case Transformation() | Consumption() | Addition():
            return record.inputs
        case Transfer():
            return [Flow(lot=record.lot, quantity=record.quantity)]
        case _:
            return []


def _resolved(record: AnyRecord, inputs: Sequence[LotLeaf]) -> AnyRecord:
    """The record with the lots that it takes from, in place of the pools and products that it names."""
    match record:
        case Transformation() | Consumption() | Addition():
            lots = inputs[len(inputs) - len(record.inputs):]
            flows = [replace(flow, lot=one.lot) for flow, one in zip(record.inputs, lots, strict=True)]
            return replace(record, inputs=flows)
        case Transfer():
            return replace(record, lot=inputs[0].lot)
        case _:
            return record


def _named(proven: Proven, bodies: Bodies) -> tuple[State, dict[str, dict[str, bytes]], list[str]]:
    """The state from the records that the record names, the bodies of products with their completions and of facilities
    by their id and by digest, and the digests of the missing bodies."""
    claims, named, missing = proven.claims, dict[str, dict[str, bytes]](), []
    state = State(claims.origin, claims.record)
    for i, digest in enumerate(claims.named):
        field = f"claims.named[{i}]"
        body = _checked(bodies, digest, digest, field)
        if body is None:
            missing.append(digest)
            continue
        try:
            record = _decoded(body, field)
            note(state, record, digest_of(body))
        except (LedgerError, KeyError) as error:
            raise _fails("wrong-body", field, f"the body cannot be applied: {error}", digest) from None
        if isinstance(record, Product | Facility):
            named[record.id] = {digest: body}
        elif isinstance(record, ProductCompletion):
            named[record.product][digest] = body
    return state, named, missing


def _check_study(
    proven: Proven, record: AnyRecord, body: bytes, named: Mapping[str, Mapping[str, bytes]]
) -> None:
    """Checks the fields of a study context that follow from the bodies, for a record that names the lot's facility."""
    claims, lot = proven.claims, proven.lot
    if claims.study is None or not isinstance(record, Transformation | Declaration):
        return
    site = named.get(record.facility or "", {}).values()
    facility = None if record.facility is None else facility_of(next(iter(site), None))
    sources = lot_sources(record_of(body), product_of(_bodies_of(proven, named.get(lot.product, {}))), facility)
    derived = study_of(sources, lot.quantity.unit, vector_of(read(lot.burdens)), claims.study.exempted_description)
    for name, field in _STUDY.items():
        stated, value = getattr(claims.study, name), getattr(derived, name)
        if stated != value:
            raise _fails("wrong-study", f"claims.study.{field}", f"the bodies give {value}, the statement says "
                         f"{stated}", stated)


def _bodies_of(proven: Proven, named: Mapping[str, bytes]) -> list[bytes]:
    """The bodies of the lot's product with the completions that count for it. A core keeps the product of its input."""
    lot, inputs = proven.lot, zip(proven.claims.inputs, proven.inputs, strict=True)
    used = next((claimed.facts.composition for claimed, one in inputs if one.product == lot.product), None)
    digests = list(named)
    if lot.role == "core" and any(one.product == lot.product for one in proven.inputs):
        last = digests[0] if used is None or used.edition is None else used.edition
        digests = digests[: digests.index(last) + 1]
    return [named[digest] for digest in digests]


def _add_inputs(state: State, proven: Proven, record: AnyRecord) -> None:
    """Adds the lots that the record takes from, as the record found them."""
    claims = proven.claims
    maker = (record.facility, record.process) if isinstance(record, Transformation) else None
    for claimed, leaf in zip(claims.inputs, proven.inputs, strict=True):
        state.lots[leaf.lot] = _lot(claimed, leaf, maker)
        state.remaining[leaf.lot] = Decimal(claimed.quantity)
    if isinstance(record, Addition) and claims.stock is not None:
        pool, _, number = claims.stock.rpartition(":")
        before = int(number) - 1 if number.isdecimal() else 0
        state.lines[pool] = (f"{pool}:{before}",) if before > 0 else ()


def _lot(claimed: Input, leaf: LotLeaf, maker: tuple[str, str] | None) -> LotFacts:
    """The facts of an input lot that the rules and the sector see."""
    facts, composition = claimed.facts, claimed.facts.composition
    return LotFacts(
        id=leaf.lot, number=claimed.record * LOT_SLOTS + claimed.shown.index - 1, product=leaf.product,
        holder=leaf.holder, role=leaf.role, quantity=leaf.quantity.amount, unit=leaf.quantity.unit,
        mass=None if facts.mass is None else Decimal(facts.mass), origin=facts.origin, item=facts.item,
        composition=None if composition is None else Composition(
            composition.materials, composition.elements, composition.fossil_carbon, composition.biogenic_carbon,
            composition.edition,
        ),
        maker=maker if facts.same_maker else _UNNAMED if facts.generated else None, owner=leaf.owner,
        sender=facts.sender, pool=facts.pool,
        credit=leaf.credit, expires=facts.expires, made=facts.made, since=facts.since,
    )


def _versions(claims: Claims, leaf: AssessmentLeaf) -> Versions:
    """The versions of rules, sector and factor sets that assessed the record, by the statement."""
    return Activations([
        PluginActivation(leaf.activation, one.name, one.version, one.digest, precedence=one.precedence)
        for one in claims.versions
    ]).versions(leaf.activation)


def _not_installed(proven: Proven, registry: Registry, versions: Versions) -> str | None:
    """The reason why the record cannot be assessed again here; None if it can."""
    claims = proven.claims
    if claims.plugin is not None:
        plugin = registry.version(claims.plugin.partition("/")[0], claims.plugin_digest or "")
        if plugin is None or plugin.tag != claims.plugin:
            return (f"not recomputed: the assessment by plugin {claims.plugin}, whose code with digest "
                    f"{claims.plugin_digest} is not installed here; it was taken as committed")
    try:
        for name in versions.sets:
            registry.factor_set(name, versions.plugins[name])
    except Unavailable as error:
        return f"not recomputed: {error.message}; the assessment was taken as committed"
    return None


def _check_plan(proven: Proven, plan: Plan) -> None:
    claims, place = proven.claims, proven.claims.result.index - 1
    taken = [(one.lot.id, one.quantity) for one in plan.taken]
    claimed = [(lot.lot, Decimal(one.quantity)) for one, lot in zip(claims.inputs, proven.inputs, strict=True)]
    if taken != claimed:
        raise _fails("wrong-part", "claims.inputs",
                     f"the body takes {_flows_text(taken)}, the statement says {_flows_text(claimed)}")
    made = [created.facts.id for created in plan.created]
    if place >= len(made) or made[place] != claims.lot:
        raise _fails("wrong-lot", "claims.lot", f"lot {place + 1} that the body makes is not {claims.lot!r}",
                     claims.lot)


def _check_share(proven: Proven, figure_inputs: FigureInputs) -> None:
    place = proven.claims.result.index - 1
    share = figure_inputs.shares[place] if figure_inputs.shares else 0.0
    if repr(share) != proven.claims.share:
        raise _fails("wrong-share", "claims.share", f"by the body, the lot's allocation share is {share!r}, "
                     f"not {proven.claims.share}", proven.claims.share)


def _flows_text(flows: Sequence[tuple[str, Decimal]]) -> str:
    return ", ".join([f"{quantity} of {lot}" for lot, quantity in flows]) or "nothing"


def _fails(code: str, field: str, message: str, value: object = None) -> VerificationError:
    return VerificationError(message, step=7, code=code, field=field, value=value)
