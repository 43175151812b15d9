"""Reports: figures of a site or an organisation that no flow of material shows."""

from collections.abc import Iterable, Iterator

from ledger.admission.checks.times import check_period, overlaps
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan, check_operated
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import Baseline, Report
from ledger.core.record.redacted import is_residue
from ledger.core.record.units import convert, unit
from ledger.errors import Refused


class ReportKind(Kind[Report]):
    def names(self, record: Report, names: Names) -> None:
        names.reports.add(record.subject)
        if record.facility:
            names.facilities.add(record.facility)

    def mentions(self, record: Report) -> Iterable[str]:
        return (record.facility,) if record.facility else ()

    def plan(self, record: Report, facts: Facts, terms: Terms) -> Plan:
        _check_form(record, facts)
        return Plan()

    def check(self, record: Report, keyid: bytes, state: State) -> None:
        _check_unreported(record, state)

    def apply(self, record: Report, digest: bytes, state: State) -> None:
        state.reports.setdefault(record.subject, set()).add((record.start, record.end))

    def rows(self, record: Report, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "report", (index, record.subject, record.start, record.end)


def _check_form(record: Report, facts: Facts) -> None:
    """A report needs a valid period, of the issuer or of a facility that it operates, and at least one figure. A
    baseline ends before the period starts, with energy and emissions in units of these."""
    if record.facility is not None:
        check_operated(facts, record.issuer, record.facility)
    check_period(record.start, record.end)
    if not is_residue(record) and record.value_added is None and record.baseline is None and not record.figures:
        raise Refused("the report has no figures", code="report-form", field="valueAdded",
                      rule="at least one of: valueAdded, baseline, figures")
    for name, amount in record.figures.items():
        unit(amount.unit, f"figures.{name}.unit")
    if record.baseline is not None:
        _check_baseline(record, record.baseline)


def _check_baseline(record: Report, baseline: Baseline) -> None:
    try:
        check_period(baseline.start, baseline.end)
    except Refused as error:
        raise Refused(f"baseline: {error.message}", code=error.code, field=f"baseline.{error.field}",
                      value=error.value, rule=error.rule) from None
    if baseline.end > record.start:
        raise Refused(f"baseline.end {baseline.end} is after start {record.start}", code="report-form",
                      field="baseline.end", value=baseline.end, rule="a baseline that ends before the period starts")
    if baseline.energy is not None:
        convert(baseline.energy.amount, baseline.energy.unit, "3B", "baseline.energy")
    if baseline.emissions is not None:
        convert(baseline.emissions.amount, baseline.emissions.unit, "KGM", "baseline.emissions")
    now, then = record.value_added, baseline.value_added
    if now is not None and then is not None and now.currency != then.currency:
        raise Refused(
            f"baseline.valueAdded is in {then.currency}, valueAdded in {now.currency}", code="currencies",
            field="baseline.valueAdded", value=then.currency, rule="the same currency, since both are compared",
        )


def _check_unreported(record: Report, state: State) -> None:
    """Periods of reports on one subject must not overlap, since reported figures are added up."""
    for start, end in sorted(state.reports.get(record.subject, ())):
        if overlaps(record.start, record.end, start, end):
            raise Refused(
                f"start: a report on {record.subject} already covers {start} to {end}", code="reported-already",
                field="start", value=record.start,
                rule="periods of reports on one subject do not overlap; amend the earlier one",
            )
