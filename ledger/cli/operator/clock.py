"""`clock`: compares the host's clock with the log, and lets the operator confirm that the clock is right."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import click

from ledger.cli.console import json_option, print_json, show
from ledger.cli.environment import home_option, settings
from ledger.cli.operator.opened import opened_database
from ledger.errors import InvalidInput
from ledger.host.clock import LEAD, Timekeeper, host_clock, spelled
from ledger.service.settings import Settings
from ledger.store.sql import queries


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def clock() -> None:
    """Compare the host's clock with the log; confirm that the clock is right."""


@clock.command("show")
@home_option
@json_option
def show_clock(home: Path | None, as_json: bool) -> int:
    """Show this host's clock and the time of the newest entry. Exit code 1 if the clock is so far ahead that servers of
    this home append nothing."""
    chosen = settings(home)
    newest = asyncio.run(_newest(chosen))
    keeper = Timekeeper(host_clock(), chosen.home)
    keeper.begin(newest)
    lead = keeper.lead()
    if as_json:
        print_json({"clock": spelled(keeper()), "newest": spelled(newest), "lead": lead, "ahead": lead > LEAD})
    else:
        newest_entry = f"{spelled(newest)}, the time of the newest entry" if newest else "the log has no entry"
        show(f"clock      {spelled(keeper())}, the time of this host", f"newest     {newest_entry}",
             f"verdict    {_verdict(lead, newest - keeper())}")
    return 1 if lead > LEAD else 0


def _verdict(lead: int, behind: int) -> str:
    """`lead`: by how many ms the clock leads the believed time; `behind`: by how many it is behind the newest entry."""
    if lead > LEAD:
        return (f"the clock shows {lead // 1000} s more than have passed: nothing is appended until it is right, or "
                "confirmed by `carbon-ledger clock accept --time TIME`")
    if behind > 0:
        return (f"the clock is {-(-behind // 1000)} s behind the newest entry: records are appended, with that entry's "
                "time until the clock has passed it")
    return "the clock is not ahead: records are appended"


@clock.command("accept")
@click.option("--time", "stated", required=True, help="The current time, such as 2026-03-01T12:30Z.")
@home_option
@json_option
def accept_clock(stated: str, home: Path | None, as_json: bool) -> None:
    """Confirm that the clock of this host is right, after it was set forward: servers of this home append again.

    Compare it with another clock first. Entry times never decrease: after an entry with a time in the future, all
    later entries get that time too, until it has passed.
    """
    keeper = Timekeeper(host_clock(), settings(home).home)
    keeper.accept(_milliseconds(stated))
    if as_json:
        print_json({"clock": spelled(keeper())})
    else:
        show(f"accepted   {spelled(keeper())}")


def _milliseconds(stated: str) -> int:
    try:
        time = datetime.fromisoformat(stated)
    except ValueError:
        raise InvalidInput(f"{stated!r} is not a time", field="time", value=stated, rule="such as 2026-03-01T12:30Z"
                           ) from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


async def _newest(chosen: Settings) -> int:
    async with opened_database(chosen) as (pool, _):
        return await pool.fetchval(queries("log")["time"]) or 0
