"""Reports of sites and organisations: who may report what, once a period, and what changes them."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw
from support.memory import MemoryLedger
from support.sectors import registry
from support.site import Site

from ledger.core.record import canonical
from ledger.core.record.kinds import Amendment, Amount, AnyRecord, Baseline, Report
from ledger.core.record.revisions import Change
from ledger.core.record.values import Money, Quantity
from ledger.engine.batch import Sequenced
from ledger.errors import InvalidInput, LedgerError, Refused

YEAR = {"start": "2025-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}
THEN = {"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"}
MONEY = Money(value="1000000", currency="CNY")


def works() -> Site:
    return Site(MemoryLedger(registry()), "works")


def report(site: Site, **fields: Any) -> Report:
    fields = {**YEAR, "facility": site.facility, "value_added": MONEY, **fields}
    return Report(issuer=site.id, nonce=site.ledger.nonce(), **fields)


def post(site: Site, record: AnyRecord) -> Sequenced | LedgerError:
    (verdict,) = site.ledger.post([(site.party, record)])
    assert isinstance(verdict, Sequenced | LedgerError)
    return verdict


def admitted(site: Site, record: AnyRecord) -> str:
    """Its digest."""
    verdict = post(site, record)
    assert isinstance(verdict, Sequenced), verdict
    return verdict.digest.hex()


def refused(site: Site, record: AnyRecord, code: str, field: str | None) -> LedgerError:
    before = site.ledger.fingerprint()
    verdict = post(site, record)
    assert isinstance(verdict, LedgerError), verdict
    assert (verdict.code, verdict.field, site.ledger.fingerprint()) == (code, field, before)
    return verdict


def amendment(site: Site, digest: str, **fields: Any) -> Amendment:
    change = Change(record=digest, fields={name: Raw(msgspec.json.encode(value)) for name, value in fields.items()},
                    withdrawn=not fields)
    return Amendment(issuer=site.id, nonce=site.ledger.nonce(), changes=[change], reason="a slip")


def test_a_site_and_its_organisation_are_reported_side_by_side() -> None:
    site = works()
    admitted(site, report(site))
    admitted(site, report(site, facility=None))
    assert site.ledger.state.reports == {
        site.facility: {(YEAR["start"], YEAR["end"])}, site.id: {(YEAR["start"], YEAR["end"])},
    }


def test_a_report_goes_over_the_wire_and_back() -> None:
    site = works()
    record = report(site, figures={"waterWithdrawn": Amount(value="-3.5", unit="MTQ")}, baseline=Baseline(
        **THEN, value_added=MONEY, energy=Quantity(value="5", unit="D30"), emissions=Quantity(value="7", unit="TNE"),
        indicators={"energyPerTonneClinker": "3400"},
    ))
    assert canonical.decode_record(canonical.encode(record)) == record
    assert canonical.encode(record).startswith(b'{"baseline":{"emissions":{"unit":"TNE"')


@pytest.mark.parametrize(("start", "end"), [
    ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"), ("2025-12-31T00:00:00Z", "2026-02-01T00:00:00Z"),
    ("2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z"),
])
def test_a_period_of_a_subject_is_reported_once(start: str, end: str) -> None:
    site = works()
    admitted(site, report(site))
    refused(site, report(site, start=start, end=end), "reported-already", "start")


def test_periods_that_touch_do_not_overlap() -> None:
    site = works()
    admitted(site, report(site))
    admitted(site, report(site, start=YEAR["end"], end="2027-01-01T00:00:00Z"))
    admitted(site, report(site, start="2024-01-01T00:00:00Z", end=YEAR["start"]))


def test_two_reports_of_one_batch() -> None:
    site = works()
    first, second = site.ledger.post([(site.party, report(site)), (site.party, report(site))])
    assert isinstance(first, Sequenced)
    assert isinstance(second, Refused)


def test_another_operators_site_is_not_reported() -> None:
    site = works()
    refused(site, report(site, facility=Site(site.ledger, "other").facility), "unknown-facility", "facility")
    refused(site, report(site, facility="urn:example:nowhere"), "unknown-facility", "facility")


@pytest.mark.parametrize(("fields", "code", "field"), [
    ({"end": "2025-01-01T00:00:00Z"}, "period", "end"),
    ({"start": "2025-02-30T00:00:00Z"}, "instant", "start"),
    ({"value_added": None}, "report-form", "valueAdded"),
    ({"figures": {"water": Amount(value="1", unit="QQQ")}}, "unknown-unit", "figures.water.unit"),
    ({"baseline": Baseline(start=THEN["end"], end=THEN["start"])}, "period", "baseline.end"),
    ({"baseline": Baseline(start=THEN["start"], end="2025-01-02T00:00:00Z")}, "report-form", "baseline.end"),
    ({"baseline": Baseline(**THEN, energy=Quantity(value="1", unit="KGM"))}, "wrong-dimension", "baseline.energy"),
    ({"baseline": Baseline(**THEN, emissions=Quantity(value="1", unit="KWH"))}, "wrong-dimension",
     "baseline.emissions"),
    ({"baseline": Baseline(**THEN, value_added=Money(value="1", currency="EUR"))}, "currencies",
     "baseline.valueAdded"),
])
def test_what_no_report_says(fields: dict[str, Any], code: str, field: str) -> None:
    site = works()
    refused(site, report(site, **fields), code, field)


def test_value_added_below_zero_is_no_value() -> None:
    site = works()
    error = post(site, report(site, value_added=Money(value="-1", currency="CNY")))
    assert isinstance(error, InvalidInput)
    assert error.field == "$.valueAdded.value"


def test_an_amended_report_reads_otherwise() -> None:
    site = works()
    digest = admitted(site, report(site))
    admitted(site, amendment(site, digest, valueAdded={"value": "2", "currency": "CNY"}))
    reading = site.ledger.reading(site.ledger.state.records[digest].index)
    assert isinstance(reading, Report)
    assert reading.value_added == Money(value="2", currency="CNY")
    # The period stays taken.
    refused(site, report(site), "reported-already", "start")


@pytest.mark.parametrize("fields", [{"start": "2025-02-01T00:00:00Z"}, {"facility": "urn:example:works:other"}])
def test_what_a_report_is_about_does_not_change(fields: dict[str, str]) -> None:
    site = works()
    digest = admitted(site, report(site))
    (name,) = fields
    refused(site, amendment(site, digest, **fields), "not-amendable", f"changes[0].fields.{name}")


def test_an_amendment_is_held_to_the_same_rules() -> None:
    site = works()
    digest = admitted(site, report(site))
    error = post(site, amendment(site, digest, baseline={"start": THEN["start"], "end": "2025-06-01T00:00:00Z"}))
    assert isinstance(error, Refused)
    assert error.code == "report-form"


def test_the_period_of_a_withdrawn_report_is_free_again() -> None:
    site = works()
    digest = admitted(site, report(site))
    admitted(site, amendment(site, digest))
    assert site.ledger.reading(site.ledger.state.records[digest].index) is None
    admitted(site, report(site))
