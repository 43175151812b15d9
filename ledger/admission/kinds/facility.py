"""Facilities: sites that their issuer operates."""

from collections.abc import Iterator
from functools import partial

from ledger.admission.checks.balances import check_unused_name
from ledger.admission.checks.study import check_study
from ledger.admission.facts import Facts, facility_facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Check, Plan, check_prefix_of
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.identifiers import check_identifier
from ledger.core.record.kinds import Facility
from ledger.core.record.units import check_pieces
from ledger.errors import Refused


class FacilityKind(Kind[Facility]):
    def names(self, record: Facility, names: Names) -> None:
        names.facilities.add(record.id)
        names.new_names.add(record.id)

    def enters(self, record: Facility, digest: bytes) -> str:
        return record.id

    def outside_names(self, record: Facility) -> Iterator[tuple[str, str]]:
        if record.park is not None:
            yield "park", record.park

    def plan(self, record: Facility, facts: Facts, terms: Terms) -> Plan:
        _check_form(record, facts)
        return Plan()

    def parts(self, record: Facility, facts: Facts) -> Iterator[Check]:
        yield partial(check_prefix_of, facts, record.issuer, record.id, "id", "facility")
        yield partial(_check_subdivision, record)
        if record.park is not None:
            yield partial(check_identifier, record.park, "park")

    def check(self, record: Facility, keyid: bytes, state: State) -> None:
        check_unused_name(record.id, state.facilities, "facility")

    def apply(self, record: Facility, digest: bytes, state: State) -> None:
        state.facilities[record.id] = facility_facts(record)

    def rows(self, record: Facility, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "facility", (record.id, record.issuer, index)


def _check_subdivision(record: Facility) -> None:
    if record.subdivision is not None and not record.subdivision.startswith(record.country + "-"):
        raise Refused(
            f"subdivision {record.subdivision} is not in {record.country}", code="subdivision", field="subdivision",
            value=record.subdivision, rule="an ISO 3166-2 code of the country",
        )


def _check_form(record: Facility, facts: Facts) -> None:
    check_prefix_of(facts, record.issuer, record.id, "id", "facility")
    _check_subdivision(record)
    if record.park is not None:
        check_identifier(record.park, "park")
    if record.capacity is not None:
        check_pieces(record.capacity.amount, record.capacity.unit, "capacity")
    check_study(record)
