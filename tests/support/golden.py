"""The golden log: every record kind and every route of every sector, and the bytes that the ledger makes of them.

`tests/vectors/golden.jsonl` has it, a line for each entry, as the check between commits: the code of each commit admits
the same records and computes the same bytes. Keys, nonces and times come from seeds, so `build` gives the same log on
every machine. The last line has what readers verify offline: receipts, a statement, and a bundle after a rotation of
the log's key.

Rules and all factor sets are in force from the start. The digest of a sector on the log is that of its name and
version, since its code may change without any change of a figure.
"""

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Raw, Struct
from msgspec.structs import replace

from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.inclusion_proof import TlogProof
from ledger.core.log.key_rotation import Rotation, sign_rotation
from ledger.core.log.merkle import inclusion_path, leaf_hash
from ledger.core.log.note import NoteSigner
from ledger.core.log.note import vkey as vkey_of
from ledger.core.receipts.bundle import TAG, Bundle, PublicRecord, packed
from ledger.core.receipts.receipt import Receipt, make_receipt
from ledger.core.receipts.statement import Statement, sign_statement
from ledger.core.record import canonical
from ledger.core.record.kinds import (
    Activation,
    Addition,
    Amendment,
    AnyRecord,
    AppointedReader,
    Attestation,
    Closing,
    Consumption,
    Declaration,
    Erasure,
    Facility,
    Grant,
    GrantRevocation,
    GrantScope,
    KeyChange,
    Organization,
    OrganizationNames,
    ParentEnd,
    PassportPublication,
    Pool,
    Product,
    ProductCompletion,
    PublicationEnd,
    ReaderRevocation,
    Reopening,
    Report,
    StandingAcceptance,
    Subject,
    Transfer,
    Transformation,
)
from ledger.core.record.redacted import residue
from ledger.core.record.revisions import Change
from ledger.core.record.values import Attribute, Evidence, Factor, Flow, Money, Output, Quantity, Supply
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.engine.sectors import Installed, Registry
from support import sectors
from support.histories import History
from support.memory import ORIGIN, MemoryLedger
from support.parties import Party, enrolment, nonces, party
from support.revising import Replayed
from support.routes import Works, every_case
from support.server import TESTS
from support.statements import LOG, VKEY, claims_of

FILE: Final = TESTS / "vectors" / "golden.jsonl"
SEED: Final = 20_261_201
STEPS: Final = 140
NEW_LOG: Final = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\3" * 32))
"""The log's key after its rotation."""
_DAY: Final = 24 * 3_600
_MONTH: Final[dict[str, Any]] = {"start": "2022-12-01T00:00:00Z", "end": "2023-01-01T00:00:00Z"}
_SECOND: Final = SigningKey.from_seed(hashlib.sha256(b"maker/second").digest(), "p256")
_STORED: Final = [Evidence(digest="6" * 64, media_type="application/pdf", kind="storageCertificate")]


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An entry of the golden log. `entry`, `keyid`, `signature`: hex; `body`, `leaves`: the canonical JSON itself.

    `revised`: the leaves of the earlier records that this one revised, by their index. `residue`: what an erasure
    leaves of the record that it names.
    """

    body: str
    keyid: str
    signature: str
    entry: str
    leaves: list[str]
    revised: dict[int, list[str]] = {}
    residue: str | None = None


class Proofs(Struct, frozen=True, kw_only=True, rename="camel"):
    """The last line. `vkey`: of the log's first key; `registrar`: the hex keyid of the registrar's first key."""

    vkey: str
    registrar: str
    size: int
    root: str
    receipts: list[Receipt]
    statement: Statement
    bundle: Bundle


def registry() -> Registry:
    """The installed sectors and factor sets, and the sector of the tests."""
    whole = sectors.shipped()
    known = [*whole.sectors.values(), *sectors.registry().sectors.values()]
    return Registry([
        Installed(one.sector, hashlib.sha256(f"{one.sector.name}/{one.sector.version}".encode()).hexdigest(),
                  one.distribution) for one in known
    ], whole.sets.values())


def read() -> tuple[list[Line], Proofs]:
    """The golden log as it stands in the file."""
    *entries, last = FILE.read_bytes().splitlines()
    decoder = msgspec.json.Decoder(Line)
    return [decoder.decode(line) for line in entries], msgspec.json.decode(last, type=Proofs)


def build(known: Registry | None = None) -> tuple[list[Line], Proofs]:
    """The log, made by today's code; with these sectors, or those of `registry`."""
    memory = MemoryLedger(known or registry(), seed=SEED)
    memory.activate_sets()
    source = nonces(SEED, "golden")
    history = History(memory, random.Random(SEED))
    for _ in range(STEPS):
        history.step()
    maker = memory.enrol("maker")
    for number, case in enumerate(every_case()):
        evidence = _STORED if case.context.process.endswith("carbonCapture") else ()
        for record in Works(maker, f"{case.context.process}-{number}", case, source).records(evidence):
            memory.must((maker, record))
    _revised(memory, maker, source)
    _stated(memory, maker, source)
    _averaged(memory, maker, source)
    _green(memory, maker, source)
    _delivered(memory, maker, source)
    _shown(memory, maker, source)
    _left(memory, maker, source)
    _recovered(memory, source)
    _keys_changed(memory, maker, source)
    proofs = _proofs(memory, f"{maker.prefix}stock:bar:0")
    _erased(memory, source)
    _completed(memory, Party(maker.id, _SECOND), source)
    memory.must((memory.registrar, _retired(memory, source)))
    return list(_lines(memory)), proofs


def rerun(lines: Sequence[Line]) -> list[Line]:
    """The records of the log, admitted again in their order with their times, and what today's code makes of them.
    Raises LedgerError for the first record that it refuses."""
    replayed = Replayed(ORIGIN, registry())
    return [_of_verdict(line, replayed) for line in lines]


def _of_verdict(line: Line, replayed: Replayed) -> Line:
    before = len(replayed.revisions)
    verdict = replayed.sequence(bytes.fromhex(line.entry), line.body.encode())
    revised = {
        one.index: _texts(one.outcome.leaves)
        for _, revision in replayed.revisions[before:] for one in revision.revised if one.outcome is not None
    }
    return replace(line, entry=verdict.entry.hex(), leaves=_texts(verdict.leaves), revised=revised)


def _lines(memory: MemoryLedger) -> Iterator[Line]:
    """What the file says of each entry."""
    revisions = dict(memory.revisions)
    for index, (record, digest, entry, leaves) in enumerate(zip(
        memory.records, memory.digests, memory.entries, memory.original_leaves, strict=True,
    )):
        signed = memory.signed[index]
        revision = revisions.get(index)
        erased = None
        if isinstance(record, Erasure):
            at = memory.digests.index(bytes.fromhex(record.record))
            erased = canonical.encode(residue(memory.records[at])).decode()
        if canonical.digest(signed.body) != digest:
            raise AssertionError(f"entry {index} is of another body")
        yield Line(
            body=signed.body.decode(), keyid=signed.keyid.hex(), signature=signed.signature.hex(), entry=entry.hex(),
            leaves=_texts(leaves), residue=erased, revised={} if revision is None else {
                one.index: _texts(one.outcome.leaves) for one in revision.revised if one.outcome is not None},
        )


def encoded(lines: Sequence[Line], proofs: Proofs) -> bytes:
    return b"".join(msgspec.json.encode(one) + b"\n" for one in (*lines, proofs))


def legible(lines: Sequence[Line], proofs: Proofs) -> dict[str, Any]:
    """The log as a tree whose differences can be read: by entry with its kind, then body, leaf, field."""
    found: dict[str, Any] = {}
    for index, line in enumerate(lines):
        body = json.loads(line.body)
        found[f"entry {index}, {body['type']}"] = {
            **msgspec.to_builtins(replace(line, leaves=[], revised={}, body="", residue=None)),
            "body": body, "residue": line.residue and json.loads(line.residue), **_leaves("leaf", line.leaves),
            **{f"revised {at}": _leaves("leaf", leaves) for at, leaves in line.revised.items()},
        }
    return {**found, "proofs": json.loads(msgspec.json.encode(proofs))}


def _leaves(name: str, leaves: Sequence[str]) -> dict[str, Any]:
    return {f"{name} {place}": json.loads(leaf) for place, leaf in enumerate(leaves)}


def _texts(leaves: Sequence[bytes]) -> list[str]:
    return [leaf.decode() for leaf in leaves]


def _digest(record: AnyRecord) -> str:
    return canonical.digest(canonical.encode(record)).hex()


def _revised(memory: MemoryLedger, maker: Party, source: Iterator[str]) -> None:
    """A route's record is amended, and so is what lies below it; a month is closed and opened again."""
    made = next(index for index, record in enumerate(memory.records)
                if record.issuer == maker.id and getattr(record, "process", "") == "steel.electricArcFurnace")
    record: Any = memory.records[made]
    supplies = [replace(record.supplies[0], quantity=Quantity(value="450", unit="KWH")), *record.supplies[1:]]
    memory.must((maker, Amendment(
        issuer=maker.id, nonce=next(source), reason="the meter was read again",
        changes=[Change(record=memory.digests[made].hex(), fields={"supplies": Raw(msgspec.json.encode(supplies))})],
    )))
    gas = Supply(material="naturalGas", quantity=Quantity(value="20", unit="KGM"), factor=Factor(
        value="0.31", unit="KGM", source="golden", year=2022, boundary="cradleToGate"))
    closing = Closing(issuer=maker.id, nonce=next(source), facility=record.facility, **_MONTH, overheads=[gas])
    memory.must((maker, closing))
    memory.must((maker, Reopening(
        issuer=maker.id, nonce=next(source), closing=_digest(closing), reason="late papers")))


def _stated(memory: MemoryLedger, maker: Party, source: Iterator[str]) -> None:
    """An auditor's conclusions, and a report."""
    auditor = party(SEED, "auditor")
    memory.admit([auditor], roles=["auditor"])
    facility = next(record for record in memory.records if isinstance(record, Facility) and record.issuer == maker.id)
    subjects = [Subject(kind="facility", id=facility.id),
                Subject(kind="record", id=memory.digests[-1].hex())]
    for subject in subjects:
        memory.must((auditor, Attestation(
            issuer=auditor.id, nonce=next(source), subject=subject, standard="ISO 14064-3:2019", level="limited",
            opinion="unmodified", start="2022-01-01T00:00:00Z", end="2023-01-01T00:00:00Z",
            valid_until="2030-01-01T00:00:00Z", materiality="0.05", samples=3,
        )))
    memory.must((maker, Report(
        issuer=maker.id, nonce=next(source), start="2022-01-01T00:00:00Z", end="2023-01-01T00:00:00Z",
        facility=subjects[0].id, value_added=Money(value="1000", currency="CNY"),
    )))


def _averaged(memory: MemoryLedger, maker: Party, source: Iterator[str]) -> None:
    """A pool that is averaged over a month, provisional records, a supply that a declaration prices, and the closing
    that makes all of it final."""
    by = partial(_by, maker, source)
    site, ingot, bar = (f"{maker.prefix}stock:{name}" for name in ("site", "ingot", "bar"))
    march: dict[str, Any] = {"start": "2025-03-01T00:00:00Z", "end": "2025-04-01T00:00:00Z"}
    day: dict[str, Any] = {"start": "2025-03-02T00:00:00Z", "end": "2025-03-03T00:00:00Z"}
    priced = Declaration(**by(), **march, basis="study", boundary="cradleToGate", deviation="1.2",
                         burdens={"fossilGhgEmissions": "1.5"}, per=_kilograms("1"), primary_share="0.4")
    memory.must((maker, Facility(**by(), id=site, country="CN", subdivision="CN-SH")), *[
        (maker, Product(**by(), id=name, sector=sectors.NAME, unit="KGM")) for name in (ingot, bar)
    ], (maker, priced), (maker, Pool(**by(), id=f"{site}:heap", facility=site, product=ingot, averaging="period")))

    def make(lot: str, product: str, inputs: list[Flow], co2: str, **fields: Any) -> None:
        ore = Supply(material="ore", quantity=_kilograms("100"), declaration=_digest(priced), deviation="1.05")
        memory.must((maker, Transformation(
            **by(), **day, facility=site, process=sectors.MAKE, inputs=inputs, supplies=[] if inputs else [ore],
            outputs=[Output(lot=lot, product=product, quantity=_kilograms("90"), role="product")],
            activity=Raw(msgspec.json.encode(sectors.Make(co2=co2))), basis="provisional", **fields,
        )))

    for number, co2 in enumerate(("40", "70")):
        made = f"{ingot}:{number}"
        make(made, ingot, [], co2)
        memory.must((maker, Addition(**by(), pool=f"{site}:heap", time=day["end"],
                                     inputs=[Flow(lot=made, quantity=_kilograms("90"))])))
    make(f"{bar}:0", bar, [Flow(lot=f"{site}:heap", quantity=_kilograms("95"))], "3")
    gas = Supply(material="gas", quantity=_kilograms("60"), factor=Factor(
        value="2.75", unit="KGM", source="golden", year=2025, boundary="cradleToGate"))
    spreads: tuple[Literal["mass", "hours"], ...] = ("mass", "hours")
    for spread in spreads:
        closing = Closing(**by(), **march, facility=site, measured=[gas], spread=spread)
        memory.must((maker, closing))
        if spread == "mass":
            memory.must((maker, Reopening(**by(), closing=_digest(closing), reason="by hours")))


def _green(memory: MemoryLedger, maker: Party, source: Iterator[str]) -> None:
    """Power with green attributes: of 100 kWh that a boiler uses, attributes for 60."""
    by = partial(_by, maker, source)
    site, power, certificate, heat = (f"{maker.prefix}park:{name}" for name in ("site", "power", "green", "heat"))
    when: dict[str, Any] = {"start": "2025-03-01T00:00:00Z", "end": "2025-04-01T00:00:00Z"}
    memory.must((maker, Facility(**by(), id=site, country="CN", subdivision="CN-JS")), *[
        (maker, Product(**by(), id=name, sector="energy", unit=unit))
        for name, unit in ((power, "KWH"), (certificate, "KWH"), (heat, "3B"))
    ])
    green = Attribute(carrier="electricity", technology="photovoltaic", start=when["start"], end="2027-03-01T00:00:00Z")
    memory.must((maker, Transformation(
        **by(), **when, facility=site, process="energy.photovoltaic",
        activity=Raw(b'{"capacity":"100","generated":"1000"}'), outputs=[
            Output(lot=f"{power}:0", product=power, quantity=_kilowatt_hours("1000"), role="product"),
            Output(lot=f"{certificate}:0", product=certificate, quantity=_kilowatt_hours("1000"), role="attribute",
                   attribute=green),
        ],
    )), (maker, Transformation(
        **by(), **when, facility=site, process="energy.heatBoiler", activity=Raw(b'{"kind":"electrode"}'),
        inputs=[Flow(lot=f"{power}:0", quantity=_kilowatt_hours("100")),
                Flow(lot=f"{certificate}:0", quantity=_kilowatt_hours("60"))],
        outputs=[Output(lot=f"{heat}:0", product=heat, quantity=Quantity(value="300", unit="3B"), role="product")],
    )), (maker, Consumption(
        **by(), **when, facility=site, time=when["end"], purpose="retired",
        inputs=[Flow(lot=f"{certificate}:0", quantity=_kilowatt_hours("40"))],
    )))


def _by(issuer: Party, source: Iterator[str]) -> dict[str, Any]:
    """What every record says first."""
    return {"issuer": issuer.id, "nonce": next(source)}


def _kilograms(value: str) -> Quantity:
    return Quantity(value=value, unit="KGM")


def _kilowatt_hours(value: str) -> Quantity:
    return Quantity(value=value, unit="KWH")


def _keys_changed(memory: MemoryLedger, maker: Party, source: Iterator[str]) -> None:
    """A key is changed with a doubt about the old one; a recovery is asked for and objected to."""
    memory.must((maker, KeyChange(
        issuer=maker.id, nonce=next(source), organization=maker.id, added=[public_key(_SECOND, ORIGIN, maker.id)],
        revoked=[maker.key.keyid.hex()], compromised_since=memory.state.size - 2,
    )))
    asked = KeyChange(
        issuer=memory.registrar.id, nonce=next(source), organization=maker.id, recovery="request",
        added=[public_key(party(SEED, "maker/third").key, ORIGIN, maker.id)],
    )
    memory.must((memory.registrar, asked))
    memory.must((Party(maker.id, _SECOND), KeyChange(
        issuer=maker.id, nonce=next(source), organization=maker.id, recovery="objection", request=_digest(asked),
    )))


def _erased(memory: MemoryLedger, source: Iterator[str]) -> None:
    """The bodies of a consumption of the demo, and of a transformation, go."""
    for kind in ("consumption", "transformation", "transfer"):
        at = max(index for index, record in enumerate(memory.records) if record.__struct_config__.tag == kind)
        memory.must((memory.registrar, Erasure(
            issuer=memory.registrar.id, nonce=next(source), record=memory.digests[at].hex(),
            legal_basis="GDPR Art. 17",
        )))


def _completed(memory: MemoryLedger, maker: Party, source: Iterator[str]) -> None:
    """A product is completed between two lots. An amendment of the first lot's record keeps the product as it was, and
    another asks for the newest one."""
    by = partial(_by, maker, source)
    chips, site = f"{maker.prefix}stock:chips", f"{maker.prefix}stock:annex"
    day: dict[str, Any] = {"start": "2025-03-02T00:00:00Z", "end": "2025-03-03T00:00:00Z"}

    def make(lot: str) -> Transformation:
        return Transformation(
            **by(), **day, facility=site, process=sectors.MAKE,
            activity=Raw(msgspec.json.encode(sectors.Make(co2="2"))),
            supplies=[Supply(material="ore", quantity=_kilograms("40"), origin="nature")],
            outputs=[Output(lot=f"{chips}:{lot}", product=chips, quantity=_kilograms("40"), role="product")],
        )

    first = make("early")
    memory.must((maker, Product(**by(), id=chips, sector=sectors.NAME, unit="KGM")), (maker, first))
    memory.must((maker, ProductCompletion(
        **by(), product=chips, reason="it was missing", materials={"aluminium": "0.9"},
        classifications={"cn": "7602 00 19"},
    )), (maker, make("late")))
    longer = Change(record=_digest(first), fields={"end": _raw("2025-03-04T00:00:00Z")})
    memory.must((maker, Amendment(**by(), changes=[longer], reason="a day more")))
    memory.must((maker, Amendment(**by(), changes=[Change(record=_digest(first))], reason="the alloy is known",
                                  products="newest")))


def _retired(memory: MemoryLedger, source: Iterator[str]) -> Activation:
    """A sector that computes no more."""
    plugin = memory.registry.sectors["logistics"]
    return Activation(issuer=memory.registrar.id, nonce=next(source), plugin="logistics", digest=plugin.digest,
                      version=plugin.sector.version, retired=True)


def _delivered(memory: MemoryLedger, maker: Party, source: Iterator[str]) -> None:
    """Deliveries that a standing acceptance accepts on arrival; after its end the next one waits."""
    buyer = memory.enrol("buyer")
    day: dict[str, Any] = {"start": "2025-03-02T00:00:00Z", "end": "2025-03-03T00:00:00Z"}
    ingot, annex = f"{maker.prefix}stock:ingot", f"{maker.prefix}stock:annex"
    memory.must((maker, Facility(**_by(maker, source), id=annex, country="CN")), (maker, Transformation(
        **_by(maker, source), **day, facility=annex, process=sectors.MAKE,
        supplies=[Supply(material="ore", quantity=_kilograms("40"), origin="nature")],
        outputs=[Output(lot=f"{ingot}:sold", product=ingot, quantity=_kilograms("40"), role="product")],
        activity=Raw(msgspec.json.encode(sectors.Make(co2="20"))),
    )))
    accepts = partial(StandingAcceptance, issuer=buyer.id, sender=maker.id, product=ingot, tolerance="0.02",
                      valid_from=day["start"])
    sends = partial(Transfer, issuer=maker.id, lot=f"{ingot}:sold", quantity=_kilograms("10"), to=buyer.id,
                    time=day["end"], tolerance="0.01")
    memory.must((buyer, accepts(nonce=next(source))))
    memory.must((maker, sends(nonce=next(source), new_lot=f"{ingot}:accepted")))
    memory.must((buyer, accepts(nonce=next(source), withdrawn=True, tolerance=None, valid_from=None)))
    memory.must((maker, sends(nonce=next(source), new_lot=f"{ingot}:waiting")))


def _shown(memory: MemoryLedger, maker: Party, source: Iterator[str]) -> None:
    """Who may see what: grants, a reader that the registrar appoints, publications, each with its end; and a name that
    can be erased."""
    by = partial(_by, maker, source)
    until = "2031-01-01T00:00:00Z"
    ingot = f"{maker.prefix}stock:ingot"
    reading = AppointedReader(**_by(memory.registrar, source), organization="urn:example:auditor", purpose="audit",
                              until=until)
    given = Grant(**by(), grantee="urn:example:buyer", depth="stages", until=until, purpose="purchase",
                  scope=GrantScope(product=ingot))
    published = PassportPublication(**by(), product=ingot)
    memory.must(
        (maker, given), (maker, Grant(**by(), link="ab" * 32, depth="totals", until=until, purpose="tender")),
        (memory.registrar, reading), (maker, published), (maker, OrganizationNames(**by(), names={"en": "Maker"})),
        (maker, GrantRevocation(**by(), grant=_digest(given))),
        (memory.registrar, ReaderRevocation(**_by(memory.registrar, source), reader=_digest(reading))),
        (maker, PublicationEnd(**by(), publication=_digest(published))),
    )


def _left(memory: MemoryLedger, maker: Party, source: Iterator[str]) -> None:
    """A daughter leaves her parent, after the registrar has announced it."""
    daughter = party(SEED, "daughter")
    by_registrar = _by(memory.registrar, source)
    memory.must(
        (memory.registrar, enrolment(daughter, memory.registrar, ORIGIN, next(source), parent=maker.id)),
        (memory.registrar, ParentEnd(**by_registrar, organization=daughter.id, announced=True)),
        (daughter, ParentEnd(**_by(daughter, source), organization=daughter.id)),
    )


def _recovered(memory: MemoryLedger, source: Iterator[str]) -> None:
    """On a log without witnesses, entries of seven days complete a recovery."""
    lost = memory.enrol("lost")
    asked = KeyChange(**_by(memory.registrar, source), organization=lost.id, recovery="request",
                      added=[public_key(party(SEED, "lost/second").key, ORIGIN, lost.id)])
    memory.must((memory.registrar, asked))
    for day in range(7):
        memory.pass_seconds(_DAY)
        memory.admit([party(SEED, f"newcomer-{day}")])
    memory.pass_seconds(_DAY)
    memory.must((memory.registrar, KeyChange(
        **_by(memory.registrar, source), organization=lost.id, recovery="complete", request=_digest(asked))))


def _proofs(memory: MemoryLedger, lot: str) -> Proofs:
    """Receipts of the registrar, of a revised record and of the newest one, a statement of a lot by the log's first
    key, and the bundle of the record that made it after the log has rotated its key."""
    size, root = memory.frontier.size, memory.root()
    hashes = [leaf_hash(entry) for entry in memory.entries]
    index = memory.state.lots[lot].index
    signer = memory.records[index].issuer

    def receipt(at: int, *keys: NoteSigner) -> Receipt:
        note = sign_checkpoint(Checkpoint(ORIGIN, size, root), *keys)
        return make_receipt(TlogProof(at, tuple(inclusion_path(hashes, at)), note), memory.digests[at],
                            memory.entries[at], memory.original_leaves[at])

    begins = Rotation(True, ORIGIN, VKEY, vkey_of(ORIGIN, NEW_LOG.verifier.key), size)
    public = [at for at, record in enumerate(memory.records[:index])
              if isinstance(record, Organization) and record.id in (signer, memory.registrar.id)]
    statement = sign_statement(claims_of(memory, lot), LOG)
    bundle = Bundle(
        bundle=TAG, receipt=_raw(receipt(index, NEW_LOG)), body=packed(memory.signed[index].body),
        records=[PublicRecord(packed(memory.signed[at].body), _raw(receipt(at, NEW_LOG))) for at in public],
        statement=_raw(sign_statement(claims_of(memory, lot), NEW_LOG)),
        rotations=[sign_rotation(begins, LOG, NEW_LOG), sign_rotation(begins._replace(begins=False), NEW_LOG)],
    )
    revised = next(one.index for _, revision in memory.revisions for one in revision.revised)
    return Proofs(vkey=VKEY, registrar=memory.registrar.key.keyid.hex(), size=size, root=root.hex(),
                  receipts=[receipt(at, LOG) for at in (0, revised, size - 1)], statement=statement, bundle=bundle)


def _raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))
