"""The kinds and processes that commands know: from a server that is named, else from the sectors installed here."""

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from ledger.cli.client import Client
from ledger.errors import NotFound
from ledger.registry.installed import plugin_names
from ledger.registry.reference.catalogue import Catalogue, SchemaEntry, SchemaReference
from ledger.registry.workers.trial import tried

_PROCESS: Final = re.compile(r"[a-z][a-z0-9-]*\.[A-Za-z][A-Za-z0-9]*")
Reference = Callable[[str], SchemaReference]
NO_SECTOR: Final = (
    "no sector is installed here: name a server by --url or CARBON_LEDGER_URL, or install a sector, such as the "
    "distribution carbon-ledger-steel"
)


def entries(url: str | None) -> list[SchemaEntry]:
    """The kinds and processes of a server, or of the sectors installed here."""
    if url is None:
        return Catalogue(tried()).entries
    with Client(url) as client:
        return client.schemas()


def references(url: str | None) -> Reference:
    """The reference of a name from a server, or from the sectors installed here. It raises NotFound for an unknown
    name; the error says how to get processes if no sector is installed."""
    if url is None:
        return cache(_installed())

    def asked(name: str) -> SchemaReference:
        with Client(url) as client:
            return client.schema(name)

    return cache(asked)


def completed(client: Client, report: Callable[[str], None]) -> Reference:
    """The reference of a name from the sectors installed here; if they lack it, from the server, and `report` gets a
    line that says so. It raises NotFound for a name that both do not know."""
    installed = _installed()

    @cache
    def reference(name: str) -> SchemaReference:
        try:
            return installed(name)
        except NotFound:
            if _PROCESS.fullmatch(name) is None:
                raise
        described = client.schema(name)
        report(f"{name} is not installed here: its fields are read as {client.url} describes them")
        return described

    return reference


def lacks_sectors(url: str | None) -> bool:
    """Whether only kinds of records are known, since no server is named and no sector is installed."""
    return url is None and not plugin_names()


def _installed() -> Reference:
    catalogue = Catalogue(tried())

    def reference(name: str) -> SchemaReference:
        try:
            return catalogue.reference(name)
        except NotFound as error:
            if plugin_names() or _PROCESS.fullmatch(name) is None:
                raise
            raise NotFound(error.message, code=error.code, field=error.field, value=name, rule=NO_SECTOR) from None

    return reference
