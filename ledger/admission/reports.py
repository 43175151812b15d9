"""Reports of a site or an organisation: what facts and the log's order decide of them."""

from ledger.admission.facts import Facts
from ledger.admission.lots import check_operated
from ledger.admission.state import State
from ledger.admission.times import check_period, overlaps
from ledger.core.records import Baseline, Report
from ledger.core.residue import is_residue
from ledger.core.units import convert, unit
from ledger.errors import Refused


def check_report(record: Report, facts: Facts) -> None:
    """A period that can be, of the issuer or of a facility that it operates; something that is reported; a baseline
    that ends before the period does, with energy and emissions in units of such."""
    if record.facility is not None:
        check_operated(facts, record.issuer, record.facility)
    check_period(record.start, record.end)
    if not is_residue(record) and record.value_added is None and record.baseline is None and not record.figures:
        raise Refused("the report reports nothing", code="report-form", field="valueAdded",
                      rule="value added, a baseline or figures")
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
                      field="baseline.end", value=baseline.end, rule="a baseline lies before the period")
    if baseline.energy is not None:
        convert(baseline.energy.amount, baseline.energy.unit, "3B", "baseline.energy")
    if baseline.emissions is not None:
        convert(baseline.emissions.amount, baseline.emissions.unit, "KGM", "baseline.emissions")
    now, then = record.value_added, baseline.value_added
    if now is not None and then is not None and now.currency != then.currency:
        raise Refused(
            f"baseline.valueAdded is in {then.currency}, valueAdded in {now.currency}", code="currencies",
            field="baseline.valueAdded", value=then.currency, rule="what is compared is in one currency",
        )


def check_unreported(record: Report, state: State) -> None:
    """Periods of reports on one subject do not overlap: what is reported is added up."""
    for start, end in sorted(state.reports.get(record.subject, ())):
        if overlaps(record.start, record.end, start, end):
            raise Refused(
                f"start: {record.subject} is reported from {start} to {end} already", code="reported-already",
                field="start", value=record.start,
                rule="periods of reports on one subject do not overlap; amend the earlier one",
            )
