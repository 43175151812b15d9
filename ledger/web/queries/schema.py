"""The reference of records: kinds and processes, and the fields of each."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from ledger.access.declared import OpenToAll
from ledger.registry.reference.catalogue import Catalogue, SchemaEntry, SchemaReference, fitting
from ledger.service.ledger import Ledger

Find = Annotated[str | None, Parameter(
    description="words in English, Chinese or German; the best entries come first", max_length=200)]
Named = Annotated[str, Parameter(
    description="a kind such as transfer, or a process such as steel.rolling", max_length=200)]


class SchemaController(Controller):
    path = "/v1/schema"
    tags = ("records",)

    @get("/", access=OpenToAll("no data of the log"),
         summary="Kinds of records, and processes of the sectors", sync_to_thread=True)
    def entries(self, ledger: Ledger, find: Find = None) -> list[SchemaEntry]:
        entries = Catalogue(ledger.registry).entries
        return entries if find is None else fitting(entries, find)

    @get("/{name:str}", access=OpenToAll("no data of the log"),
         summary="The fields of a kind or a process, with meanings, examples and JSON Schema",
         sync_to_thread=True)
    def reference(self, ledger: Ledger, name: Named) -> SchemaReference:
        return Catalogue(ledger.registry).reference(name)
