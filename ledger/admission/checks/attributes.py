"""Green attributes: lots that certify power from a renewable source. A record that uses power can use them up.

An attribute has neither burden nor mass. Only an attribute makes power green in a market-based figure (GHG Protocol,
Scope 2 Guidance, chapter 7): for one generated kWh, the holder of the attribute may claim one kWh of green power, once,
in one market (here a country) and in a period within the validity. The power itself then counts as residual mix,
whoever gets it.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.checks.times import check_period
from ledger.admission.facts import Facts, LotFacts, ProductFacts
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Closing, Consumption, Transfer, Transformation
from ledger.core.record.units import POWER_UNITS, plain, unit
from ledger.core.record.values import UNBURDENED, Output, Supply
from ledger.errors import Refused

ROLE: Final = "attribute"

MONTHS: Final = 24
"""The longest validity of an attribute, from the month of generation on, as for China's green certificates (rules of
the National Energy Administration of 2024); guarantees of origin in Europe expire after 18 months."""

_AT_A_SITE: Final = ("ownUse", "loss", "stockCorrection")
LEAVING: Final = ("retired", "soldOutside", "exported", "loss", "stockCorrection")
"""Purposes by which an attribute leaves the ledger; only `retired` claims that power was green."""

_MEGAJOULES: Final = Decimal("3.6")
_A_YEAR: Final = 12
_NONE: Final = Decimal(0)


class Generated(NamedTuple):
    """The power that an attribute certifies. It may be used in the country `market`, from `start` on."""

    carrier: str
    technology: str
    market: str
    start: str

    def __str__(self) -> str:
        return f"{ROLE}:{self.carrier}:{self.technology}:{self.market}:{self.start}"


def generated(lot: LotFacts) -> Generated:
    """The power that a lot of role attribute certifies."""
    carrier, technology, market, start = (lot.credit or "").removeprefix(f"{ROLE}:").split(":", 3)
    return Generated(carrier, technology, market, start)


def kilowatt_hours(amount: Decimal, code: str) -> Decimal:
    """An energy in kWh, in 34 digits: for comparisons and ratios, since 1 MJ in kWh has infinitely many decimals."""
    return CONTEXT.divide(CONTEXT.multiply(amount, unit(code).scale), _MEGAJOULES)


def total_power(lots: Iterable[tuple[LotFacts, Decimal]]) -> Decimal:
    """KWh of quantities of lots that are counted in watt hours."""
    total = _NONE
    for lot, quantity in lots:
        total = CONTEXT.add(total, kilowatt_hours(quantity, lot.unit))
    return total


def is_power(lot: LotFacts) -> bool:
    """Whether a lot is electricity: watt hours measure nothing else here."""
    return lot.role != ROLE and lot.unit in POWER_UNITS


def is_generated(lot: LotFacts) -> bool:
    """Whether a lot is power that a record of this ledger generated: a declared lot has no maker."""
    return is_power(lot) and (lot.maker is not None or lot.pool is not None)


def check_attribute(output: Output, product: ProductFacts, country: str | None, field: str) -> str | None:
    """The text `credit` of a lot of role attribute; None for every other lot. `country`: the country of the
    transformation's facility, None if the record is not a transformation."""
    if (output.role == ROLE) != (output.attribute is not None):
        raise _form(f"{field}.attribute", output.role, "lots of this role, and no others, have the field `attribute`")
    attribute = output.attribute
    if attribute is None:
        return None
    if country is None:
        raise _form(f"{field}.role", output.role, "only the transformation that generates the power makes attributes")
    if product.unit not in POWER_UNITS:
        raise _form(f"{field}.product", product.id, "the unit of an attribute's product is KWH, MWH or GWH")
    for name in ("mass", "item", "materials", "elements", "heating_value", "moles"):
        stated = getattr(output, name)
        if stated:
            raise _form(f"{field}.{name.replace('heating_value', 'heatingValue')}", stated,
                        "an attribute is not a physical thing: it has no mass, item, composition or heating value")
    return str(Generated(attribute.carrier, attribute.technology, country, attribute.start))


def check_made(record: Transformation, created: Sequence[LotFacts]) -> None:
    """Refuses attributes without the power that they certify, for more than that power, or with an impossible validity.
    The sector decides how much of the power is renewable: see `footprint.stored.attributes`."""
    attributes = [(i, lot) for i, lot in enumerate(created) if lot.role == ROLE]
    if not attributes:
        return
    for i, lot in attributes:
        _check_validity(record, generated(lot).start, lot.expires or "", f"outputs[{i}].attribute")
    power = total_power([(lot, lot.quantity) for lot in created if is_power(lot) and lot.role not in UNBURDENED])
    stated = total_power([(lot, lot.quantity) for _, lot in attributes])
    if stated > power:
        field = f"outputs[{attributes[0][0]}].quantity"
        raise _excess(field, f"attributes for {plain(stated)} kWh, but only {plain(power)} kWh of electricity", stated,
                      f"attributes for at most the electricity that the record makes: {plain(power)} KWH")


def _check_validity(record: Transformation, start: str, end: str, field: str) -> None:
    try:
        check_period(start, end)
    except Refused as error:
        raise Refused(f"{field}: {error.message}", code=error.code, field=f"{field}.{error.field}", value=error.value,
                      rule=error.rule) from None
    month = f"{record.start[:7]}-01T00:00:00Z"
    if start < month or end > _months_after(month, MONTHS):
        raise _form(field, f"{start} to {end}", f"validity from {month} (the month of generation) at the "
                                                f"earliest, for at most {MONTHS} months from then")


def _months_after(month: str, months: int) -> str:
    """The first day of the calendar month `months` months after `month`."""
    years, rest = divmod(int(month[5:7]) - 1 + months, _A_YEAR)
    return f"{int(month[:4]) + years:04d}-{rest + 1:02d}-01T00:00:00Z"


def check_used(record: Transformation, taken: Sequence[LotFacts], facts: Facts) -> None:
    """Attributes as inputs must belong to the issuer, be valid for the whole period, and be of the facility's market.
    The assessment checks that they do not exceed the electricity used: see `footprint.stored.attributes`."""
    for i, lot in enumerate(taken):
        if lot.role != ROLE:
            continue
        field = f"inputs[{i}].lot"
        if lot.owned_by != record.issuer:
            raise Refused(f"{field}: {lot.id!r} belongs to {lot.owned_by}", code="not-owner", field=field, value=lot.id,
                          rule="only the owner of an attribute may use it")
        _check_valid(lot, record.start, record.end, field)
        _check_market(lot, record.facility, facts, field)


def check_retired(record: Consumption, taken: Sequence[LotFacts], facts: Facts) -> None:
    """Attributes leave the ledger retired, for power used at a facility in a period, or by a purpose without a
    claim."""
    attributes = [(i, lot) for i, lot in enumerate(taken) if lot.role == ROLE]
    for i, lot in attributes:
        if record.purpose not in LEAVING:
            raise _form(f"inputs[{i}].lot", lot.id, f"the purpose for an attribute is one of: {' '.join(LEAVING)}")
    if record.purpose != "retired" or not attributes:
        _check_place(record, facts)
        return
    if len(attributes) < len(taken):
        raise _form("inputs", record.purpose, "a record that retires attributes takes no other lots")
    if record.outputs:
        raise _form("outputs", record.outputs[0].lot, "a record that retires attributes has no outputs")
    if record.facility is None or record.start is None or record.end is None:
        raise _form("facility", record.facility, "a retirement of attributes has facility, start and end")
    check_period(record.start, record.end)
    _check_served(record, record.facility, facts)
    for i, lot in attributes:
        _check_valid(lot, record.start, record.end, f"inputs[{i}].lot")
        _check_unexpired(lot, record.time, f"inputs[{i}].lot")
        _check_market(lot, record.facility, facts, f"inputs[{i}].lot")


def _check_place(record: Consumption, facts: Facts) -> None:
    """Own use and losses may name their facility."""
    for name in ("start", "end") if record.purpose in _AT_A_SITE else ("facility", "start", "end"):
        if getattr(record, name) is not None:
            raise _form(name, getattr(record, name), "only a retirement of attributes has a facility and a period; own "
                        "use, losses and corrections of stock may name a facility")
    if record.facility is not None:
        _check_served(record, record.facility, facts)


def _check_served(record: Consumption, facility: str, facts: Facts) -> None:
    """The operator of the facility must be the issuer, or the organisation on whose behalf it retires."""
    site = facts.facilities.get(facility)
    if site is None or site.operator not in (record.issuer, record.on_behalf_of):
        raise Refused(
            f"facility: {facility!r} is not a facility of {record.on_behalf_of or record.issuer}",
            code="unknown-facility", field="facility", value=facility,
            rule="a facility on the ledger, operated by the issuer or by the organisation in `onBehalfOf`",
        )


def check_closed(record: Closing, retired: Sequence[tuple[LotFacts, Decimal]], facts: Facts) -> None:
    """Attributes that a closing retires must be valid for its whole period. If it states the measured electricity, they
    must not exceed that with the electricity of its overheads."""
    attributes = [(i, lot, quantity) for i, (lot, quantity) in enumerate(retired) if lot.role == ROLE]
    for i, lot, _ in attributes:
        _check_valid(lot, record.start, record.end, f"retired[{i}].lot")
        _check_market(lot, record.facility, facts, f"retired[{i}].lot")
    measured = _electricity(record.measured)
    if measured:
        measured = [sum([*measured, *_electricity(record.overheads)], _NONE)]
    stated = total_power([(lot, quantity) for _, lot, quantity in attributes])
    if attributes and measured and stated > measured[0]:
        raise _excess("retired", f"attributes for {plain(stated)} kWh, but only {plain(measured[0])} kWh of "
                      "electricity", stated, "attributes for at most the electricity that was used")


def _electricity(supplies: Iterable[Supply]) -> list[Decimal]:
    """The kWh of each supply of electricity."""
    return [
        kilowatt_hours(supply.quantity.amount, supply.quantity.unit) for supply in supplies
        if supply.material == "electricity" and unit(supply.quantity.unit).dimension == "energy"
    ]


def check_handed_over(record: Transfer, lot: LotFacts) -> None:
    """An attribute has no freight, and nobody may transfer it after it expired."""
    _check_unexpired(lot, record.time, "lot")
    for field, supplies in (("transport", record.transport), ("packaging", record.packaging)):
        if supplies:
            raise _form(field, supplies[0].material, "attributes have no mass, so no transport and no packaging")


def _check_valid(lot: LotFacts, start: str, end: str, field: str) -> None:
    power = generated(lot)
    if start < power.start or end > (lot.expires or ""):
        raise Refused(
            f"{field}: {lot.id!r} is valid from {power.start} to {lot.expires}, but the period is {start} to {end}",
            code="attribute-expired" if end > (lot.expires or "") else "attribute-early", field=field, value=lot.id,
            rule="a period within the validity of the attribute",
        )


def _check_unexpired(lot: LotFacts, time: str, field: str) -> None:
    if time > (lot.expires or ""):
        raise Refused(f"{field}: {lot.id!r} expired at {lot.expires}", code="attribute-expired", field=field,
                      value=lot.id, rule="a transfer or retirement before the attribute expires")


def _check_market(lot: LotFacts, facility: str, facts: Facts, field: str) -> None:
    market, country = generated(lot).market, facts.facilities[facility].country
    if market != country:
        raise Refused(
            f"{field}: {lot.id!r} certifies power in {market}, but {facility} is in {country}", code="attribute-market",
            field=field, value=lot.id, rule="an attribute may be used only in the market of its power",
        )


def _form(field: str, value: object, rule: str) -> Refused:
    return Refused(f"{field}: {value} is not valid here", code="attribute-form", field=field, value=value, rule=rule)


def _excess(field: str, message: str, stated: Decimal, rule: str) -> Refused:
    return Refused(f"{field}: {message}", code="attribute-excess", field=field, value=f"{plain(stated)} KWH", rule=rule)
