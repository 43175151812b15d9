"""Records of every kind that an organisation could post, about its own things and about everybody's: to be checked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, get_args

import msgspec

from ledger.core.record.kinds import AnyRecord, Transformation
from ledger.core.record.revisions import Change
from support.enumerated import Names
from support.revising import change, gas
from support.sectors import NAME, Make
from support.workshop import Workshop, kilograms

START: Final = "2025-04-01T00:00:00Z"
END: Final = "2025-04-02T00:00:00Z"
UNTIL: Final = "2033-01-01T00:00:00Z"
KG: Final[Mapping[str, str]] = {"value": "1", "unit": "KGM"}
Fields = Mapping[str, Any]


class Tried(NamedTuple):
    """`shop` tries; `own`: the records that it issued, with their digests."""

    shop: Workshop
    names: Names
    own: Sequence[tuple[str, AnyRecord]]

    def fresh(self) -> str:
        """A name that no other record has."""
        return self.shop.name(f"tried-{self.shop.nonce()}")

    def flow(self, lot: str, amount: str = "1") -> Fields:
        return {"lot": lot, "quantity": {**KG, "value": amount}}

    def output(self, product: str) -> Fields:
        return {"lot": self.fresh(), "product": product, "quantity": KG, "role": "product"}


def tried(of: Tried) -> Iterator[AnyRecord]:
    """Records of every kind. Raises KeyError for a kind without a row in `_FIELDS`."""
    for kind in get_args(AnyRecord):
        for fields in _FIELDS[str(kind.__struct_config__.tag)](of):
            stated = {"issuer": of.shop.id, "nonce": of.shop.nonce(), "type": kind.__struct_config__.tag, **fields}
            yield msgspec.json.decode(msgspec.json.encode(stated), type=kind)


def _public_key(of: Tried) -> Fields:
    return {"spki": "MCowBQYDK2VwAyEA" + "A" * 43 + "=", "proof": "A" * 86 + "=="}


def _transformations(of: Tried) -> Iterator[Fields]:
    made = {"facility": of.shop.name("site"), "start": START, "end": END, "process": f"{NAME}.make",
            "activity": {"co2": "1"}}
    taken = [*of.names.lots, *of.names.products]
    yield from ({**made, "inputs": [of.flow(lot)], "outputs": [of.output(of.shop.name("part"))]} for lot in taken)
    yield from ({**made, "outputs": [of.output(product)]} for product in of.names.products)
    yield from ({**made, "facility": site, "outputs": [of.output(of.shop.name("part"))]} for site in
                of.names.facilities)


def _transfers(of: Tried) -> Iterator[Fields]:
    for lot in of.names.lots:
        for amount in ("1", "9", "99999"):
            yield {**of.flow(lot, amount), "to": of.names.organizations[0], "newLot": of.fresh(),
                   "time": END}


def _amendments(of: Tried) -> Iterator[Fields]:
    changes = [Change(record=digest, withdrawn=True) for digest in of.names.digests]
    for digest, record in of.own:
        changes += _changes(digest, record)
    for one in changes:
        yield {"reason": "a try", "changes": [one]}
    for digest, record in of.own:
        if isinstance(record, Transformation):
            yield {"reason": "a try", "changes": [{"record": digest, "fields": {}}], "versions": "newest"}


def _changes(digest: str, record: Any) -> Iterator[Change]:
    """What an issuer would change of its record: amounts and sources, in steps."""
    fields = {field.encode_name: getattr(record, field.name) for field in msgspec.structs.fields(record)}
    if "quantity" in fields:
        amount = fields["quantity"].amount
        yield from (change(digest, quantity=kilograms(str(amount * part / 4))) for part in (1, 3, 8))
    if "activity" in fields:
        yield from (change(digest, activity=Make(co2=co2)) for co2 in ("0", "700"))
    if fields.get("inputs"):
        yield change(digest, inputs=fields["inputs"][:-1])
        yield change(digest, inputs=[
            msgspec.structs.replace(flow, quantity=kilograms(str(flow.quantity.amount / 2)))
            for flow in fields["inputs"]])
    if fields.get("outputs"):
        (output, *rest) = fields["outputs"]
        for part in (1, 3, 6):
            amount = kilograms(str(output.quantity.amount * part / 4))
            yield change(digest, outputs=[msgspec.structs.replace(output, quantity=amount), *rest])
    if "measured" in fields:
        yield change(digest, measured=[gas("20", "3")])


def _closings(of: Tried) -> Iterator[Fields]:
    measured = [msgspec.to_builtins(gas("20"))]
    for site in of.names.facilities:
        yield {"facility": site, "start": "2025-03-01T00:00:00Z", "end": START, "measured": measured}
    yield {"facility": of.shop.name("site"), "start": "2025-03-01T00:00:00Z", "end": START, "measured": measured,
           "overheads": measured, "spreadOverheads": "mass", "replaces": ["gas"]}


def _attestations(of: Tried) -> Iterator[Fields]:
    for kind, ids in (("record", of.names.digests), ("lot", of.names.lots), ("product", of.names.products),
                      ("facility", of.names.facilities)):
        for named in ids:
            yield {"subject": {"kind": kind, "id": named}, "standard": "ISO 14064-3", "level": "limited",
                   "opinion": "unmodified", "start": START, "end": END, "validUntil": UNTIL,
                   "treeSize": of.names.telling[0]}


def _pools(of: Tried) -> Iterator[Fields]:
    for site in of.names.facilities:
        yield {"id": of.fresh(), "facility": site, "product": of.shop.name("part")}


def _acceptances(of: Tried) -> Iterator[Fields]:
    for digest in of.names.digests:
        yield {"transfer": digest}
        yield {"transfer": digest, "received": KG, "returnLot": of.fresh()}


def _about(**rows: Callable[[Names], Sequence[str]]) -> Callable[[Tried], Iterator[Fields]]:
    """A record for each name of that field."""
    return lambda of: ({field: name} for field, names in rows.items() for name in names(of.names))


_FIELDS: Final[Mapping[str, Callable[[Tried], Any]]] = {
    "organization": lambda of: [{"id": of.fresh(), "keys": [_public_key(of)]}],
    "parentEnd": lambda of: [{"organization": named} for named in of.names.organizations],
    "keyChange": lambda of: [{"organization": named, "revoked": ["1" * 64]} for named in of.names.organizations],
    "activation": lambda of: [{"plugin": NAME, "version": "9", "digest": "1" * 64}],
    "erasure": lambda of: [{"record": digest, "legalBasis": "a law"} for digest in of.names.digests],
    "facility": lambda of: [{"id": named, "country": "CN"} for named in (of.shop.name("new"), *of.names.facilities)],
    "product": lambda of: [{"id": named, "sector": NAME, "unit": "KGM"}
                           for named in (of.shop.name("new"), *of.names.products)],
    "productCompletion": lambda of: [{"product": named, "reason": "a try", "materials": {"steel": "1"}}
                                     for named in of.names.products],
    "transformation": _transformations, "transfer": _transfers, "acceptance": _acceptances,
    "standingAcceptance": lambda of: [{"sender": named, "tolerance": "0.1"} for named in of.names.organizations],
    "consumption": lambda of: [{"inputs": [of.flow(lot, amount)], "time": END, "purpose": "finalUse"}
                               for lot in of.names.lots for amount in ("1", "9", "99999")],
    "declaration": lambda of: [{"start": START, "end": END, "basis": "study", "boundary": "cradleToGate",
                                "burdens": {"fossilGhgEmissions": "1"}, "lot": of.output(product)}
                               for product in of.names.products],
    "pool": _pools,
    "addition": lambda of: [{"pool": of.shop.name("pool"), "inputs": [of.flow(lot)], "time": END}
                            for lot in of.names.lots],
    "amendment": _amendments, "closing": _closings,
    "reopening": lambda of: [{"closing": digest, "reason": "late papers"} for digest in of.names.digests],
    "attestation": _attestations,
    "report": lambda of: [{"start": START, "end": END, "facility": site,
                           "valueAdded": {"value": "1", "currency": "CNY"}} for site in of.names.facilities],
    "grant": lambda of: [{"depth": "full", "until": UNTIL, "purpose": "a try", "grantee": of.names.organizations[0],
                          "scope": {"lot": lot}} for lot in of.names.lots],
    "grantRevocation": _about(grant=lambda names: names.digests),
    "reader": lambda of: [{"organization": named, "purpose": "a try"} for named in of.names.organizations],
    "readerRevocation": _about(reader=lambda names: names.digests),
    "publication": _about(lot=lambda names: names.lots, product=lambda names: names.products),
    "publicationEnd": _about(publication=lambda names: names.digests),
    "organizationNames": lambda of: [{"names": {"en": "A name"}}],
}
