"""`key rotate-log`: gives the log a new key under the same origin."""

import asyncio
from pathlib import Path

import click

from ledger.cli.console import json_option, print_json, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.cli.lazy import attribute


@click.command("rotate-log")
@click.option("--prepare", is_flag=True, help="Only make the new key, to be copied to the homes of other replicas.")
@click.option("--finish", is_flag=True, help="End the overlap: the new key signs alone from now on.")
@home_option
@passphrase_file_option
@json_option
def rotate_log(prepare: bool, finish: bool, home: Path | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Begin, or end, a rotation of the log's key. The origin stays.

    From the beginning on, the old and the new key both sign every head. A note signed by both, at /log/keys, leads
    everyone who has pinned the old key to the new one. Running servers follow with their next answer; a server without
    the new key's file in its home signs nothing until it has the file. After the end you may remove the old key. If the
    old key is in the wrong hands, begin and end at once.
    """
    if prepare and finish:
        raise click.UsageError("--prepare or --finish, not both")
    step = "prepare" if prepare else "finish" if finish else "begin"
    rotate = attribute("ledger.cli.operator.rotation:rotate", "rotating the log's key")
    report = asyncio.run(rotate(settings(home, passphrase_file), step))
    if as_json:
        print_json(report)
    else:
        show(*(f"{name:<8} {value}" for name, value in report.items()))
