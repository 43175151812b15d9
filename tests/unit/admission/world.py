"""A ledger in memory, built record by record: tests say who posts what, and see that nothing else changes."""

import base64
import hashlib
from copy import deepcopy
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw

from ledger.admission.facts import LotFacts
from ledger.admission.rules import NEWEST, RULES
from ledger.admission.state import State
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.core.record import canonical
from ledger.core.record.kinds import (
    Acceptance,
    Activation,
    AnyRecord,
    Attestation,
    Consumption,
    Declaration,
    Erasure,
    Facility,
    KeyChange,
    Organization,
    Product,
    Subject,
    Transfer,
    Transformation,
)
from ledger.core.record.values import Claim, Credit, Evidence, Factor, Flow, Output, PublicKey, Quantity, Supply
from ledger.core.signatures.envelope import open_envelope, seal
from ledger.core.signatures.signing import SigningKey
from ledger.engine.batch import Batch, Item, Sequenced, Verdict
from ledger.engine.prepared import Submission
from ledger.engine.sectors import Installed, Registry
from ledger.errors import LedgerError
from ledger.footprint.stored.burdens import SLOT
from ledger.footprint.stored.figures import LotFigures
from ledger.sdk import Activity, Assessment, Context, NaturalInput, Route, Sector

ORIGIN: Final = "test.example/log"
START: Final = "2024-01-01T00:00:00Z"
END: Final = "2024-02-01T00:00:00Z"
PLUGIN_DIGEST: Final = "0" * 64


class Party(NamedTuple):
    """An organisation and the key that it signs with."""

    id: str
    key: SigningKey

    def name(self, name: str) -> str:
        """An identifier under its prefix."""
        return f"{self.id}:{name}"


def signing_key(name: str) -> SigningKey:
    return SigningKey.from_seed(hashlib.sha256(name.encode()).digest())


def party(name: str) -> Party:
    return Party(f"urn:example:{name}", signing_key(name))


REGISTRAR: Final = party("registrar")
MILL: Final = party("mill")
FORGE: Final = party("forge")
STRANGER: Final = party("stranger")
TREATER: Final = party("treater")
DEALER: Final = party("dealer")
AUDITOR: Final = party("auditor")


class Nothing(Activity, frozen=True):
    """Nothing is said of how the process ran."""


def _sector(name: str, tolerance: str) -> Installed:
    def assess(_: Context, __: Nothing) -> Assessment:
        return Assessment()

    route = Route(activity=Nothing, assess=assess, en="make", zh="制造")
    sector = Sector(name=name, version="1.0.0", en=name, zh=name, routes={"make": route},
                    mass_tolerance=Decimal(tolerance), nature={"make": [NaturalInput(group="ore", source="a mine")]})
    return Installed(sector, PLUGIN_DIGEST, name)


REGISTRY: Final = Registry([_sector("works", "0"), _sector("loose", "0.02")])
_count = iter(range(1 << 60))
_leaf = msgspec.json.Decoder(AssessmentLeaf)


def nonce() -> str:
    """Never the same twice."""
    return base64.urlsafe_b64encode(next(_count).to_bytes(16, "big")).decode().rstrip("=")


def public(
    key: SigningKey, organization: str, origin: str = ORIGIN, parent: str | None = None
) -> PublicKey:
    """The key with its proof of possession."""
    proof = key.prove_possession(origin, organization, parent)
    return PublicKey(spki=base64.b64encode(key.spki).decode(), proof=base64.b64encode(proof).decode())


def quantity(text: str) -> Quantity:
    """`1.5 TNE`, the unit being tonnes where none is said."""
    value, _, unit = text.partition(" ")
    return Quantity(value=value, unit=unit or "TNE")


def flow(lot: str, amount: str, of: Party = MILL) -> Flow:
    return Flow(lot=of.name(lot), quantity=quantity(amount))


def output(lot: str, amount: str = "1", role: Any = "product", *, of: Party = MILL, product: str = "steel",
           **fields: Any) -> Output:
    """A lot of the maker's own product. Waste is from before the consumer unless said otherwise."""
    if role == "waste":
        fields.setdefault("origin", "preConsumer")
    return Output(lot=of.name(lot), product=product if ":" in product else of.name(product),
                  quantity=quantity(amount), role=role, **fields)


def ore(amount: str = "1000", **fields: Any) -> Supply:
    return Supply(material="ore", quantity=quantity(amount), **fields)


def organization(who: Party, *, by: Party = REGISTRAR, **fields: Any) -> Organization:
    keys = [public(who.key, who.id, parent=fields.get("parent"))]
    fields = {"prefixes": [f"{who.id}:"], "keys": keys, "id": who.id, **fields}
    return Organization(issuer=by.id, nonce=nonce(), **fields)


def first_record(**fields: Any) -> Organization:
    return organization(REGISTRAR, **{"roles": ["registrar"], **fields})


def key_change(of: Party, *, by: Party | None = None, **fields: Any) -> KeyChange:
    return KeyChange(issuer=(by or of).id, nonce=nonce(), organization=of.id, **fields)


def activation(plugin: str, *, by: Party = REGISTRAR, **fields: Any) -> Activation:
    fields = {"version": "1.0.0", "digest": PLUGIN_DIGEST, **fields}
    return Activation(issuer=by.id, nonce=nonce(), plugin=plugin, **fields)


def rules(version: str = NEWEST.name, digest: str = NEWEST.digest, **fields: Any) -> Activation:
    """An activation of the ledger's rules."""
    return activation(RULES, version=version, digest=digest, **fields)


def erasure(of: AnyRecord | str, *, by: Party = REGISTRAR, **fields: Any) -> Erasure:
    """`of`: the record whose body goes, or its digest."""
    digest = of if isinstance(of, str) else digest_of(of)
    return Erasure(issuer=by.id, nonce=nonce(), record=digest, **{"legal_basis": "GDPR Art. 17", **fields})


def facility(name: str = "site", *, by: Party = MILL, **fields: Any) -> Facility:
    return Facility(issuer=by.id, nonce=nonce(), **{"id": by.name(name), "country": "CN", **fields})


def product(name: str, unit: str = "TNE", *, by: Party = MILL, **fields: Any) -> Product:
    return Product(issuer=by.id, nonce=nonce(), **{"id": by.name(name), "sector": "works", "unit": unit, **fields})


def transformation(outputs: list[Output], inputs: list[Flow] | None = None, supplies: list[Supply] | None = None, *,
                   by: Party = MILL, **fields: Any) -> Transformation:
    """Of enough ore, unless supplies or inputs are given."""
    if supplies is None:
        supplies = [] if inputs else [ore()]
    fields = {"facility": by.name("site"), "start": START, "end": END, "process": "works.make",
              "activity": Raw(b"{}"), **fields}
    return Transformation(issuer=by.id, nonce=nonce(), outputs=outputs, inputs=inputs or [], supplies=supplies,
                          **fields)


def transfer(lot: str, amount: str, new_lot: str, *, by: Party = MILL, to: Party = FORGE, of: Party | None = None,
             **fields: Any) -> Transfer:
    fields = {"time": END, **fields}
    return Transfer(issuer=by.id, nonce=nonce(), lot=(of or by).name(lot), quantity=quantity(amount), to=to.id,
                    new_lot=by.name(new_lot), **fields)


def acceptance(of: Transfer, received: str | None = None, back: str | None = None, *, by: Party = FORGE,
               **fields: Any) -> Acceptance:
    """Of all that was sent, or of what was `received`; `back` is the name of the lot that goes back."""
    arrived = None if received is None else quantity(received)
    return Acceptance(issuer=by.id, nonce=nonce(), transfer=digest_of(of), received=arrived,
                      return_lot=None if back is None else by.name(back), **fields)


def dispute(of: Transfer, *, by: Party = FORGE, **fields: Any) -> Acceptance:
    return acceptance(of, by=by, **{"disputed": True, "reason": "the wrong alloy", **fields})


def consumption(inputs: list[Flow], outputs: list[Output] | None = None, *, by: Party = MILL,
                **fields: Any) -> Consumption:
    fields = {"time": END, "purpose": "finalUse", **fields}
    return Consumption(issuer=by.id, nonce=nonce(), inputs=inputs, outputs=outputs or [], **fields)


def declaration(*, by: Party = MILL, **fields: Any) -> Declaration:
    """A footprint, by default of 1 kg of fossil CO2e; waste and cores carry nothing."""
    fields = {"start": START, "end": END, "basis": "study", "boundary": "cradleToGate", **fields}
    if fields["boundary"] == "cradleToGate" and (fields.get("lot") is None or fields["lot"].role == "product"):
        fields.setdefault("burdens", {"fossilGhgEmissions": "1"})
    return Declaration(issuer=by.id, nonce=nonce(), **fields)


def burdened(lot: Output, co2: str, *, by: Party = MILL, **fields: Any) -> Declaration:
    """A declared lot with this many kg of fossil CO2e; a document supports a figure of zero."""
    if co2 == "0":
        paper = Evidence(digest="0" * 64, media_type="application/pdf", kind="productFootprint")
        fields.setdefault("evidence", [paper])
    return declaration(by=by, lot=lot, burdens={"fossilGhgEmissions": co2}, **fields)


def emitting(kilograms: str, material: str = "power") -> Supply:
    """Energy, which weighs nothing, of so many kg of CO2e: a kWh of each."""
    factor = Factor(value="1", unit="KWH", source="a study", year=2024, boundary="cradleToGate")
    return Supply(material=material, quantity=quantity(f"{kilograms} KWH"), factor=factor)


def credit(lot: str, amount: str, *, of: Party = MILL, stands_for: Any = ..., **fields: Any) -> Output:
    """A credit lot, for steel recycled."""
    if stands_for is ...:
        stands_for = Credit(material="steel")
    return output(lot, amount, "credit", of=of, credit=stands_for, **fields)


def claiming(lot: str, amount: str, *, by: Party = MILL, of: Party | None = None, method: Any = "avoidedBurden",
             made_for: str | None = None, **fields: Any) -> Consumption:
    """A credit is claimed, for the lot `made_for` where that is named."""
    fields = {"purpose": "claim", "claim": Claim(method=method, lot=made_for), **fields}
    return consumption([flow(lot, amount, of=of or by)], by=by, **fields)


def attestation(kind: Any, subject: str, *, by: Party = AUDITOR, **fields: Any) -> Attestation:
    fields = {"standard": "ISO 14064-3", "level": "limited", "opinion": "unmodified", "start": START, "end": END,
              "valid_until": "2025-02-01T00:00:00Z", **fields}
    return Attestation(issuer=by.id, nonce=nonce(), subject=Subject(kind=kind, id=subject), **fields)


def digest_of(record: AnyRecord) -> str:
    return canonical.digest(canonical.encode(record)).hex()


def submission(record: AnyRecord, key: SigningKey) -> Submission:
    """The record as it arrives: encoded, signed, sent, opened and decoded again."""
    opened = open_envelope(msgspec.json.encode(seal(record, key, ORIGIN)))
    return Submission(canonical.decode_record(opened.body), opened.body, canonical.digest(opened.body), opened.keyid,
                      opened.signature)


class World:
    """State and figures of a ledger. Parties sign with their own key unless another is given."""

    registry: Registry = REGISTRY
    """The sectors that are installed."""

    def __init__(self, *records: AnyRecord) -> None:
        self.state = State(ORIGIN)
        self.time = 1_893_456_000_000  # 2030, after all records of tests
        """Of the next batch, in ms."""
        self.figures: dict[str, LotFigures] = {}
        self.retained: list[float] = []
        """Kg of fossil CO2e that stayed with a record, of each with results."""
        self._keys = {one.id: one.key for one in (REGISTRAR, MILL, FORGE, STRANGER, TREATER, DEALER, AUDITOR)}
        self.admit(*records)

    def run(self, *records: AnyRecord, key: SigningKey | None = None) -> tuple[list[Verdict], Batch]:
        """The verdicts of one batch, and the batch."""
        batch = Batch(self.state, self.figures, self.registry, self.time)
        items = [Item(submission(record, key or self._keys[record.issuer]), None) for record in records]
        verdicts = batch.run(items)
        for verdict in verdicts:
            if isinstance(verdict, Sequenced) and verdict.leaves:
                self.retained.append(read(_leaf.decode(verdict.leaves[0]).retained).get("fossilGhgEmissions", 0.0))
        return verdicts, batch

    def admit(self, *records: AnyRecord, key: SigningKey | None = None) -> list[Sequenced]:
        """One batch in which everything is admitted."""
        first = self.state.size
        found: list[Sequenced] = []
        for verdict in self.run(*records, key=key)[0]:
            if not isinstance(verdict, Sequenced):
                raise AssertionError(f"not admitted: {verdict!r}") from verdict if isinstance(
                    verdict, LedgerError) else None
            found.append(verdict)
        assert [one.index for one in found] == list(range(first, first + len(records)))
        return found

    def refuse(self, record: AnyRecord, code: str, field: str | None, value: object = ..., *,
               says: str | None = None, key: SigningKey | None = None) -> LedgerError:
        """The record is refused with this code at this field, and leaves no trace."""
        before = self.snapshot()
        (error,), batch = self.run(record, key=key)
        assert isinstance(error, LedgerError), error
        assert (error.code, error.field) == (code, field), error
        assert (self.snapshot(), batch.leaf_hashes, batch.balances) == (before, [], {})
        if value is not ...:
            assert error.value == (None if value is None else str(value))
        if says is not None:
            assert says in error.message, error.message
        assert error.message
        return error

    def snapshot(self) -> dict[str, Any]:
        """Everything that records change."""
        apart = ("keys", "recoveries", "time")
        return deepcopy({**{name: part for name, part in vars(self.state).items() if name not in apart},
                         "recoveries": {of: (one.digest, one.time, tuple([key.keyid for key in one.keys]))
                                        for of, one in self.state.recoveries.items()},
                         "keys": {keyid: (key.organization, key.active, key.compromised_since)
                                  for keyid, key in self.state.keys.items()},
                         "figures": self.figures})

    def left(self, lot: str, of: Party = MILL) -> Decimal:
        """What is left of a lot."""
        return self.state.remaining[of.name(lot)]

    def lot(self, lot: str, of: Party = MILL) -> LotFacts:
        """A lot's facts, as it was created."""
        return self.state.lots[of.name(lot)]

    def parties(self, lot: str, of: Party = MILL) -> tuple[str, str, str | None]:
        """A lot's holder and owner, and who may get it back."""
        facts = self.lot(lot, of)
        return facts.holder, facts.owned_by, facts.sender

    def fossil(self, lot: str, of: Party = MILL) -> float:
        """Kg of fossil CO2e of a whole lot."""
        return self.figures[of.name(lot)].burdens[SLOT["fossilGhgEmissions"]]

    def accounted(self) -> float:
        """Kg of fossil CO2e of all that is left of lots, and of what records kept: what was ever emitted."""
        slot, total = SLOT["fossilGhgEmissions"], sum(self.retained)
        for name, left in self.state.remaining.items():
            total += float(left / self.state.lots[name].quantity) * self.figures[name].burdens[slot]
        return total


def stocked() -> World:
    """Two sectors in force; mill and forge with a site and products each; two lots of the mill's.

    `steel` is counted in tonnes, `gear` in pieces of 50 kg, `oil` in litres without a known mass, `power` in kWh.
    `steel-1` is 10 t. `gear-1` is one gear, the item `gear-no-1`.
    """
    world = World(first_record(), rules(), activation("works"), activation("loose"), organization(MILL),
                  organization(FORGE))
    for who in (MILL, FORGE):
        world.admit(
            facility(by=who), product("steel", by=who), product("oil", "LTR", by=who), product("power", "KWH", by=who),
            product("gear", "H87", by=who, mass_per_unit=quantity("50 KGM")),
        )
    world.admit(
        transformation([output("steel-1", "10")]),
        transformation([output("gear-1", "1 H87", product="gear", item=MILL.name("gear-no-1"))]),
    )
    return world


def trading() -> World:
    """As `stocked`, with a heat treater and a dealer, who have sites and products too, and an auditor.

    `cast` are 10 t of castings of the mill's with 1000 kg of fossil CO2e.
    """
    world = stocked()
    world.admit(organization(TREATER), organization(DEALER), organization(AUDITOR, roles=["auditor"]))
    for who in (TREATER, DEALER):
        world.admit(
            facility(by=who), product("steel", by=who),
            product("gear", "H87", by=who, mass_per_unit=quantity("50 KGM")),
        )
    world.admit(burdened(output("cast", "10"), "1000"))
    return world
