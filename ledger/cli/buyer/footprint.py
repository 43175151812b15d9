"""`footprint`: the figure of a lot with its breakdown and quality; or of a product, by facility and with its spread."""

from collections.abc import Iterator, Mapping
from typing import Any

import click
from rich.table import Table

from ledger.answers.methods import MethodAnswer
from ledger.answers.products import ProductAnswer, ProductionAnswer
from ledger.answers.purchases import ReceivedFootprintAnswer
from ledger.answers.stored import ChainMethodAnswer, DirectAnswer, FootprintAnswer, LineAnswer
from ledger.cli.attestations import attestation_line, chain_attestations, verified_lines
from ledger.cli.buyer.averages import kind_note, lot_averages, product_averages
from ledger.cli.buyer.method_report import ask_method, chain_method_report, is_chain_method, method_report
from ledger.cli.buyer.product_csv import print_product_csv
from ledger.cli.buyer.summary.report import (
    months_of,
    note_lines,
    percent,
    recalled_line,
    recycled_parts,
    state_of,
    summary_report,
)
from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, Part, csv_option, json_option, print_json, show, styled
from ledger.cli.electricity import electricity_totals
from ledger.cli.findings import answer_findings, completion_lines, questioned_kilograms, sight_line
from ledger.cli.lookup.purchases import ask_received, print_received_csv, received_report
from ledger.cli.numbers import fixed, numeral, per_unit, share_words
from ledger.cli.study import study_lines
from ledger.core.outcome.assessment import ADDITIVE, QUALITY
from ledger.footprint.stored.burdens import METHOD


@click.command()
@click.argument("lot", required=False)
@click.option("--product", metavar="PRODUCT", help="Show the production of a product instead of a lot.")
@click.option("--received-from", "party", metavar="ORGANIZATION",
              help="Show the goods bought from this organisation instead of a lot; needs --organization.")
@click.option("--organization", metavar="ORGANIZATION", help="With --received-from: the organisation that bought them.")
@click.option("--from", "since", metavar="DAY",
              help="With --product or --received-from: after this day (YYYY-MM-DD, 00:00 UTC) or instant.")
@click.option("--to", "until", metavar="DAY",
              help="With --product or --received-from: until this day (00:00 UTC) or instant.")
@click.option("--limit", type=click.IntRange(0, 1_000),
              help="With --product or --received-from: lots to show at most.  [default: 20]")
@click.option("--at", type=int, help="As of this tree size (number of entries).  [default: now]")
@click.option("--method", metavar="NAME", help=f"With LOT: use another method; see `methods`.  [default: {METHOD}]")
@click.option("--gwp", metavar="SET", help="With LOT: use another set of global warming potentials.  [default: AR6]")
@click.option("--allocation", metavar="KEY",
              help="With LOT: use one allocation key for all records.  [default: each record's own]")
@click.option("--parameter", "parameters", metavar="NAME=VALUE", multiple=True,
              help="Parameter of the method, also as MATERIAL.NAME=VALUE. May be repeated.")
@click.option("--details", is_flag=True, help="With LOT: show the whole breakdown, quality, context and limits.")
@csv_option("With --product or --received-from: print CSV for spreadsheets, a row for each facility or product.")
@url_option
@json_option
def footprint(
    lot: str | None, product: str | None, party: str | None, organization: str | None, since: str | None,
    until: str | None, limit: int | None, at: int | None, method: str | None, gwp: str | None, allocation: str | None,
    parameters: tuple[str, ...], details: bool, as_csv: CsvForm | None, url: str, as_json: bool,
) -> None:
    """Show the footprint of LOT: the figure, its main contributors, findings and attestations. --details shows all.

    With --product, show the footprint of all lots of a product that were made in a period, weighted by production: by
    facility, with the spread over the lots, and the largest lots. With --received-from, show the footprint of the goods
    that --organization bought from another organisation in a period.
    """
    if [lot, product, party].count(None) != 2:
        raise click.UsageError("give either LOT or --product, or --received-from")
    if (party is None) != (organization is None):
        raise click.UsageError("--received-from and --organization need each other")
    if lot is not None and any(one is not None for one in (since, until, limit, as_csv)):
        raise click.UsageError("--from, --to, --limit and --csv need --product or --received-from")
    other = method not in (None, METHOD) or gwp is not None or allocation is not None or bool(parameters)
    if lot is None and (other or method is not None):
        raise click.UsageError("--method, --gwp, --allocation and --parameter need LOT")
    if method is not None and is_chain_method(method) and (gwp is not None or allocation is not None or parameters):
        raise click.UsageError(f"{method} sets --gwp, --allocation and --parameter itself")
    if details and (other or lot is None):
        raise click.UsageError("--details needs LOT, and no other method: all other answers are shown in full")
    answer: FootprintAnswer | ProductAnswer | MethodAnswer | ChainMethodAnswer | ReceivedFootprintAnswer
    with Client(url) as client:
        if other:
            terms = {"method": method, "gwp": gwp, "allocation": allocation, "parameter": parameters}
            answer = ask_method(client, {"lot": lot, "at": at, **terms})
        elif party is not None and organization is not None:
            answer = ask_received(client, organization, party, {"from": since, "to": until}, {"limit": limit, "at": at})
        elif product is None:
            in_full = "true" if details or as_json else None
            answer = client.get("/v1/footprint", FootprintAnswer, lot=lot, findings="all", averages=in_full, at=at)
            if in_full is None:
                show(*summary_report(
                    answer, lambda taken: client.get("/v1/footprint", FootprintAnswer, lot=taken, at=at)))
                return
        else:
            period = {"from": since, "to": until}
            answer = client.get(
                "/v1/footprint/product", ProductAnswer, product=product, limit=limit, findings="all", at=at, **period)
    if as_json:
        print_json(answer)
    else:
        _print(answer, as_csv)


def _print(
    answer: FootprintAnswer | ProductAnswer | MethodAnswer | ChainMethodAnswer | ReceivedFootprintAnswer,
    form: CsvForm | None,
) -> None:
    """For people, or as CSV, which only the goods of an organisation and the production of a product have."""
    if form is None:
        show(*_report(answer))
    elif isinstance(answer, ReceivedFootprintAnswer):
        print_received_csv(form, answer)
    elif isinstance(answer, ProductAnswer):
        print_product_csv(form, answer)


def _report(
    answer: FootprintAnswer | ProductAnswer | MethodAnswer | ChainMethodAnswer | ReceivedFootprintAnswer
) -> Iterator[Part]:
    match answer:
        case ReceivedFootprintAnswer():
            return received_report(answer)
        case FootprintAnswer():
            return footprint_report(answer)
        case ProductAnswer():
            return product_report(answer)
        case MethodAnswer():
            return method_report(answer)
        case ChainMethodAnswer():
            return chain_method_report(answer)


def footprint_report(answer: FootprintAnswer) -> Iterator[Part]:
    """Everything about the footprint of a lot, as text for people."""
    lot = answer.lot
    yield styled(f"{answer.title} of {lot.lot}", style="bold")
    yield f"{lot.quantity} of {lot.product}, {lot.role}, held by {lot.holder}, record {lot.index}{state_of(answer)}"
    yield from [f"{name} resembles: {' '.join(others)}" for name, others in lot.resembles.items()]
    each = per_unit(answer.footprint_per_unit, answer.unit)
    yield styled(f"{fixed(answer.footprint)} kg CO2e, {each}{kind_note(answer.figure_kind)}", style="bold green")
    yield electricity_totals(answer.location_based, answer.market_based)
    yield from note_lines(answer)
    yield from answer_findings(answer, answer.questioned_share)
    if answer.direct is not None:
        yield breakdown(answer, answer.direct)
    yield from sight_line(answer.sight)
    yield _quality(answer)
    if answer.averages is not None:
        yield from lot_averages(answer.averages, answer.unit)
    if answer.direct is not None and answer.direct.omissions:
        omissions = ", ".join(_omission(one) for one in answer.direct.omissions)
        yield f"omitted from its own record: {omissions}"
    yield from recalled_line(answer)
    if answer.study is not None:
        yield from study_lines(answer.study, answer.study.versions)
    yield from _notes(answer)


def product_report(answer: ProductAnswer) -> Iterator[Part]:
    """The footprint of a product, as text for people."""
    yield styled(f"{answer.title} of {answer.product}", style="bold")
    since = f" after {answer.since}" if answer.since else ""
    until = f" until {answer.until}" if answer.until else ""
    yield (f"{answer.quantity}{since}{until}: {answer.number_of_lots:,} lots of {answer.number_of_records:,} records, "
           f"as of {answer.at} entries{', in doubt' if answer.in_doubt else ''}")
    each = per_unit(answer.footprint_per_unit, answer.unit)
    yield styled(f"{each}, weighted by production; {fixed(answer.footprint)} kg CO2e in total", style="bold green")
    yield electricity_totals(answer.location_based, answer.market_based)
    yield from note_lines(answer)
    yield from answer_findings(answer, answer.questioned_share)
    yield _by_facility(answer)
    yield _spread(answer)
    yield _product_quality(answer)
    yield from product_averages(answer)
    if answer.verified is not None:
        yield from chain_attestations(answer.verified)
        yield from verified_lines(answer.verified)
    if answer.study is not None:
        yield from study_lines(answer.study, answer.study.versions)
    yield from answer.limitations
    yield from completion_lines(answer.completions)
    if answer.lots:
        yield _largest(answer)
    if answer.left_off:
        yield f"… and {answer.left_off:,} more: --limit or a shorter period"


def _by_facility(answer: ProductAnswer) -> Table:
    table = Table("facility", "share", "quantity", f"kg CO2e per {answer.unit}", "questioned", "lots", "completeness",
                  "primary data", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    rows: list[tuple[str, float, ProductionAnswer]] = [(one.facility, one.share, one) for one in answer.facilities]
    for name, share, production in (*rows, ("all", 1.0, answer)):
        table.add_row(name, share_words(share), str(production.quantity), numeral(production.footprint_per_unit),
                      percent(production.questioned_share) if production.questioned else "",
                      f"{production.number_of_lots:,}", production.completeness, percent(production.primary_share))
    table.rows[-1].style = "bold"
    return table


def _spread(answer: ProductAnswer) -> Table:
    """The spread over the lots, each lot weighted by its quantity."""
    names = ("minimum", "5 %", "25 %", "median", "75 %", "95 %", "maximum", "mean", "deviation")
    table = Table("spread over lots", *names, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, spread in (*((one.facility, one.spread) for one in answer.facilities), ("all", answer.spread)):
        figures = (spread.minimum, spread.p5, spread.p25, spread.median, spread.p75, spread.p95, spread.maximum,
                   spread.mean, spread.deviation)
        table.add_row(name, *[numeral(figure) for figure in figures])
    table.rows[-1].style = "bold"
    return table


def _product_quality(answer: ProductAnswer) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    unestimated = f"; omitted without an estimate: {numeral(answer.unestimated, 3)}" if answer.unestimated else ""
    table.add_row("completeness", f"{answer.completeness}, exempted {answer.exempted}{unestimated}")
    table.add_row("primary data", percent(answer.primary_share))
    if answer.provisional_share:
        table.add_row("provisional", f"{percent(answer.provisional_share)} waits for closings ({months_of(answer)})")
    table.add_row("ratings (1 best, 3)", _ratings(answer.ratings))
    if answer.rating_conversion:
        table.add_row("ratings of PACT (1 best, 5)", f"{_ratings(answer.pact_ratings)} ({answer.rating_conversion})")
    table.add_row(f"burdens per {answer.unit}",
                  _figures({name: one for name, one in answer.burdens.items() if name not in QUALITY}))
    table.add_row(f"contents per {answer.unit}", _figures(answer.contents))
    if answer.biogenic_uptake:
        uptake = f"{numeral(answer.biogenic_uptake)} kg CO2 per {answer.unit}"
        table.add_row("biogenic uptake", f"{uptake}, not in the figure")
    for name, shares in recycled_parts(answer.recycled_content):
        table.add_row(name, shares)
    table.add_row("method", f"{answer.method}, plugins {', '.join(answer.plugins) or 'none'}")
    return table


def _largest(answer: ProductAnswer) -> Table:
    table = Table("largest lots", "quantity", f"kg CO2e per {answer.unit}", "from last month", "questioned", "facility",
                  "end", "record", box=None, pad_edge=False)
    for column in table.columns[1:5]:
        column.justify = "right"
    for lot in answer.lots:
        table.add_row(lot.lot, str(lot.quantity), numeral(lot.footprint_per_unit),
                      "" if lot.change_from_last is None else f"{lot.change_from_last * 100:+.1f} %",
                      questioned_kilograms(lot.questioned), lot.facility, lot.end, str(lot.index))
    return table


def _notes(answer: FootprintAnswer) -> Iterator[str]:
    """Lines below the tables: the provisional share, the auditors' attestations, the limitations, and the claimed
    credits, which no figure contains."""
    if answer.provisional_share:
        yield (f"provisional: {share_words(answer.provisional_share)} of the figure waits for a closing "
               f"({months_of(answer)})")
    for missed in answer.missed_totals:
        part = "a part" if missed.kilograms is None else f"{fixed(missed.kilograms)} kg CO2e"
        yield f"not in the figure: {part} of the totals that closing {missed.index} measured for final records"
    for attestation in answer.attestations:
        yield attestation_line(attestation)
    if answer.verified is not None:
        yield from verified_lines(answer.verified)
    yield from answer.limitations
    for claim in answer.claims:
        avoided = "" if claim.avoided is None else f", would avoid {fixed(claim.avoided)} kg CO2e elsewhere"
        yield (f"not in the figure: {claim.quantity} of {claim.material} credits claimed for it ({claim.method}), "
               f"record {claim.index}{avoided}")


def breakdown(answer: FootprintAnswer, direct: DirectAnswer) -> Table:
    """The emission lines of the lot's own record, and its inputs, each with its share of the footprint. Lines that are
    no part of the footprint, such as biogenic CO2, follow the sum."""
    table = Table("from", "kind", "kg CO2e", "share", "basis and factor", box=None, pad_edge=False)
    table.columns[2].justify = table.columns[3].justify = "right"
    for line in direct.lines:
        if line.burden in ADDITIVE:
            share = _share(line.amount, answer.footprint)
            table.add_row(line.source, line.kind, fixed(line.amount), share, _basis(line))
    for taken_lot in answer.inputs:
        fraction = f"{numeral(taken_lot.part * 100, 4)} % of the lot"
        share = _share(taken_lot.footprint, answer.footprint)
        table.add_row(taken_lot.lot, "input", fixed(taken_lot.footprint), share, fraction)
    if answer.assigned:
        share = _share(answer.assigned, answer.footprint)
        table.add_row("assigned (system expansion)", "", fixed(answer.assigned), share)
    if answer.averaged:
        share = _share(answer.averaged, answer.footprint)
        table.add_row("averaged over the period", "", fixed(answer.averaged), share)
    table.add_row("sum", "", fixed(answer.footprint), "100 %", "", style="bold")
    for line in direct.lines:
        if line.burden not in ADDITIVE:
            table.add_row(line.source, line.kind, fixed(line.amount), "not in it", _basis(line))
    return table


def _quality(answer: FootprintAnswer) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    unestimated = f"; omitted without an estimate: {numeral(answer.unestimated, 3)}" if answer.unestimated else ""
    table.add_row("completeness", f"{answer.completeness}, exempted {answer.exempted}{unestimated}")
    table.add_row("primary data", percent(answer.primary_share))
    if answer.direct is not None and answer.direct.primary_activity_share is not None:
        share = percent(answer.direct.primary_activity_share)
        table.add_row("own activity data",
                      f"{share} metered, invoiced or calculated; emissions are primary data if their factor is the "
                      "site's or the supplier's own as well")
    table.add_row("ratings (1 best, 3)", _ratings(answer.ratings))
    if answer.rating_conversion:
        table.add_row("ratings of PACT (1 best, 5)", f"{_ratings(answer.pact_ratings)} ({answer.rating_conversion})")
    table.add_row("burdens", _figures({name: one for name, one in answer.burdens.items() if name not in QUALITY}))
    table.add_row("contents", _figures(answer.contents))
    if answer.biogenic_uptake:
        table.add_row("biogenic uptake", f"{fixed(answer.biogenic_uptake)} kg CO2, not in the figure")
    for name, shares in recycled_parts(answer.recycled_content):
        table.add_row(name, shares)
    if answer.indicators:
        table.add_row("indicators", _figures({name: float(value) for name, value in answer.indicators.items()}))
    table.add_row("method", f"{answer.method}, plugin {answer.plugin or 'none'}")
    table.add_row("record", answer.record)
    return table


def _basis(line: LineAnswer) -> str:
    parts = [line.basis, "primary" if line.primary else "secondary"]
    if line.burden != "fossilGhgEmissions":
        parts.append(line.burden)
    if line.factor:
        parts.append(line.factor)
    return " ".join(parts) + (" [recalled]" if line.recalled else "")


def _omission(omission: Mapping[str, Any]) -> str:
    estimate = f"{fixed(omission['estimate'])} kg CO2e" if "estimate" in omission else "no estimate"
    return f"{omission['what']} ({estimate})"


def _ratings(ratings: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {rating:.2f}" for name, rating in ratings.items()) or "unknown"


def _share(amount: float, whole: float) -> str:
    return share_words(amount / whole) if whole else ""


def _figures(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {numeral(amount)}" for name, amount in figures.items()) or "none"
