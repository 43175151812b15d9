"""Step 7 of checking a statement: with the bodies at hand, everything is done again and must come out the same.

What the record says gives which lots it takes, the parts, the share by its allocation, and, where the very plugin
version is installed, the assessment; with the inputs' committed figures all its results follow, and their root is the
one that the log committed to. So whatever was taken from the statement on the way (what sectors see of input lots) is
checked as well. Pure: bodies come from whoever asks. It needs no database.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from ledger.admission.apply import note
from ledger.admission.facts import LOT_SLOTS, Composition, LotFacts
from ledger.admission.lots import Plan
from ledger.admission.plan import ANY_TOLERANCE
from ledger.admission.plan import plan as plan_of
from ledger.admission.state import State, type_of
from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import LotLeaf, assessment_bytes, read
from ledger.core.receipts.statement import Input
from ledger.core.receipts.statement_steps import Proven
from ledger.core.record.canonical import decode_record
from ledger.core.record.canonical import digest as digest_of
from ledger.core.record.kinds import Acceptance, Addition, AnyRecord, Consumption, Transfer, Transformation
from ledger.core.record.units import convert
from ledger.core.record.values import Flow
from ledger.engine.account import account
from ledger.engine.prepare import FigureWork, Prepared, Submission, ask_sector, assess, work_of
from ledger.engine.sectors import Installed, Registry
from ledger.errors import LedgerError, VerificationError
from ledger.footprint.derived.statements import adjustment_of
from ledger.footprint.stored.burdens import vector_of
from ledger.footprint.stored.figures import LotFigures

Bodies = Callable[[str, str], bytes | None]
"""The body with a SHA-256 (the second argument) of the record whose entry has the digest in the first; they differ
where the record was changed since. None where there is no such body at hand."""

_UNNAMED: Final = ("", "")
"""The maker of power, as far as a sector sees it: that there was one."""

_assessment = msgspec.json.Decoder(Assessment)


class Recomputed(NamedTuple):
    """What was done again: `results` whether the whole outcome was, `assessment` whether by the plugin too; `notes`
    say what was not, and why."""

    results: bool
    assessment: bool
    notes: tuple[str, ...] = ()


def recompute_from_bodies(proven: Proven, bodies: Bodies, registry: Registry) -> Recomputed:
    """Raises VerificationError where the bodies give anything else than the statement says."""
    body = _own_body(proven, bodies)
    if body is None:
        return Recomputed(False, False, (f"not recomputed: the body {_reads(proven)} is not at hand",))
    record = _decoded(body, "claims.digest")
    _check_flows(record, proven)
    state, missing = _named(proven, bodies)
    if missing:
        return Recomputed(False, False, tuple([f"not recomputed: the body {one} is not at hand" for one in missing]))
    return _recomputed(proven, record, body, state, registry)


def _recomputed(
    proven: Proven, record: AnyRecord, body: bytes, state: State, registry: Registry
) -> Recomputed:
    claims, entry = proven.claims, proven.entry
    submission = Submission(record, body, entry.digest, entry.keyid, entry.signature)
    installed, note = _installed(proven, registry)
    try:
        _add_inputs(state, proven, record)
        plan = plan_of(_resolved(record, proven.inputs), state, ANY_TOLERANCE)
        _check_plan(proven, plan)
        committed = proven.assessment.assessment
        if note is None:
            again = assessment_bytes(assess(
                record, entry.digest, plan, state, ask_sector(record, plan, state, installed)
            ))
            if again != committed:
                raise _fails("wrong-assessment", "claims.assessment",
                             "the assessment, made again, is not the one that the log committed to")
        work = work_of(record, plan, state, _assessment.decode(committed))
        _check_share(proven, work)
        work = work._replace(adjustment=adjustment_of(proven.assessment))
        figures = {lot.lot: LotFigures(vector_of(read(lot.burdens)), read(lot.contents)) for lot in proven.inputs}
        outcome = account(Prepared(submission, plan, work, committed, claims.plugin, None), figures)
    except VerificationError:
        raise
    except (LedgerError, msgspec.DecodeError, KeyError, ArithmeticError) as error:
        raise _fails("not-recomputable", "claims.record", f"the record cannot be worked out again: {error}") from error
    if outcome.root != proven.outcome:
        raise _fails("wrong-outcome", "claims.result", "the results, made again, are not those that the log committed "
                     f"to: their root is {outcome.root.hex()}", proven.outcome.hex())
    return Recomputed(True, note is None, () if note is None else (note,))


def _own_body(proven: Proven, bodies: Bodies) -> bytes | None:
    return _checked(bodies, proven.claims.digest, _reads(proven), "claims.digest")


def _reads(proven: Proven) -> str:
    own = next(one for one in proven.claims.records if one.index == proven.claims.record)
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
        raise _fails("wrong-body", field, f"the body is no record: {error.message}") from None


def _check_flows(record: AnyRecord, proven: Proven) -> None:
    """That the record says of itself what the statement says: type, basis, what it takes and how much."""
    claims = proven.claims
    basis = isinstance(record, Transformation) and record.basis == "provisional"
    if (claims.type, claims.provisional) != (type_of(record), basis):
        raise _fails("wrong-record", "claims.type", f"the body is a {type_of(record)}, provisional: {basis}",
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


def _check_flow(index: int, flow: Flow, one: Input, lot: LotLeaf) -> None:
    """A flow names a lot; or a pool, whose lots are `POOL:N`, or the product of one, and then the statement which."""
    field = f"claims.inputs[{index}]"
    if flow.lot not in (lot.lot, lot.lot.rpartition(":")[0], lot.product):
        raise _fails("wrong-input", f"{field}.shown", f"the body takes from {flow.lot!r}, not from {lot.lot!r}",
                     lot.lot)
    try:
        amount = convert(flow.quantity.amount, flow.quantity.unit, lot.quantity.unit)
    except LedgerError as error:
        raise _fails("wrong-part", f"{field}.quantity", error.message, one.quantity) from None
    if amount != Decimal(one.quantity):
        raise _fails("wrong-part", f"{field}.quantity", f"the body takes {flow.quantity} of {lot.lot!r}, the statement "
                     f"says {one.quantity} {lot.quantity.unit}", one.quantity)


def _flows(record: AnyRecord) -> list[Flow]:
    match record:
        case Transformation() | Consumption() | Addition():
            return record.inputs
        case Transfer():
            return [Flow(lot=record.lot, quantity=record.quantity)]
        case _:
            return []


def _resolved(record: AnyRecord, inputs: Sequence[LotLeaf]) -> AnyRecord:
    """The record naming the very lots that it takes from, where it names a pool or a product."""
    match record:
        case Transformation() | Consumption() | Addition():
            lots = inputs[len(inputs) - len(record.inputs):]
            flows = [replace(flow, lot=one.lot) for flow, one in zip(record.inputs, lots, strict=True)]
            return replace(record, inputs=flows)
        case Transfer():
            return replace(record, lot=inputs[0].lot)
        case _:
            return record


def _named(proven: Proven, bodies: Bodies) -> tuple[State, list[str]]:
    """What the records say that the record names, and the digests of the bodies that are missing for it."""
    claims, missing = proven.claims, []
    state = State(claims.origin, claims.record)
    for i, digest in enumerate(claims.named):
        field = f"claims.named[{i}]"
        body = _checked(bodies, digest, digest, field)
        if body is None:
            missing.append(digest)
            continue
        try:
            note(state, _decoded(body, field), digest_of(body))
        except (LedgerError, KeyError) as error:
            raise _fails("wrong-body", field, f"nothing can be entered of the body: {error}", digest) from None
    return state, missing


def _add_inputs(state: State, proven: Proven, record: AnyRecord) -> None:
    """What the record takes from, as it was there."""
    claims = proven.claims
    maker = (record.facility, record.process) if isinstance(record, Transformation) else None
    for one, leaf in zip(claims.inputs, proven.inputs, strict=True):
        state.lots[leaf.lot] = _lot(one, leaf, maker)
        state.remaining[leaf.lot] = Decimal(one.quantity)
    if isinstance(record, Addition) and claims.stock is not None:
        pool, _, number = claims.stock.rpartition(":")
        before = int(number) - 1 if number.isdecimal() else 0
        state.lines[pool] = (f"{pool}:{before}",) if before > 0 else ()


def _lot(one: Input, leaf: LotLeaf, maker: tuple[str, str] | None) -> LotFacts:
    """An input lot, as far as the rules and the sector see it."""
    facts, held = one.facts, one.facts.composition
    return LotFacts(
        id=leaf.lot, number=one.record * LOT_SLOTS + one.shown.index - 1, product=leaf.product, holder=leaf.holder,
        role=leaf.role, quantity=leaf.quantity.amount, unit=leaf.quantity.unit,
        mass=None if facts.mass is None else Decimal(facts.mass), origin=facts.origin, item=facts.item,
        composition=None if held is None else Composition(
            held.materials, held.elements, held.fossil_carbon, held.biogenic_carbon
        ),
        maker=maker if facts.same_maker else _UNNAMED if facts.generated else None, owner=leaf.owner,
        sender=facts.sender, pool=facts.pool,
        credit=leaf.credit, expires=facts.expires,
    )


def _installed(proven: Proven, registry: Registry) -> tuple[Installed | None, str | None]:
    """The plugin version that assessed the record; or why its assessment is not made again."""
    claims = proven.claims
    if claims.plugin is None:
        return None, None
    found = registry.sector(claims.plugin.partition("/")[0])
    if found is not None and (found.tag, found.digest) == (claims.plugin, claims.plugin_digest):
        return found, None
    return None, (f"not recomputed: the assessment by plugin {claims.plugin}, whose code with digest "
                  f"{claims.plugin_digest} is not installed here; it was taken as committed")


def _check_plan(proven: Proven, plan: Plan) -> None:
    claims, place = proven.claims, proven.claims.result.index - 1
    taken = [(one.lot.id, one.quantity) for one in plan.taken]
    said = [(lot.lot, Decimal(one.quantity)) for one, lot in zip(claims.inputs, proven.inputs, strict=True)]
    if taken != said:
        raise _fails("wrong-part", "claims.inputs", f"the body takes {_told(taken)}, the statement says {_told(said)}")
    made = [created.facts.id for created in plan.created]
    if place >= len(made) or made[place] != claims.lot:
        raise _fails("wrong-lot", "claims.lot", f"the body makes another lot {place + 1} than {claims.lot!r}",
                     claims.lot)


def _check_share(proven: Proven, work: FigureWork) -> None:
    place = proven.claims.result.index - 1
    share = work.shares[place] if work.shares else 0.0
    if repr(share) != proven.claims.share:
        raise _fails("wrong-share", "claims.share", f"by the body the lot carries {share!r} of the record's burden, "
                     f"not {proven.claims.share}", proven.claims.share)


def _told(flows: Sequence[tuple[str, Decimal]]) -> str:
    return ", ".join([f"{quantity} of {lot}" for lot, quantity in flows]) or "nothing"


def _fails(code: str, field: str, message: str, value: object = None) -> VerificationError:
    return VerificationError(message, step=7, code=code, field=field, value=value)
