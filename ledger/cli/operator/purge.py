"""`purge`: rewrites the database's files that may still hold erased content."""

import asyncio
from pathlib import Path

import click

from ledger.cli.console import json_option, print_json, say, show
from ledger.cli.environment import home_option, settings
from ledger.service.erasure.purge import Purged
from ledger.service.erasure.purge import purge as rewritten
from ledger.service.settings import Settings
from ledger.store.hosting import hosted


@click.command()
@click.option("--search", "words", multiple=True, help="Search the files for these words; may be repeated.")
@home_option
@json_option
def purge(words: tuple[str, ...], home: Path | None, as_json: bool) -> int:
    """Rewrite the database's files, so that no file holds erased content.

    The command runs as the database's owner; servers may use the database meanwhile. During the rewrite of a table
    nobody can read or write it: servers wait, and answer 503 if it takes too long. Exit code 1 if a step failed, if an
    erasure waits for the log's witnesses, or if a file contains a word of --search.
    """
    purged = asyncio.run(_purge(settings(home), [word.encode() for word in words]))
    if as_json:
        print_json(purged)
    else:
        show(*_lines(purged))
    return 0 if purged.done else 1


async def _purge(chosen: Settings, words: list[bytes]) -> Purged:
    async with hosted(chosen.home, chosen.database_url, on_progress=say) as database:
        return await rewritten(database, words, say)


def _lines(purged: Purged) -> list[str]:
    lines = [f"rewritten in {purged.seconds:.1f} s, {purged.erased} pending erasures done"]
    if purged.waiting:
        lines.append(f"{purged.waiting} erasures wait for the log's witnesses: purge again after their cosignatures")
    lines += [f"not allowed: {one}" for one in purged.refused]
    lines += [f"out of reach: {one}" for one in purged.keepers]
    if purged.searched is not None:
        search = purged.searched
        lines.append(f"searched {search.files} files, {search.bytes} bytes, below {search.folder}")
        lines += [f"FOUND in {one}" for one in search.found] + [f"not searched: {one}" for one in search.unreadable]
    return lines
