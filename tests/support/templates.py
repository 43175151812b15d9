"""The examples of all kinds and processes as signed records of organisations of their own."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from ledger.client.sheets.columns import Tree
from ledger.client.sheets.template import Guides, example_of
from ledger.core.record.canonical import record_of
from ledger.engine.sectors import Registry
from ledger.registry.reference.catalogue import Catalogue
from support.parties import Party, enrolment, nonces, party
from support.revising import digest_of
from support.server import Posted, Server

SEED: Final = 3
OTHERS: Final = ("motor-works", "smelter")
REGISTRARS: Final = ("organization", "activation", "erasure", "reader", "readerRevocation")
"""Kinds that only the registrar signs."""


def owner(name: str) -> Party:
    """The organisation of an example."""
    return party(SEED, f"of-{name.replace('.', '-').lower()}")


class Examples:
    """The examples of the sectors in a registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry, self.catalogue = registry, Catalogue(registry)
        catalogue = self.catalogue
        self.guides = Guides(catalogue.reference)
        self.names = [entry.name for entry in catalogue.entries]

    def whole(self, name: str, issuer: str | None = None) -> list[Tree]:
        """The example of a kind or process, after the records that it refers to."""
        return example_of(self.catalogue.reference(name), self.guides, issuer or owner(name).id, whole=True)

    def enrolments(self, server: Server) -> Iterator[Posted]:
        """All organisations of the examples."""
        new = nonces(SEED, "enrolments")
        registrar = server.registrar
        others = [party(SEED, name) for name in OTHERS]
        for one in [*others, *map(owner, self.names)]:
            parent = others[0].id if one.id == owner("parentEnd").id else None
            if one.id != owner("organization").id:
                yield registrar, enrolment(one, registrar, server.origin, next(new), parent=parent)
        auditor = enrolment(party(SEED, "verifier"), registrar, server.origin, next(new))
        yield registrar, msgspec.structs.replace(auditor, roles=["auditor"])

    def posted(self, name: str, trees: Sequence[Tree], server: Server) -> list[Posted]:
        """The records as people post them, once they put the ids of their own ledger in."""
        new = nonces(SEED, f"example/{name}")
        found: list[Posted] = []
        for i, tree in enumerate(trees):
            last = i == len(trees) - 1
            signer = _signer(str(tree["type"]), tree.get("issuer", owner(name).id), server)
            if name == "attestation" and last:
                signer = party(SEED, "verifier")
            whole = {"nonce": next(new), **tree, "issuer": signer.id}
            if name == "readerRevocation" and last:
                # The record of the reader has another digest with the registrar of this ledger.
                whole["reader"] = digest_of(found[0])
            found.append((signer, record_of({**whole, **(self._own(name, server) if last else {})})))
        return found

    def _own(self, name: str, server: Server) -> dict[str, Any]:
        """What no example can know: keys, which consent to one ledger, and the digest of a plugin."""
        if name == "organization":
            entered = enrolment(owner(name), server.registrar, server.origin, "A" * 22)
            return {"keys": msgspec.to_builtins(entered.keys)}
        if name == "keyChange":
            spare = Party(owner(name).id, party(SEED, "spare").key)
            entered = enrolment(spare, server.registrar, server.origin, "A" * 22)
            return {"added": msgspec.to_builtins(entered.keys)}
        if name == "activation":
            sector = self.registry.sectors["equipment"]
            return {"version": sector.sector.version, "digest": sector.digest}
        return {}


def _signer(name: str, issuer: str, server: Server) -> Party:
    return server.registrar if name in REGISTRARS else party(SEED, issuer.rpartition(":")[2])
