"""`inventory`: an organisation's emissions in a year by scopes and sites; or the report of one of its sites."""

from collections.abc import Iterator

import click
from rich.table import Table

from ledger.answers.inventory import (
    ActivityAnswer,
    EnergyAnswer,
    InventoryAnswer,
    LeftOutAnswer,
    ScopesAnswer,
    SiteReportAnswer,
)
from ledger.cli.buyer.reconciliation import reconciliation_lines
from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, show, styled
from ledger.cli.findings import finding_lines
from ledger.cli.numbers import fixed, numeral
from ledger.errors import InvalidInput


@click.command()
@click.argument("organization")
@click.option("--year", type=int, required=True, help="The calendar year, UTC.")
@click.option("--site", help="One facility of the organisation, with --format report.")
@click.option("--format", "layout", type=click.Choice(["inventory", "report"]), default="inventory", show_default=True,
              help="All scopes and sites, or a site's report by the GB/T 32151 series.")
@click.option("--at", type=int, help="As of this tree size (number of entries).  [default: now]")
@url_option
@json_option
def inventory(
    organization: str, year: int, site: str | None, layout: str, at: int | None, url: str, as_json: bool
) -> None:
    """Show the greenhouse gas inventory of ORGANIZATION in a year."""
    if (site is None) == (layout == "report"):
        raise InvalidInput("--site and --format report need each other", code="site-report",
                           field="site", value=site, rule="--site FACILITY --format report")
    with Client(url) as client:
        if site is None:
            answer = client.get("/v1/inventory", InventoryAnswer, organization=organization, year=year, at=at)
            _print(answer, inventory_report(answer), as_json=as_json)
        else:
            report = client.get("/v1/inventory/report", SiteReportAnswer, facility=site, year=year,
                                organization=organization, at=at)
            _print(report, site_report(report), as_json=as_json)


def _print(answer: object, report: Iterator[Part], *, as_json: bool) -> None:
    """Prints the answer as JSON for programs, or the report for people."""
    if as_json:
        print_json(answer)
    else:
        show(*report)


def inventory_report(answer: InventoryAnswer) -> Iterator[Part]:
    """An inventory, as text for people."""
    yield styled(f"inventory of {answer.organization} in {answer.year}", style="bold")
    yield f"as of {answer.at} entries, from {answer.records} records; t CO2e unless stated otherwise"
    yield _scopes(answer.scopes)
    yield from _questions(answer)
    yield _categories(answer)
    yield _sites(answer)
    yield _energy(answer.energy)
    if answer.intensities:
        yield _intensities(answer)
    if answer.changes:
        yield _changes(answer)
    if len(answer.equity.members) > 1:
        yield _equity(answer)
    yield from _left_out(answer.left_out)
    for site in answer.sites:
        yield from reconciliation_lines(site.facility or "", site.reconciliation)
    if answer.opening_stock:
        yield f"{_tonnes(answer.opening_stock)} t from opening stock that was used, outside all scopes"
    yield styled("counting rules", style="bold")
    for rule in answer.rules:
        yield f"- {rule}"


def _grid(*heads: str) -> Table:
    """A table of figures, with text in its first column."""
    table = Table(*heads, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _tonnes(kilograms: float) -> str:
    return fixed(kilograms / 1000)


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{100 * share:.1f} %"


def _scopes(scopes: ScopesAnswer) -> Table:
    table = _grid("scope", "by location", "by market")
    table.add_row("1 direct", _tonnes(scopes.scope1), _tonnes(scopes.scope1))
    for name, amount in scopes.scope1_categories.items():
        table.add_row(f"  {name}", _tonnes(amount), "")
    table.add_row("2 electricity and heat", _tonnes(scopes.scope2.location), _tonnes(scopes.scope2.market))
    for name, power in scopes.scope2_categories.items():
        table.add_row(f"  {name}", _tonnes(power.location), _tonnes(power.market))
    table.add_row("1 and 2", _tonnes(scopes.operational.location), _tonnes(scopes.operational.market))
    table.add_row("3 from known data", _tonnes(scopes.scope3), _tonnes(scopes.scope3))
    for name, amount in scopes.apart.items():
        table.add_row(f"separate: {name}", _tonnes(amount), "")
    table.add_row("primary data", _percent(scopes.primary_share), "")
    if scopes.provisional_share:
        table.add_row("waits for closings", _percent(scopes.provisional_share), "")
    return table


def _categories(answer: InventoryAnswer) -> Table:
    table = Table("scope 3", "t CO2e", "note", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for category in answer.scope3:
        amount = "unknown" if category.total is None else _tonnes(category.total)
        table.add_row(f"{category.number} {category.en}", amount, category.note)
    return table


def _sites(answer: InventoryAnswer) -> Table:
    table = _grid("site", "scope 1", "scope 2 location", "scope 2 market", "scope 3", "questioned", "energy GJ")
    for site in answer.sites:
        scopes = site.scopes
        table.add_row(
            site.facility or "without a site", _tonnes(scopes.scope1), _tonnes(scopes.scope2.location),
            _tonnes(scopes.scope2.market), _tonnes(scopes.scope3), _tonnes(site.questioned),
            fixed(site.energy.comprehensive / 1000),
        )
    return table


def _energy(energy: EnergyAnswer) -> Table:
    table = _grid("energy", "GJ")
    for used in energy.used:
        table.add_row(f"used: {used.carrier}{' (renewable)' if used.renewable else ''}",
                      fixed(used.megajoules / 1000))
    rows = [("drawn from nature", energy.drawn_from_nature)]
    rows += [(f"made: {carrier}", amount) for carrier, amount in energy.made.items()]
    rows += [(f"left over: {carrier}", amount) for carrier, amount in energy.left_over.items()]
    for name, amount in rows:
        if amount:
            table.add_row(name, fixed(amount / 1000))
    table.add_row("each once", fixed(energy.comprehensive / 1000))
    return table


def _questions(answer: InventoryAnswer | SiteReportAnswer) -> Iterator[str]:
    """The questions about the figures."""
    yield from finding_lines(answer.questioned, answer.findings, answer.findings_left_off)
    if answer.questioned_bought:
        yield f"{fixed(answer.questioned_bought)} kg CO2e of the questioned amount are in bought goods"


def _left_out(answer: LeftOutAnswer) -> Iterator[Part]:
    """The gaps of the figures."""
    if answer.omissions:
        table = _grid("left out", "records", "quantity", "t CO2e estimated")
        for omitted in answer.omissions:
            table.add_row(omitted.what, str(omitted.records), _quantity(omitted.quantity, omitted.unit),
                          "unknown" if omitted.unestimated else _tonnes(omitted.estimate))
        yield table
        unknown = f"; {answer.unestimated} omissions have no estimate" if answer.unestimated else ""
        yield f"{_tonnes(answer.estimate)} t are estimated for these, outside all scopes{unknown}"
    for title, overheads in (("overheads that no product carries", answer.overheads),
                             ("measured for final records, carried by no product", answer.on_final_records)):
        if overheads:
            table = _grid(title, "quantity", "t CO2e")
            for supply in overheads:
                table.add_row(supply.material, _quantity(supply.quantity, supply.unit), _tonnes(supply.emissions))
            yield table
    for process, records in answer.without_energy.items():
        yield f"records of {process} that use no energy: {records}"


def _quantity(quantity: str | None, unit: str | None) -> str:
    return "" if quantity is None else f"{quantity} {unit}"


def _intensities(answer: InventoryAnswer) -> Table:
    table = _grid("per", "kg CO2e by location", "by market", "MJ", "of")
    for intensity in answer.intensities:
        table.add_row(f"{intensity.per} ({intensity.basis})", numeral(intensity.location), numeral(intensity.market),
                      numeral(intensity.energy), numeral(intensity.of, 10))
    return table


def _changes(answer: InventoryAnswer) -> Table:
    table = _grid(f"change on {answer.year - 1}", "before", "now", "difference", "")
    for change in answer.changes:
        table.add_row(
            f"{change.figure}{' (GJ)' if change.figure == 'energy' else ''}", _tonnes(change.before),
            _tonnes(change.now), fixed(change.difference / 1000, signed=True),
            "" if change.percent is None else f"{change.percent:+.1f} %",
        )
    return table


def _equity(answer: InventoryAnswer) -> Table:
    table = _grid("by equity share", "scope 1", "scope 2 location", "scope 2 market", "scope 3")
    scopes = answer.equity.scopes
    table.add_row("the group", _tonnes(scopes.scope1), _tonnes(scopes.scope2.location), _tonnes(scopes.scope2.market),
                  _tonnes(scopes.scope3))
    for member in answer.equity.members:
        table.add_row(f"  {member.organization}", _percent(member.share), "share assumed" if member.assumed else "",
                      "", "")
    return table


def site_report(answer: SiteReportAnswer) -> Iterator[Part]:
    """A site's report: activity data, factor and emissions, section by section."""
    yield styled(f"greenhouse gas report of {answer.facility} in {answer.year}", style="bold")
    place = answer.subdivision or answer.country
    yield f"operator {answer.operator}, {place}, industry {answer.industry or 'not stated'}, as of {answer.at} entries"
    table = Table("source", "gas", "activity data", "unit", "kg CO2e per unit", "t CO2e", "factors", box=None,
                  pad_edge=False)
    for i in (2, 4, 5):
        table.columns[i].justify = "right"
    for section in answer.sections:
        table.add_row(f"{section.zh} {section.en}", "", "", "", "", _tonnes(section.total), "", style="bold")
        for line in section.lines:
            table.add_row(*_activity(line))
    table.add_row("total", "", "", "", "", _tonnes(answer.total), "", style="bold")
    table.add_row("total, electricity by market", "", "", "", "", _tonnes(answer.market), "")
    yield table
    yield from _questions(answer)
    yield _energy(answer.energy)
    yield from _left_out(answer.left_out)
    yield from reconciliation_lines(answer.facility, answer.reconciliation)
    for note in answer.notes:
        yield f"- {note}"


def _activity(line: ActivityAnswer) -> tuple[str, ...]:
    activity = "" if line.activity is None else fixed(line.activity)
    factor = "" if line.factor is None else numeral(line.factor)
    names = ", ".join([*line.factors, *(f"{name} (recalled)" for name in line.recalled)])
    more = [names] if names else ["primary"] if line.primary else []
    more += ["provisional"] if line.provisional else []
    return (f"  {line.source}", line.gas, activity, line.unit or "", factor, _tonnes(line.emissions), "; ".join(more))
