"""`key rotate-log`: another key for the log, under the same origin."""

import asyncio
from pathlib import Path

import click

from ledger.cli.console import json_option, print_json, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.cli.lazy import attribute


@click.command("rotate-log")
@click.option("--prepare", is_flag=True, help="Only make the new key, to be brought to the homes of other replicas.")
@click.option("--finish", is_flag=True, help="End the overlap: from now on the new key signs alone.")
@home_option
@passphrase_file_option
@json_option
def rotate_log(prepare: bool, finish: bool, home: Path | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Begin, or end, a rotation of the log's key. The origin stays.

    From its beginning on the old and the new key sign every head, and a note by both, below /log/keys, leads whoever
    has pinned the old one to the new one. Running servers take it up with their next answer; one that has not the new
    key's file in its home signs nothing until it has. After the end the old key may be put away. Where the old key is
    in wrong hands, begin and end at once.
    """
    if prepare and finish:
        raise click.UsageError("--prepare or --finish, not both")
    step = "prepare" if prepare else "finish" if finish else "begin"
    rotate = attribute("ledger.cli.operator.rotation:rotate", "rotating the log's key")
    told = asyncio.run(rotate(settings(home, passphrase_file), step))
    if as_json:
        print_json(told)
    else:
        show(*(f"{name:<8} {value}" for name, value in told.items()))
