"""`show`: one page about a record, lot, item, organisation, facility, product or pool, and questions to ask."""

import json
from collections.abc import Iterator

import click
from msgspec import UNSET
from rich.table import Table

from ledger.answers.lists import ListedLotAnswer, ListedRecordAnswer, ShownAnswer
from ledger.answers.stored import OrganizationAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, show, styled
from ledger.cli.findings import answer_lines, completion_lines, sight_line, stated_finding
from ledger.cli.lookup.pages import share_cell
from ledger.cli.numbers import fixed, numeral, per_unit

_KINDS = {"organization": "organisation"}
_LONGEST = 100
_NO_FACTS = frozenset({"id", "type", "issuer", "nonce", "names", "ledger", "keys"})
"""Fields of a body that the page has elsewhere, or that say nothing to a reader."""


@click.command("show")
@click.argument("name", metavar="NAME")
@click.option("--at", type=int, help="As of this tree size (number of entries).  [default: now]")
@url_option
@json_option
def show_command(name: str, at: int | None, url: str, as_json: bool) -> None:
    """Show NAME on one page: an id, or the digest or log index of a record. With the questions to ask next."""
    with Client(url) as client:
        answer = client.get("/v1/show", ShownAnswer, name=name, at=at)
    if as_json:
        print_json(answer)
    else:
        show(*shown_report(answer))


def shown_report(answer: ShownAnswer) -> Iterator[Part]:
    """The page about a thing, as text for people."""
    yield styled(f"{_KINDS.get(answer.kind, answer.kind)} {answer.id}", style="bold")
    if answer.also:
        yield f"other things of this name: {', '.join(answer.also)}"
    facts = Table(show_header=False, box=None, pad_edge=False)
    if answer.lot is not None:
        _add_lot(facts, answer.lot)
    if answer.organization is not None:
        _add_organization(facts, answer.organization)
    if answer.body is not UNSET:
        for name, value in json.loads(bytes(answer.body)).items():
            if name not in _NO_FACTS:
                facts.add_row(name, _fact(value))
    _add_entered(facts, answer.entered)
    yield facts
    yield from map(stated_finding, answer.findings)
    yield from answer_lines(answer.to_answer)
    yield from completion_lines(answer.completions)
    yield from sight_line(answer.sight)
    if not answer.questions:
        return
    yield styled("ask next", style="bold")
    questions = Table(show_header=False, box=None, pad_edge=False)
    for question in answer.questions:
        questions.add_row(question.question, f"carbon-ledger {question.command}")
    yield questions


def _add_lot(facts: Table, lot: ListedLotAnswer) -> None:
    left = "" if lot.remaining is None else f", {lot.remaining} left"
    facts.add_row("quantity", f"{lot.quantity} of {lot.product}{left}")
    facts.add_row(lot.title, f"{fixed(lot.footprint)} kg CO2e, {per_unit(lot.footprint_per_unit, lot.quantity.unit)}")
    weak = {"questioned": lot.questioned, "omitted": lot.omitted, "provisional": lot.provisional}
    for name, amount in weak.items():
        if amount:
            facts.add_row(name, f"{fixed(amount)} kg CO2e")
    if lot.unestimated:
        facts.add_row("omitted without an estimate", numeral(lot.unestimated, 3))
    facts.add_row("primary data", share_cell(lot.primary_share) or "unknown")
    facts.add_row("holder", lot.holder)
    others = {"owner": lot.owner, "sender": lot.sender, "facility": lot.facility, "process": lot.process,
              "item": lot.item, "pool": lot.pool, "made": lot.made}
    for name, value in others.items():
        if value is not None:
            facts.add_row(name, value)
    for name, alike in lot.resembles.items():
        facts.add_row("resembles", f"{name}: {' '.join(alike)}")
    for state, holds in (("withdrawn", lot.withdrawn), ("disputed", lot.frozen), ("in doubt", lot.in_doubt)):
        if holds:
            facts.add_row("state", state)


def _add_organization(facts: Table, organization: OrganizationAnswer) -> None:
    facts.add_row("names", ", ".join(organization.names.values()))
    if organization.resembles:
        facts.add_row("resembles", " ".join(organization.resembles))
    active = [key for key in organization.keys if key.revoked is None]
    facts.add_row("keys", f"{len(active)} in force, {len(organization.keys) - len(active)} revoked")


def _add_entered(facts: Table, entered: ListedRecordAnswer) -> None:
    state = "" if entered.state == "inForce" else f", {entered.state}"
    facts.add_row("record", f"{entered.index}, {entered.type} of {entered.issuer}, posted {entered.time}{state}")
    facts.add_row("digest", entered.record)
    if entered.end is not None:
        facts.add_row("period", entered.end if entered.start is None else f"{entered.start} to {entered.end}")


def _fact(value: object) -> str:
    """A value of a body on one line, cut to a length that fits."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
