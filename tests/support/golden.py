"""The golden log: every record kind, every route of every sector, and the bytes that the code of its day made of them.

`tests/vectors/build_golden.py` writes it. It begins with a history of two plants; every route, pools, green attributes,
the story of the demo, key changes and erasures follow.
"""

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from ledger.cli.demo.actors import ACTORS
from ledger.cli.demo.scenario import scenario
from ledger.core.record import canonical
from ledger.core.record.kinds import (
    Activation,
    Addition,
    Amendment,
    AnyRecord,
    Attestation,
    Closing,
    Consumption,
    Declaration,
    Erasure,
    Facility,
    KeyChange,
    Pool,
    Product,
    Reopening,
    Report,
    Subject,
    Transformation,
)
from ledger.core.record.redacted import residue
from ledger.core.record.revisions import Change
from ledger.core.record.values import Attribute, Factor, Flow, Money, Output, Quantity, Supply
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.engine.sectors import Installed, Registry
from support import sectors
from support.histories import History
from support.memory import MemoryLedger
from support.parties import Party, nonces, party
from support.routes import Works, every_case
from support.server import TESTS

FILE: Final = TESTS / "vectors" / "golden.jsonl"
"""The sectors of the log, and the SDK of its day: see `tests/vectors/build_golden_plugins.py`."""
ORIGIN: Final = "golden.example/log"
SEED: Final = 20_261_127
STEPS: Final = 160
_MONTH: Final[dict[str, Any]] = {"start": "2022-12-01T00:00:00Z", "end": "2023-01-01T00:00:00Z"}


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


def registry(digests: Mapping[str, str] | None = None) -> Registry:
    """The sectors of this installation and that of the tests; with the digests that a log says, where it says some."""
    known = [*sectors.shipped().sectors.values(), *sectors.registry().sectors.values()]
    if digests is None:
        return Registry(known)
    return Registry([Installed(one.sector, digests[one.sector.name], one.distribution) for one in known])


def read() -> list[Line]:
    """The golden log as it stands in the file."""
    decoder = msgspec.json.Decoder(Line)
    return [decoder.decode(line) for line in FILE.read_bytes().splitlines()]


def activated(lines: Sequence[Line]) -> dict[str, str]:
    """The digest of each plugin, as the log activates it."""
    records = [canonical.decode_record(line.body.encode()) for line in lines]
    return {record.plugin: record.digest for record in records if isinstance(record, Activation)}


def build() -> MemoryLedger:
    """The log, made by today's code."""
    memory = MemoryLedger(registry(), ORIGIN, SEED)
    source = nonces(SEED, "golden")
    history = History(memory, random.Random(SEED))
    for _ in range(STEPS):
        history.step()
    maker = memory.enrol("maker")
    for number, case in enumerate(every_case()):
        for record in Works(maker, f"{case.context.process}-{number}", case, source).records():
            memory.must((maker, record))
    _revised(memory, maker, source)
    _stated(memory, maker, source)
    _averaged(memory, maker, source)
    _green(memory, maker, source)
    _told(memory, source)
    _keys_changed(memory, maker, source)
    _erased(memory, source)
    memory.must((memory.registrar, _retired(memory, source)))
    return memory


def lines(memory: MemoryLedger) -> Iterator[Line]:
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


def _told(memory: MemoryLedger, source: Iterator[str]) -> None:
    """The story of the demo."""
    actors = {name: SigningKey.from_seed(hashlib.sha256(f"{SEED}/{name}".encode()).digest()) for name in ACTORS}
    signers = {name: Party(ACTORS[name].id, key) for name, key in actors.items()} | {"registrar": memory.registrar}
    for step in scenario(actors, ORIGIN, lambda: next(source), memory.registrar.id):
        memory.must((signers[step.actor], step.record))


def _keys_changed(memory: MemoryLedger, maker: Party, source: Iterator[str]) -> None:
    """A key is changed with a doubt about the old one; a recovery is asked for and objected to."""
    second = SigningKey.from_seed(hashlib.sha256(b"maker/second").digest(), "p256")
    memory.must((maker, KeyChange(
        issuer=maker.id, nonce=next(source), organization=maker.id, added=[public_key(second, ORIGIN, maker.id)],
        revoked=[maker.key.keyid.hex()], compromised_since=memory.state.size - 2,
    )))
    asked = KeyChange(
        issuer=memory.registrar.id, nonce=next(source), organization=maker.id, recovery="request",
        added=[public_key(party(SEED, "maker/third").key, ORIGIN, maker.id)],
    )
    memory.must((memory.registrar, asked))
    memory.must((Party(maker.id, second), KeyChange(
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


def _retired(memory: MemoryLedger, source: Iterator[str]) -> Activation:
    """A sector that computes no more."""
    plugin = memory.registry.sectors["logistics"]
    return Activation(issuer=memory.registrar.id, nonce=next(source), plugin="logistics", digest=plugin.digest,
                      version=plugin.sector.version, retired=True)
