"""The pages of plugins: the versions in force, the fields of each record and process, and the factors of each supply.
"""

import asyncio
from typing import Annotated, Final

import msgspec
from litestar import Controller, Response, get
from litestar.params import Parameter

from ledger.access.declared import OpenToAll
from ledger.answers.stored import FACTORS, SECTOR, PluginAnswer
from ledger.pages.plugins.factors import MOST, SetInForce, found_in, own_factors, sets_in_force, supply_in
from ledger.pages.site import HANDLERS, AnyRequest, page, paths, public_visit
from ledger.registry.reference.catalogue import Catalogue, SchemaReference, fitting
from ledger.registry.reference.texts import in_language, rule_in_language, type_in_language
from ledger.service.ledger import Ledger
from ledger.service.queries.records import read_plugins

IN_FORCE: Final = OpenToAll("records of public kinds")
REFERENCE: Final = OpenToAll("no data of the log")
GIVEN: Final = OpenToAll("the factor sets in force that everybody may have")
Find = Annotated[str | None, Parameter(description="words in English, Chinese or German", max_length=200)]
Named = Annotated[str, Parameter(max_length=200)]


class PluginPagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("plugins"), access=IN_FORCE, media_type="text/html")
    async def plugins(self, request: AnyRequest, ledger: Ledger, find: Find = None) -> Response[str]:
        visit = await public_visit(request, ledger)
        known = await read_plugins(ledger.pool, ledger.registry)
        every = (await asyncio.to_thread(Catalogue, ledger.registry)).entries
        entries = fitting(every, find) if find and find.strip() else every
        names = {name: one.sector.zh if visit.language == "zh" else one.sector.en
                 for name, one in ledger.registry.sectors.items()}
        processes = {sector: [entry for entry in entries if _sector_of(entry.name) == sector and entry.of == "process"]
                     for sector in sorted(names)}
        return page(
            "plugins.html", visit, plugins=sorted(known, key=_rank), find=find or "", names=names,
            kinds=[entry for entry in entries if entry.of == "kind"], matching=len(entries),
            processes={sector: listed for sector, listed in processes.items() if listed}, text_in=in_language)

    @get(paths("plugins/{name:str}"), access=REFERENCE, media_type="text/html")
    async def reference(self, request: AnyRequest, ledger: Ledger, name: Named) -> Response[str]:
        """Raises NotFound for a name that is neither a kind nor a process."""
        reference = await asyncio.to_thread(_reference, ledger, name)
        *before, example = [_formatted(tree) for tree in reference.example] or [""]
        return page(
            "reference.html", await public_visit(request, ledger), reference=reference, example=example, before=before,
            text_in=in_language, rule_in=rule_in_language, type_in=type_in_language)

    @get(paths("factors"), access=GIVEN, media_type="text/html")
    async def factors(self, request: AnyRequest, ledger: Ledger, find: Find = None) -> Response[str]:
        sets = await _sets(ledger)
        asked = (find or "").strip()
        hits = await asyncio.to_thread(found_in, sets, asked) if asked else []
        own = await asyncio.to_thread(own_factors, ledger.registry, asked) if asked else []
        return page("factors.html", await public_visit(request, ledger), sets=sets, find=asked, hits=hits[:MOST],
                    own=own[:MOST], hit_count=len(hits), own_count=len(own), text_in=in_language)

    @get(paths("factors/{of:str}/{key:str}"), access=GIVEN, media_type="text/html")
    async def supply(self, request: AnyRequest, ledger: Ledger, of: Named, key: Named) -> Response[str]:
        """Raises NotFound for a supply that no set in force with this name has."""
        shown = supply_in(await _sets(ledger), of, key)
        return page("supply.html", await public_visit(request, ledger), supply=shown)


def _reference(ledger: Ledger, name: str) -> SchemaReference:
    return Catalogue(ledger.registry).reference(name)


def _formatted(tree: object) -> str:
    return msgspec.json.format(msgspec.json.encode(tree), indent=2).decode()


def _sector_of(name: str) -> str:
    return name.partition(".")[0]


def _rank(plugin: PluginAnswer) -> tuple[bool, int, int, str]:
    """Plugins in force first; rules and policies, then sectors, then factor sets in their precedence."""
    order = {SECTOR: 1, FACTORS: 2}.get(plugin.kind, 0)
    return plugin.in_force is None, order, plugin.precedence or 0, plugin.name


async def _sets(ledger: Ledger) -> list[SetInForce]:
    return sets_in_force(ledger.registry, await read_plugins(ledger.pool, ledger.registry))
