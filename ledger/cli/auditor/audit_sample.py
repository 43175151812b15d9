"""`audit sample`: records of a facility and period for a verifier, drawn so that anyone draws the same."""

import asyncio
from pathlib import Path

import click
from rich.table import Table

from ledger.cli.auditor.audit_target import source_of
from ledger.cli.console import json_option, print_json, progress, show, stacked
from ledger.cli.environment import home_option
from ledger.cli.files import FILE, text_or_file
from ledger.client.audit.sample.draw import Method, SampleRequest
from ledger.client.audit.sample.population import DrawnSample, take_sample
from ledger.core.log.policy import Policy, parse_policy
from ledger.errors import InvalidInput
from ledger.service.queries.periods import instant_of


@click.command()
@click.argument("target", required=False)
@click.option("--facility", required=True, help="The facility whose transformations are drawn from.")
@click.option("--period", required=True, metavar="START/END",
              help="Days or instants: records that begin within are drawn from.")
@click.option("--seed", required=True, help="Any text, chosen after the checkpoint: nobody can know it beforehand.")
@click.option("--size", type=click.IntRange(1, 10_000), default=25, show_default=True, help="So many records.")
@click.option("--method", type=click.Choice(["random", "monetary"]), default="random", show_default=True,
              help="Each record alike, or by its emissions.")
@click.option("--vkey", help="The log's verifier key that you have pinned, or the file that holds it.")
@click.option("--policy", type=FILE, help="A policy file: the checkpoint has to be cosigned by its quorum.")
@home_option
@json_option
def sample(
    target: str | None, facility: str, period: str, seed: str, size: int, method: Method, vkey: str | None,
    policy: Path | None, home: Path | None, as_json: bool,
) -> None:
    """Draw records of a facility and period at TARGET, with their evidence, for a verifier (ISO 14064-3).

    The same log, seed and options give the same sample on any machine. TARGET is what `audit` takes.
    """
    question = SampleRequest(facility, *_within(period), seed, size, method)
    asked = parse_policy(policy.read_bytes()) if policy is not None else None
    found = asyncio.run(_sample(target, home, question, None if vkey is None else text_or_file(vkey), asked))
    if as_json:
        print_json(found)
    else:
        _print(found)


def _within(period: str) -> tuple[str, str]:
    start, slash, end = period.partition("/")
    if not slash:
        raise click.UsageError("--period is START/END, such as 2025-01-01/2026-01-01")
    first, last = instant_of(start, "period"), instant_of(end, "period")
    if first >= last:
        raise InvalidInput(f"period: {start} is not before {end}", code="period", field="period", value=period,
                           rule="a period ends after it starts")
    return first, last


async def _sample(
    target: str | None, home: Path | None, question: SampleRequest, vkey: str | None, policy: Policy | None
) -> DrawnSample:
    async with source_of(target, home) as source:
        with progress("reading the log") as told:
            return await take_sample(source, question, vkey=vkey, policy=policy, progress=told)


def _print(found: DrawnSample) -> None:
    question, basis = found.question, found.basis
    show(
        f"log         {basis.origin}, {basis.size} entries, root {basis.root}",
        f"population  {found.population['records']:.0f} transformations of {question.facility}, "
        f"{question.start} to {question.end}: {found.population['emissions']} kg CO2e",
        f"drawn       {len(found.records)}, seed {question.seed!r}; {found.drawn_how}: "
        f"{found.sampled['emissions']} kg CO2e",
    )
    table = Table("entry", "record", "process", "begins", "kg CO2e", "lots", "evidence", box=None, pad_edge=False)
    for one in found.records:
        evidence = stacked(f"{given.kind} {given.digest}" for given in one.evidence)
        table.add_row(str(one.index), one.digest, one.process, one.start, str(one.emissions), stacked(one.lots),
                      evidence or "none")
    show(table)
    for note in found.notes:
        show(f"note: {note}")
