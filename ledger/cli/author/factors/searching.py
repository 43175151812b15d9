"""`factors search`: the supplies whose names match some words."""

from collections.abc import Sequence

import click
from rich.table import Table

from ledger.cli.author.factors.answers import hit_answer
from ledger.cli.author.factors.chosen import chosen_versions, set_options
from ledger.cli.console import json_option, print_json, say, show
from ledger.core.record.units import UNITS
from ledger.registry.supply_names import supplies_like
from ledger.sdk import FactorSetVersion
from ledger.sdk.sets.reading import co2e_of
from ledger.sdk.sets.search import SearchHit, search
from ledger.sdk.sets.summary import default_of, short


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@set_options
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Show at most this many.")
@json_option
def search_supplies(
    words: tuple[str, ...], names: tuple[str, ...], version: str | None, url: str | None, limit: int, as_json: bool
) -> int:
    """Find supplies by WORDS: English, Chinese or German names, synonyms, aliases, keys, or the first digits of an
    HS code.

    All words must match. The nearest supply comes first. The exit code is 1 if nothing matches.
    """
    versions = chosen_versions(url, names, version)
    query = " ".join(words)
    hits = search(versions, query)
    if as_json:
        print_json([hit_answer(hit) for hit in hits[:limit]])
        return 0 if hits else 1
    if not hits:
        close = ", ".join(_nearest(versions, words))
        say(f"no supply of {', '.join([one.tag for one in versions])} matches {query!r}"
            + (f"; nearest: {close}" if close else ""))
        return 1
    show(_table(hits[:limit]))
    if len(hits) > limit:
        say(f"{len(hits) - limit} more: --limit {len(hits)} shows them")
    return 0


def _nearest(versions: Sequence[FactorSetVersion], words: Sequence[str]) -> list[str]:
    """Keys with a similar name, then the best match of each word alone."""
    keys = supplies_like(versions, "".join(words))
    for word in words:
        keys += [hit.entry.key for hit in search(versions, word)[:1]]
    return list(dict.fromkeys(keys))


def _table(hits: Sequence[SearchHit]) -> Table:
    table = Table("set", "key", "English", "Chinese", "German", "matched", "rows", "kg CO2e, world", "per", box=None,
                  pad_edge=False)
    for version, entry, _, matched in hits:
        default = default_of(version, entry)
        table.add_row(
            version.name, entry.key, entry.en, entry.zh, "".join(entry.de[:1]), matched,
            str(sum(factor.key == entry.key for factor in version)),
            "-" if default is None else short(co2e_of(default.gases)), UNITS[entry.unit].name,
        )
    return table
