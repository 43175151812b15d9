"""The kinds and processes that commands know: from a server that is named, else from the sectors installed here."""

import re
from collections.abc import Callable
from functools import cache
from typing import Final, TypeVar

import click
from click.core import ParameterSource

from ledger.cli.client import Client
from ledger.cli.console import Command, say
from ledger.errors import NotFound, Unauthenticated, Unavailable
from ledger.registry.installed import plugin_names
from ledger.registry.reference.catalogue import Catalogue, SchemaEntry, SchemaReference
from ledger.registry.reference.texts import LANGUAGES
from ledger.registry.workers.trial import tried

_PROCESS: Final = re.compile(r"[a-z][a-z0-9-]*\.[A-Za-z][A-Za-z0-9]*")
Reference = Callable[[str], SchemaReference]
Value = TypeVar("Value")
NO_SECTOR: Final = (
    "no sector is installed here: name a server by --url or CARBON_LEDGER_URL, or install a sector, such as the "
    "distribution carbon-ledger-steel"
)



def language_option(of: str) -> Callable[[Command], Command]:
    """`--language`. `of`: the texts in it."""
    return click.option(
        "--language", type=click.Choice(LANGUAGES), default="en", show_default=True,
        help=f"Of {of}; English for a text that a sector does not have.",
    )


class CatalogueSource:
    """A server, or the plugins installed here if `url` is None. They answer too, and the command says so, if the server
    does not and the command can do without it."""

    def __init__(self, url: str | None, dispensable: Callable[[], bool]) -> None:
        self._url = url
        self._dispensable = dispensable

    def answer(self, ask: Callable[[Client], Value], installed: Callable[[], Value]) -> Value:
        if self._url is not None:
            try:
                with Client(self._url) as client:
                    return ask(client)
            except (Unavailable, Unauthenticated) as error:
                if not self._dispensable():
                    raise
                say(f"{error.message}; the plugins installed here answer instead")
                self._url = None
        return installed()


def entries(url: str | None) -> list[SchemaEntry]:
    """The kinds and processes of a server, or of the sectors installed here."""
    return _source(url).answer(Client.schemas, lambda: Catalogue(tried()).entries)


def references(url: str | None) -> Reference:
    """The reference of a name from a server, or from the sectors installed here. It raises NotFound for an unknown
    name; the error says how to get processes if no sector is installed."""
    source, installed = _source(url), cache(_installed)
    return cache(lambda name: source.answer(lambda client: client.schema(name), lambda: installed()(name)))


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


def is_named() -> bool:
    """Whether the user named the server by `--url`, rather than by the environment."""
    return click.get_current_context().get_parameter_source("url") is ParameterSource.COMMANDLINE


def _source(url: str | None) -> CatalogueSource:
    return CatalogueSource(url, lambda: not is_named() and bool(plugin_names()))


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
