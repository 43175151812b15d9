"""Green attributes: lots that stand for power of a renewable source, made beside the power, used up with power.

An attribute carries neither burden nor mass. It is the only thing that makes power green in a market-based figure
(GHG Protocol, Scope 2 Guidance, chapter 7): one kWh was generated, so one kWh is said to be green, once, by whoever
holds the attribute: in a market, here a country, and in a period within its validity. The power itself, whoever gets
it, then counts as what is left (residual mix).
"""

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from typing import Final, NamedTuple

from ledger.admission.checks.times import check_period
from ledger.admission.facts import Facts, LotFacts, ProductFacts
from ledger.core.record.kinds import Closing, Consumption, Transfer, Transformation
from ledger.core.record.units import POWER_UNITS, plain, unit
from ledger.core.record.values import UNBURDENED, Output
from ledger.errors import Refused

ROLE: Final = "attribute"

MONTHS: Final = 24
"""How long an attribute is valid at most, from the month of its generation on, as China's green certificates are (rules
of the National Energy Administration of 2024); guarantees of origin in Europe expire after 18."""

LEAVING: Final = ("retired", "soldOutside", "exported", "loss", "stockCorrection")
"""Purposes by which an attribute leaves the ledger; only `retired` says of power that it was green."""

_MEGAJOULES: Final = Decimal("3.6")
_A_YEAR: Final = 12
_CONTEXT: Final = Context(prec=34)
_NONE: Final = Decimal(0)


class Generated(NamedTuple):
    """What an attribute stands for. `market`: the country in which it may be used; `start`: from when on."""

    carrier: str
    technology: str
    market: str
    start: str

    def __str__(self) -> str:
        return f"{ROLE}:{self.carrier}:{self.technology}:{self.market}:{self.start}"


def generated(lot: LotFacts) -> Generated:
    """What a lot of role attribute stands for."""
    carrier, technology, market, start = (lot.credit or "").removeprefix(f"{ROLE}:").split(":", 3)
    return Generated(carrier, technology, market, start)


def kilowatt_hours(amount: Decimal, code: str) -> Decimal:
    """An energy in kWh, in 34 digits: for comparisons and ratios, since 1 MJ in kWh never ends."""
    return _CONTEXT.divide(_CONTEXT.multiply(amount, unit(code).scale), _MEGAJOULES)


def total_power(lots: Iterable[tuple[LotFacts, Decimal]]) -> Decimal:
    """KWh of quantities of lots that are counted in watt hours."""
    total = _NONE
    for lot, quantity in lots:
        total = _CONTEXT.add(total, kilowatt_hours(quantity, lot.unit))
    return total


def is_power(lot: LotFacts) -> bool:
    """Whether a lot is electricity: watt hours measure nothing else here."""
    return lot.role != ROLE and lot.unit in POWER_UNITS


def is_generated(lot: LotFacts) -> bool:
    """Whether it is power that a record of this ledger made: a declared lot has no maker."""
    return is_power(lot) and (lot.maker is not None or lot.pool is not None)


def check_attribute(output: Output, product: ProductFacts, country: str | None, field: str) -> str | None:
    """What a lot of role attribute stands for, None for every other lot. `country`: of the transformation's facility,
    none where the record is no transformation."""
    if (output.role == ROLE) != (output.attribute is not None):
        raise _form(f"{field}.attribute", output.role, "lots of that role say what they stand for, and no others do")
    attribute = output.attribute
    if attribute is None:
        return None
    if country is None:
        raise _form(f"{field}.role", output.role, "attributes are made by the transformation that generates the power")
    if product.unit not in POWER_UNITS:
        raise _form(f"{field}.product", product.id, "attributes are counted as their power is: KWH, MWH or GWH")
    for name in ("mass", "item", "materials", "elements", "heating_value", "moles"):
        stated = getattr(output, name)
        if stated:
            raise _form(f"{field}.{name.replace('heating_value', 'heatingValue')}", stated,
                        "an attribute is no thing: it has neither mass nor item nor composition nor heat")
    return str(Generated(attribute.carrier, attribute.technology, country, attribute.start))


def check_made(record: Transformation, created: Sequence[LotFacts]) -> None:
    """Refuses attributes without their power, for more than it, or with a validity that cannot be. How much of the
    power is of renewable origin, the sector says: see `footprint.stored.attributes`."""
    attributes = [(i, lot) for i, lot in enumerate(created) if lot.role == ROLE]
    if not attributes:
        return
    for i, lot in attributes:
        _check_validity(record, generated(lot).start, lot.expires or "", f"outputs[{i}].attribute")
    power = total_power([(lot, lot.quantity) for lot in created if is_power(lot) and lot.role not in UNBURDENED])
    stated = total_power([(lot, lot.quantity) for _, lot in attributes])
    if stated > power:
        field = f"outputs[{attributes[0][0]}].quantity"
        raise _excess(field, f"attributes of {plain(stated)} kWh beside {plain(power)} kWh of electricity", stated,
                      f"attributes are made beside the electricity that they are of, at most {plain(power)} KWH")


def _check_validity(record: Transformation, start: str, end: str, field: str) -> None:
    try:
        check_period(start, end)
    except Refused as error:
        raise Refused(f"{field}: {error.message}", code=error.code, field=f"{field}.{error.field}", value=error.value,
                      rule=error.rule) from None
    month = f"{record.start[:7]}-01T00:00:00Z"
    if start < month or end > _months_after(month, MONTHS):
        raise _form(field, f"{start} to {end}", f"valid from {month}, the month of generation, at the earliest, and "
                                                f"for {MONTHS} months from then at most")


def _months_after(month: str, months: int) -> str:
    """The first day of the calendar month that comes so many months after one."""
    years, rest = divmod(int(month[5:7]) - 1 + months, _A_YEAR)
    return f"{int(month[:4]) + years:04d}-{rest + 1:02d}-01T00:00:00Z"


def check_used(record: Transformation, taken: Sequence[LotFacts], facts: Facts) -> None:
    """Attributes as inputs: the issuer's own, valid all through the period, in the market of the facility. That no more
    of them go in than electricity is used, the assessment decides: see `footprint.stored.attributes`."""
    for i, lot in enumerate(taken):
        if lot.role != ROLE:
            continue
        field = f"inputs[{i}].lot"
        if lot.owned_by != record.issuer:
            raise Refused(f"{field}: {lot.id!r} belongs to {lot.owned_by}", code="not-owner", field=field, value=lot.id,
                          rule="only the owner of an attribute uses it")
        _check_valid(lot, record.start, record.end, field)
        _check_market(lot, record.facility, facts, field)


def check_retired(record: Consumption, taken: Sequence[LotFacts], facts: Facts) -> None:
    """Attributes leave by being retired, for power used at a facility in a period; or for good, without a claim."""
    attributes = [(i, lot) for i, lot in enumerate(taken) if lot.role == ROLE]
    for i, lot in attributes:
        if record.purpose not in LEAVING:
            raise _form(f"inputs[{i}].lot", lot.id, f"an attribute leaves by one of: {' '.join(LEAVING)}")
    if record.purpose != "retired" or not attributes:
        for name in ("facility", "start", "end"):
            if getattr(record, name) is not None:
                raise _form(name, getattr(record, name), "only attributes are retired for a facility and a period")
        return
    if len(attributes) < len(taken):
        raise _form("inputs", record.purpose, "attributes are retired by themselves")
    if record.outputs:
        raise _form("outputs", record.outputs[0].lot, "nothing is made of retired attributes")
    if record.facility is None or record.start is None or record.end is None:
        raise _form("facility", record.facility, "attributes are retired for a facility, and from start to end")
    check_period(record.start, record.end)
    _check_served(record, record.facility, facts)
    for i, lot in attributes:
        _check_valid(lot, record.start, record.end, f"inputs[{i}].lot")
        _check_unexpired(lot, record.time, f"inputs[{i}].lot")
        _check_market(lot, record.facility, facts, f"inputs[{i}].lot")


def _check_served(record: Consumption, facility: str, facts: Facts) -> None:
    """The facility is the issuer's, or of the one on whose behalf it retires."""
    found = facts.facilities.get(facility)
    if found is None or found.operator not in (record.issuer, record.on_behalf_of):
        raise Refused(
            f"facility: {facility!r} is no facility of {record.on_behalf_of or record.issuer}",
            code="unknown-facility", field="facility", value=facility,
            rule="facilities on the ledger that the issuer operates, or the one on whose behalf it retires",
        )


def check_closed(record: Closing, retired: Sequence[tuple[LotFacts, Decimal]], facts: Facts) -> None:
    """Attributes that a closing retires are valid all through its period; where it says how much electricity was
    measured, they are at most that."""
    attributes = [(i, *one) for i, one in enumerate(retired) if one[0].role == ROLE]
    for i, lot, _ in attributes:
        _check_valid(lot, record.start, record.end, f"retired[{i}].lot")
        _check_market(lot, record.facility, facts, f"retired[{i}].lot")
    measured = [
        kilowatt_hours(one.quantity.amount, one.quantity.unit) for one in record.measured
        if one.material == "electricity" and unit(one.quantity.unit).dimension == "energy"
    ]
    stated = total_power([(lot, quantity) for _, lot, quantity in attributes])
    if attributes and measured and stated > measured[0]:
        raise _excess("retired", f"attributes of {plain(stated)} kWh for {plain(measured[0])} kWh of electricity",
                      stated, "attributes are retired for electricity that was used")


def check_handed_over(record: Transfer, lot: LotFacts) -> None:
    """An attribute has no freight, and none is handed over after it expired."""
    _check_unexpired(lot, record.time, "lot")
    for field, found in (("transport", record.transport), ("packaging", record.packaging)):
        if found:
            raise _form(field, found[0].material, "attributes have no mass: nothing transports or packs them")


def _check_valid(lot: LotFacts, start: str, end: str, field: str) -> None:
    known = generated(lot)
    if start < known.start or end > (lot.expires or ""):
        raise Refused(
            f"{field}: {lot.id!r} is valid from {known.start} to {lot.expires}, and the period is {start} to {end}",
            code="attribute-expired" if end > (lot.expires or "") else "attribute-early", field=field, value=lot.id,
            rule="an attribute is used for a period within its validity",
        )


def _check_unexpired(lot: LotFacts, time: str, field: str) -> None:
    if time > (lot.expires or ""):
        raise Refused(f"{field}: {lot.id!r} expired at {lot.expires}", code="attribute-expired", field=field,
                      value=lot.id, rule="an attribute is handed over or retired before it expires")


def _check_market(lot: LotFacts, facility: str, facts: Facts, field: str) -> None:
    market, country = generated(lot).market, facts.facilities[facility].country
    if market != country:
        raise Refused(
            f"{field}: {lot.id!r} stands for power of {market}, {facility} is in {country}", code="attribute-market",
            field=field, value=lot.id, rule="an attribute is used in the market in which the power was generated",
        )


def _form(field: str, value: object, rule: str) -> Refused:
    return Refused(f"{field}: {value}", code="attribute-form", field=field, value=value, rule=rule)


def _excess(field: str, message: str, stated: Decimal, rule: str) -> Refused:
    return Refused(f"{field}: {message}", code="attribute-excess", field=field, value=f"{plain(stated)} KWH", rule=rule)
