"""`purge`: the operator rewrites the files that may still hold what was erased."""

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
@click.option("--search", "words", multiple=True, help="Words that must be in no file any more; may be repeated.")
@home_option
@json_option
def purge(words: tuple[str, ...], home: Path | None, as_json: bool) -> int:
    """Rewrite the database's files, so that none holds what was erased.

    While a table is rewritten nobody reads or writes it: servers wait, and answer 503 where that takes too long. As the
    database's owner, on a database that servers may be using. Ends with 1 where something could not be done, an erasure
    waits for the log's witnesses, or a word of --search was found.
    """
    done = asyncio.run(_purge(settings(home), [word.encode() for word in words]))
    if as_json:
        print_json(done)
    else:
        show(*_told(done))
    return 0 if done.done else 1


async def _purge(chosen: Settings, words: list[bytes]) -> Purged:
    async with hosted(chosen.home, chosen.database_url, on_progress=say) as database:
        return await rewritten(database, words, say)


def _told(done: Purged) -> list[str]:
    lines = [f"rewritten in {done.seconds:.1f} s, {done.erased} erasures had waited"]
    if done.waiting:
        lines.append(f"{done.waiting} erasures wait for the log's witnesses: purge again once they have cosigned them")
    lines += [f"not allowed: {one}" for one in done.refused]
    lines += [f"beyond the reach of this: {one}" for one in done.keepers]
    if done.searched is not None:
        found = done.searched
        lines.append(f"searched {found.files} files, {found.bytes} bytes, below {found.folder}")
        lines += [f"FOUND in {one}" for one in found.found] + [f"not searched: {one}" for one in found.unreadable]
    return lines
