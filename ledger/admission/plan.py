"""The rules that immutable facts decide, by record type. `plan` may run anywhere, ahead of the lock."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from ledger.admission.attributes import check_made, check_retired, check_used
from ledger.admission.credits import RECYCLING, check_claim, check_recycled
from ledger.admission.custody import check_leaving
from ledger.admission.facts import LOT_SLOTS, Facts
from ledger.admission.handover import acceptance_plan, transfer_plan
from ledger.admission.lots import (
    Created,
    Plan,
    Taken,
    check_fractions,
    check_operated,
    check_prefix_of,
    create,
    supply,
    take,
)
from ledger.admission.matter import check_elements, check_kept, check_mass
from ledger.admission.naming import check_plain_names
from ledger.admission.parties import (
    check_activation,
    check_key_change,
    check_organization,
    check_prime_order_keys,
)
from ledger.admission.periods import check_attestation, closing_plan, unknown_record
from ledger.admission.reports import check_report
from ledger.admission.rules import Rule
from ledger.admission.stock import addition_plan, pool_plan
from ledger.admission.times import check_bounded, check_period, check_time
from ledger.core.assessment import ADDITIVE, ENERGY, OF_WHICH, REMOVALS
from ledger.core.identifiers import check_identifier
from ledger.core.records import (
    Acceptance,
    Activation,
    Addition,
    Amendment,
    AnyRecord,
    Attestation,
    Closing,
    Consumption,
    Declaration,
    Erasure,
    Facility,
    KeyChange,
    Organization,
    Pool,
    Product,
    Reopening,
    Report,
    Transfer,
    Transformation,
)
from ledger.core.residue import is_residue
from ledger.core.units import check_pieces, convert, unit
from ledger.core.values import Output
from ledger.errors import Refused

_NO_TOLERANCE = _NONE = Decimal(0)
_DECLARABLE = frozenset(ADDITIVE + OF_WHICH + ENERGY)


def plan(
    record: AnyRecord, facts: Facts, tolerance: Decimal = _NO_TOLERANCE, before: int | None = None,
    element_tolerance: Decimal | None = None,
) -> Plan:
    """What the record would do; `tolerance` is its sector's for the mass rule, `element_tolerance` for the balances of
    elements, which are not looked at without one. Raises Refused or InvalidInput.

    A refusal whose code is in `lots.DEFERRABLE` may be cured by a record that is sequenced before this one. `before`:
    of an amended record, the lot number that its inputs lie below; its own index says which rules apply to it.
    """
    rules = facts.rules.version(None if before is None else before // LOT_SLOTS).rules
    if Rule.BOUNDED_TIMES in rules:
        check_bounded(record)
    found = _plan(record, facts, tolerance, before, element_tolerance)
    if Rule.PLAIN_NAMES in rules:
        check_plain_names(record, found)
    if Rule.PRIME_ORDER_KEYS in rules:
        check_prime_order_keys(record)
    return found


def _plan(
    record: AnyRecord, facts: Facts, tolerance: Decimal, before: int | None, element_tolerance: Decimal | None
) -> Plan:
    match record:
        case Transformation():
            return _transformation(record, facts, tolerance, element_tolerance, before)
        case Transfer():
            return transfer_plan(record, facts, before)
        case Consumption():
            return _consumption(record, facts, before)
        case Declaration():
            return _declaration(record, facts)
        case Acceptance():
            return acceptance_plan(record, facts)
        case Addition():
            return addition_plan(record, facts, before)
        case Pool():
            return pool_plan(record, facts)
        case Closing():
            return closing_plan(record, facts, before)
        case Attestation():
            check_attestation(record, facts)
        case Report():
            check_report(record, facts)
        case Reopening():
            found = facts.records.get(record.closing)
            if found is None or found.issuer != record.issuer or found.type != "closing":
                raise unknown_record(record.closing, "closing")
        case Amendment():
            _amendment(record, facts)
        case Erasure():
            if record.record not in facts.records:
                raise Refused(f"record: {record.record} is not on the log", code="unknown-record", field="record",
                              value=record.record, rule="the digest of a record on the log")
        case Product():
            _product(record, facts)
        case Facility():
            _facility(record, facts)
        case Organization():
            check_organization(record)
        case KeyChange():
            check_key_change(record)
        case Activation():
            check_activation(record)
    return Plan()


def _transformation(
    record: Transformation, facts: Facts, tolerance: Decimal, element_tolerance: Decimal | None, before: int | None
) -> Plan:
    check_operated(facts, record.issuer, record.facility)
    check_period(record.start, record.end)
    taken = take(facts, record.issuer, record.inputs, before)
    _check_credits_in(record, taken)
    check_used(record, [one.lot for one in taken], facts)
    found = Plan(
        taken,
        create(
            facts, record.issuer, record.outputs, [one.lot for one in taken], maker=(record.facility, record.process)
        ),
        supply(facts, record.supplies),
    )
    cores = {one.lot.product for one in taken if one.lot.role == "core"}
    for i, (lot, output) in enumerate(found.created):
        if lot.role == "core" and lot.product not in cores:
            raise _core(f"outputs[{i}]", "a core comes of a core of its product, of a consumption, or is declared")
        if output is not None and output.previous_life is not None:
            raise _core(f"outputs[{i}].previousLife", "only a declared core states its previous life")
    _check_core_quantity([one for one in taken if one.lot.role == "core"], found.created)
    check_mass(found, tolerance)
    if element_tolerance is not None:
        check_elements(found, facts, element_tolerance)
    check_recycled([(one.lot, one.mass) for one in taken], [one.facts for one in found.created])
    check_made(record, [one.facts for one in found.created])
    check_kept(record.issuer, found, tolerance)
    lives = {one.lot.item: one.lot.previous_life for one in taken if one.lot.role == "core" and one.lot.item}
    return found._replace(created=tuple([_with_life(one, lives) for one in found.created])) if lives else found


def _with_life(created: Created, lives: Mapping[str, str | None]) -> Created:
    """What is made of a core, as the same item, names the life that the core had."""
    life = lives.get(created.facts.item or "")
    return created if life is None else created._replace(facts=replace(created.facts, previous_life=life))


def _check_credits_in(record: Transformation, taken: Sequence[Taken]) -> None:
    """Credits of a mass balance go in before they expire; those of recycling are used up by claims alone."""
    for i, (lot, _, _) in enumerate(taken):
        if lot.role != "credit":
            continue
        if lot.credit is not None and (lot.credit.startswith(RECYCLING) or record.end > (lot.expires or record.end)):
            raise Refused(
                f"inputs[{i}].lot: {lot.id!r} stands for {lot.credit}, until {lot.expires}", code="credit-form",
                field=f"inputs[{i}].lot", value=lot.id,
                rule="credits of a mass balance go into a record that ends within their balance period",
            )
        if lot.credit is not None and lot.maker is not None and lot.maker[0] != record.facility:
            raise Refused(
                f"facility: {lot.id!r} was booked at {lot.maker[0]}", code="credit-form", field="facility",
                value=record.facility, rule="credits of a mass balance are used at the site of their pool",
            )


def _amendment(record: Amendment, facts: Facts) -> None:
    seen: set[str] = set()
    for i, change in enumerate(record.changes):
        found = facts.records.get(change.record)
        if found is None or found.issuer != record.issuer:
            raise unknown_record(change.record, f"changes[{i}].record")
        if change.record in seen or (change.withdrawn == bool(change.fields) and not is_residue(record)):
            raise Refused(
                f"changes[{i}]: either fields or a withdrawal, and each record once", code="amendment-form",
                field=f"changes[{i}]", value=change.record, rule="fields that change, or `withdrawn`",
            )
        seen.add(change.record)


def _consumption(record: Consumption, facts: Facts, before: int | None) -> Plan:
    check_time(record.time, "time")
    taken = take(facts, record.issuer, record.inputs, before)
    check_leaving(record, [one.lot for one in taken])
    check_claim(record, [one.lot for one in taken], facts)
    check_retired(record, [one.lot for one in taken], facts)
    if record.on_behalf_of is not None and record.on_behalf_of not in facts.organizations:
        raise Refused(
            f"onBehalfOf: {record.on_behalf_of!r} is not enrolled", code="unknown-organization", field="onBehalfOf",
            value=record.on_behalf_of, rule="an organisation that is enrolled",
        )
    created = create(facts, record.issuer, record.outputs, [one.lot for one in taken])
    for i, (lot, output) in enumerate(created):
        if lot.role not in ("waste", "core"):
            raise Refused(
                f"outputs[{i}].role: {lot.role}", code="role", field=f"outputs[{i}].role", value=lot.role,
                rule="a consumption leaves waste and cores only",
            )
        if output is not None and output.previous_life is not None:
            raise _core(f"outputs[{i}].previousLife", "the consumed lot is the previous life; none is stated")
        if lot.role == "core" and len(taken) != 1:
            raise _core(f"outputs[{i}]", "a core comes of one consumed lot")
        if lot.role == "core" and lot.item != taken[0].lot.item:
            raise _core(f"outputs[{i}].item", f"a core keeps the item of the lot that it was: {taken[0].lot.item}")
    _check_core_quantity(taken, created)
    found = Plan(taken, created)
    check_mass(found, _NO_TOLERANCE)
    return found


def _check_core_quantity(taken: Sequence[Taken], created: Sequence[Created]) -> None:
    """No more cores come back than things of their product went in."""
    left: dict[str, Decimal] = {}
    for one in taken:
        left[one.lot.product] = left.get(one.lot.product, _NONE) + one.quantity
    for i, (lot, _) in enumerate(created):
        if lot.role == "core":
            left[lot.product] = left.get(lot.product, _NONE) - lot.quantity
            if left[lot.product] < _NONE:
                raise _core(f"outputs[{i}].quantity", "there are at most as many cores as what they were")


def _declaration(record: Declaration, facts: Facts) -> Plan:
    check_period(record.start, record.end)
    for name in (record.facility, record.collector):
        if name is not None:
            check_identifier(name, "facility" if name == record.facility else "collector")
    _check_burdens(record)
    if record.per is not None:
        unit(record.per.unit, "per.unit")
    if (record.lot is None) == (record.per is None):
        raise Refused(
            "a declaration has either `lot` or `per`", code="declaration-form", field="lot",
            rule="it creates one lot, or gives figures per a quantity",
        )
    if record.lot is None:
        if record.basis == "opening":
            raise Refused("opening stock is a lot", code="declaration-form", field="basis", value=record.basis,
                          rule="basis `opening` declares a lot, not figures per a quantity")
        return Plan()
    return _declared_lot(record, record.lot, facts)


def _declared_lot(record: Declaration, lot: Output, facts: Facts) -> Plan:
    if lot.role not in ("product", "waste", "core"):
        raise Refused(
            f"lot.role: {lot.role}", code="role", field="lot.role", value=lot.role,
            rule="a declared lot is product, waste or core",
        )
    if lot.role == "core" and lot.previous_life is None:
        raise _core("lot.previousLife", "a declared core names its previous life or estimates its age")
    if lot.role != "core" and lot.previous_life is not None:
        raise _core("lot.previousLife", "only a core has a previous life")
    life = lot.previous_life
    if life is not None and (life.record is None) == (life.estimated_years is None):
        raise _core("lot.previousLife", "either the record that ended it, or an estimate of its age")
    if lot.role != "product" and record.burdens:
        raise Refused(
            f"burdens of a lot of role {lot.role}", code="burdened-waste", field="burdens",
            rule="waste and cores enter without burden (cut-off)",
        )
    if record.basis == "opening":
        check_operated(facts, record.issuer, record.facility)
    collected = record.basis == "collected"
    proved = is_residue(record) or (record.collector is not None and record.evidence)
    if collected and (lot.role == "product" or not proved):
        raise Refused(
            "a collected lot is waste or core, and names its collector and evidence", code="collected", field="basis",
            value=record.basis, rule="basis `collected`: role waste or core, collector, at least one evidence",
        )
    return Plan(created=create(facts, record.issuer, [lot], (), field="lot"))


def _check_burdens(record: Declaration) -> None:
    if record.boundary == "none" and record.burdens:
        raise Refused(
            "burdens without a boundary", code="declaration-form", field="burdens",
            rule="boundary `none` declares no burdens",
        )
    for name, text in record.burdens.items():
        if name not in _DECLARABLE:
            raise Refused(
                f"burdens.{name} is not a burden", code="unknown-burden", field=f"burdens.{name}", value=name,
                rule="one of " + " ".join(ADDITIVE + OF_WHICH + ENERGY),
            )
        negative = text.startswith("-")
        if text != "0" and negative != (name in REMOVALS):
            raise Refused(
                f"burdens.{name} is {text}", code="burden-sign", field=f"burdens.{name}", value=text,
                rule="removals are zero or negative, all other burdens zero or positive",
            )


def _product(record: Product, facts: Facts) -> None:
    check_prefix_of(facts, record.issuer, record.id, "id", "product")
    dimension = unit(record.unit, "unit").dimension
    if record.mass_per_unit is not None:
        kilograms = convert(record.mass_per_unit.amount, record.mass_per_unit.unit, "KGM", "massPerUnit")
        if dimension == "mass" and kilograms != convert(Decimal(1), record.unit, "KGM", "massPerUnit"):
            raise Refused(
                f"massPerUnit {record.mass_per_unit} of a product counted in {record.unit}", code="two-masses",
                field="massPerUnit", value=record.mass_per_unit, rule="a product counted in a mass weighs its unit",
            )
    check_fractions(record.materials, "materials")
    check_fractions(record.elements, "elements")
    carbon = {"fossil": record.fossil_carbon or "0", "biogenic": record.biogenic_carbon or "0"}
    check_fractions(carbon, "carbon contents")


def _facility(record: Facility, facts: Facts) -> None:
    check_prefix_of(facts, record.issuer, record.id, "id", "facility")
    if record.subdivision is not None and not record.subdivision.startswith(record.country + "-"):
        raise Refused(
            f"subdivision {record.subdivision} is not in {record.country}", code="subdivision", field="subdivision",
            value=record.subdivision, rule="an ISO 3166-2 code of the country",
        )
    if record.park is not None:
        check_identifier(record.park, "park")
    if record.capacity is not None:
        check_pieces(record.capacity.amount, record.capacity.unit, "capacity")


def _core(field: str, rule: str) -> Refused:
    return Refused(f"{field}: {rule}", code="core", field=field, rule=rule)
