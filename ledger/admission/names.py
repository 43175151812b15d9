"""The names in a record, so that a batch's state can be loaded before its rules run."""

import base64
import hashlib
from collections.abc import Iterable

from ledger.core.record.values import Output, PublicKey, Supply


class Names:
    """Identifiers by kind, collected from any number of records. `lots` are named as inputs (an input may name a pool
    or a product instead), `new_lots` are created. `new_names` are given to organisations, facilities and products,
    `enrolled` only to organisations. `new_keys` are the keyids that records enter. `records` are digests of records
    whose facts are needed, `openings` facility and product of opening stock, `pools` holder and product of new pools,
    `reports` the subjects of reports, `erasures` the digests of records to erase. For the goods of groups: `sold` are
    issuer and lot of sales outside, `declared` issuer and product of declared lots, `subjects` issuer and subject of
    new products, `parents` new organisations with their parents. `relations`: receiver, sender and lot of transfers; of
    standing acceptances too, without a lot. `published`: issuer and lot of publications. `uses`: issuer and product,
    where a record may use facts of products of others without a lot of them."""

    def __init__(self) -> None:
        self.organizations: set[str] = set()
        self.facilities: set[str] = set()
        self.products: set[str] = set()
        self.lots: set[str] = set()
        self.new_lots: set[str] = set()
        self.new_names: set[str] = set()
        self.enrolled: set[str] = set()
        self.items: set[str] = set()
        self.declarations: set[str] = set()
        self.transfers: set[str] = set()
        self.prefixes: set[str] = set()
        self.keys_of: set[str] = set()
        self.new_keys: set[bytes] = set()
        self.records: set[str] = set()
        self.openings: set[tuple[str, str]] = set()
        self.pools: set[tuple[str, str]] = set()
        self.reports: set[str] = set()
        self.erasures: set[str] = set()
        self.sold: set[tuple[str, str]] = set()
        self.declared: set[tuple[str, str]] = set()
        self.subjects: set[tuple[str, str]] = set()
        self.parents: set[tuple[str, str]] = set()
        self.relations: set[tuple[str, str, str]] = set()
        self.published: set[tuple[str, str]] = set()
        self.uses: set[tuple[str, str]] = set()

    def merge(self, other: "Names") -> None:
        """Adds all names of `other`."""
        own = vars(self)
        for kind, names in vars(other).items():
            if names:
                own[kind].update(names)

    def add_keys(self, keys: Iterable[PublicKey]) -> None:
        self.new_keys.update([hashlib.sha256(base64.b64decode(key.spki)).digest() for key in keys])

    def add_outputs(self, outputs: list[Output]) -> None:
        for output in outputs:
            self.new_lots.add(output.lot)
            self.products.add(output.product)
            if output.owner:
                self.organizations.add(output.owner)
            if output.item:
                self.items.add(output.item)

    def add_use(self, issuer: str, product: str) -> None:
        self.products.add(product)
        self.uses.add((issuer, product))

    def add_supplies(self, issuer: str, supplies: list[Supply]) -> None:
        for supply in supplies:
            if supply.product:
                self.add_use(issuer, supply.product)
            if supply.declaration:
                self.declarations.add(supply.declaration)


def referenced(supplies: list[Supply]) -> list[str]:
    """The products and declarations that supplies name."""
    return [name for supply in supplies for name in (supply.product, supply.declaration) if name]
