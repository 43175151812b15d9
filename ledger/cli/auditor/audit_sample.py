"""`audit sample`: draws records of a facility and period for a verifier. Anyone can repeat the draw."""

import asyncio
from pathlib import Path

import click
from rich.table import Table

from ledger.cli.auditor.audit_target import source_of
from ledger.cli.console import json_option, print_json, progress, show, stacked
from ledger.cli.environment import home_option
from ledger.cli.files import FILE, given_vkey
from ledger.cli.findings import stated_finding
from ledger.cli.trust import ca_option
from ledger.client.audit.sample.draw import Method, SampleRequest
from ledger.client.audit.sample.population import DrawnSample, take_sample
from ledger.core.log.policy import Policy, parse_policy
from ledger.errors import InvalidInput
from ledger.service.queries.periods import instant_of


@click.command()
@click.argument("target", required=False)
@click.option("--facility", required=True, help="Draw from the transformations of this facility.")
@click.option("--period", required=True, metavar="START/END",
              help="Days or instants: draw from the records that begin in this period.")
@click.option("--seed", required=True, help="Any text. Choose it after the checkpoint, so that nobody can predict it.")
@click.option("--size", type=click.IntRange(1, 10_000), default=25, show_default=True, help="Number of records.")
@click.option("--method", type=click.Choice(["random", "monetary", "findings"]), default="random", show_default=True,
              help="Equal probability for each record, probability by emissions, or the records with findings first.")
@click.option("--findings", is_flag=True, help="The same as --method findings.")
@click.option("--vkey", help="Your pinned verifier key of the log, or a file with it.")
@click.option("--policy", type=FILE, help="A policy file: its quorum must have cosigned the checkpoint.")
@ca_option
@home_option
@json_option
def sample(
    target: str | None, facility: str, period: str, seed: str, size: int, method: Method, findings: bool,
    vkey: str | None, policy: Path | None, home: Path | None, as_json: bool,
) -> None:
    """Draw records of a facility and period at TARGET, with their evidence, for a verifier (ISO 14064-3).

    The same log, seed and options give the same sample on any machine. TARGET is the same as for `audit`.
    """
    if findings and method == "monetary":
        raise click.UsageError("give --findings or --method monetary, not both")
    question = SampleRequest(facility, *_within(period), seed, size, "findings" if findings else method)
    parsed_policy = parse_policy(policy.read_bytes()) if policy is not None else None
    drawn = asyncio.run(_sample(target, home, question, None if vkey is None else given_vkey(vkey), parsed_policy))
    if as_json:
        print_json(drawn)
    else:
        _print(drawn)


def _within(period: str) -> tuple[str, str]:
    start, slash, end = period.partition("/")
    if not slash:
        raise click.UsageError("--period takes START/END, such as 2025-01-01/2026-01-01")
    first, last = instant_of(start, "period"), instant_of(end, "period")
    if first >= last:
        raise InvalidInput(f"period: {start} is not before {end}", code="period", field="period", value=period,
                           rule="a period ends after it starts")
    return first, last


async def _sample(
    target: str | None, home: Path | None, question: SampleRequest, vkey: str | None, policy: Policy | None
) -> DrawnSample:
    async with source_of(target, home) as source:
        with progress("reading the log") as report_progress:
            return await take_sample(source, question, vkey=vkey, policy=policy, progress=report_progress)


def _print(drawn: DrawnSample) -> None:
    question, basis = drawn.question, drawn.basis
    show(
        f"log         {basis.origin}, {basis.size} entries, root {basis.root}",
        f"population  {drawn.population['records']:.0f} transformations of {question.facility}, "
        f"{question.start} to {question.end}: {drawn.population['emissions']} kg CO2e",
        f"drawn       {len(drawn.records)}, seed {question.seed!r}; {drawn.drawn_how}: "
        f"{drawn.sampled['emissions']} kg CO2e",
    )
    table = Table("entry", "record", "process", "begins", "kg CO2e", "lots", "evidence", box=None, pad_edge=False)
    for record in drawn.records:
        evidence = stacked(f"{given.kind} {given.digest}" for given in record.evidence)
        table.add_row(str(record.index), record.digest, record.process, record.start, str(record.emissions),
                      stacked(record.lots), evidence or "none")
    show(table)
    for record in drawn.records:
        show(*[f"entry {record.index}: {stated_finding(finding)}" for finding in record.findings])
    for note in drawn.notes:
        show(f"note: {note}")
