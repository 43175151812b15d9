"""Forty records of activity data, as users of ten sectors would write them, and their completeness.

`tests/acceptance/activity` has a file for each sector, with a record each from China, Germany, the USA and India. A
record states what the plant bought, used and made: no emission factor and no declared footprint. The records were
written before any table of default factors existed, since they measure such tables. So if a table lacks a material of
these plants, correct the table and not the record. Three records contain a material by its trade name, which no table
can have. `brewery.json` has one record more.

A file is a list. Each entry has

- `id`: the short name of the plant's organisation, `urn:example:ID`;
- `country`, and the other fields of its `facility`, `urn:example:ID:site`;
- `products`: the bodies of its products, without issuer, nonce and type;
- `transformation`: the body of the record, without issuer, nonce and type;
- `collected`, in records of the sector `circular`: lots of waste that the plant received. The ledger knows waste as
  lots only, so each enters by a declaration of basis `collected`, which states no figure;
- `received`, optional: kinds of documents about those lots beside the weighing.

`records_of` builds the signed records of an entry, in the order in which a ledger takes them: for a real ledger, or for
`MemoryLedger`. `completeness_of` posts an entry on a ledger in memory and returns the kg CO2e of all its outputs, the
completeness that the answers of a ledger show, and the omissions. To see the table, run

    env PYTHONPATH=tests .venv/bin/python -m support.activity_records
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.core.outcome.leaves import read
from ledger.core.record.kinds import AnyRecord, Declaration, Facility, Product, Transformation
from ledger.engine.batch import Sequenced
from ledger.footprint.derived.completeness import completeness_of as share_covered
from ledger.footprint.stored.burdens import SLOT, footprint, vector_of
from support.memory import MemoryLedger
from support.parties import Party, nonces, party
from support.sectors import shipped

FOLDER: Final = Path(__file__).parents[1] / "acceptance" / "activity"
COUNTRIES: Final = ("CN", "DE", "US", "IN")
SECTORS: Final = (
    "steel", "nonferrous", "building-materials", "petrochemicals", "consumer-goods", "equipment", "electronics",
    "energy", "circular", "logistics",
)
_SEED: Final = 1

Entry = Mapping[str, Any]


class Omitted(NamedTuple):
    """A part of the upstream that the figure leaves out; `estimate`: its kg CO2e, None if unknown."""

    what: str
    estimate: float | None


class Completeness(NamedTuple):
    """`kilograms`: CO2e of the record, with what its outputs do not carry. `share`: of the footprint that the figure
    covers, None if an omission has no estimate. `omissions`, `findings`: of the record. `questioned`: kg CO2e."""

    kilograms: float
    share: float | None
    omissions: tuple[Omitted, ...]
    findings: tuple[Finding, ...]
    questioned: float


def entries(sector: str) -> Sequence[Entry]:
    """The four records of a sector."""
    return msgspec.json.decode((FOLDER / f"{sector}.json").read_bytes(), type=list[dict[str, Any]])


def all_entries() -> Mapping[str, Entry]:
    """The forty records by id."""
    return {entry["id"]: entry for sector in SECTORS for entry in entries(sector)}


def brewery() -> Entry:
    """A record beside the forty: a brewery in Germany."""
    (entry,) = entries("brewery")
    return entry


def records_of(entry: Entry, seed: int = _SEED) -> Iterator[tuple[Party, AnyRecord]]:
    """The signer and each of its records: facility, products, waste received, transformation.

    Its organisation, `party(seed, entry["id"])`, has to be enrolled before.
    """
    signer, fresh = party(seed, entry["id"]), nonces(seed, f"activity/{entry['id']}")

    def record(kind: type[Any], body: Mapping[str, Any]) -> tuple[Party, AnyRecord]:
        tag = kind.__struct_config__.tag
        return signer, msgspec.convert({"type": tag, "issuer": signer.id, "nonce": next(fresh), **body}, kind)

    yield record(Facility, {"id": f"{signer.prefix}site", "country": entry["country"], **entry["facility"]})
    for product in entry["products"]:
        yield record(Product, product)
    for lot in entry.get("collected", ()):
        yield record(Declaration, _received(signer, lot, entry["transformation"], entry.get("received", ())))
    activity = msgspec.Raw(msgspec.json.encode(entry["transformation"]["activity"]))
    yield record(Transformation, {**entry["transformation"], "activity": activity})


def _received(
    signer: Party, lot: Mapping[str, Any], transformation: Mapping[str, Any], documents: Sequence[str]
) -> Mapping[str, Any]:
    """The declaration of a lot of waste: a weight with its document, other documents, and no figure."""
    notes = [
        {"digest": hashlib.sha256(f"{lot['lot']}{kind}".encode()).hexdigest(), "mediaType": "text/csv",
         "kind": kind or "weighing"}
        for kind in ("", *documents)
    ]
    return {
        "start": transformation["start"], "end": transformation["end"], "basis": "collected", "boundary": "none",
        "collector": signer.id, "lot": lot, "evidence": notes,
    }


def admitted(entry: Entry) -> tuple[MemoryLedger, Sequenced]:
    """A new ledger with the installed sectors and sets in force, and the record of an entry on it. Raises the
    refusal of the first record that the ledger does not admit."""
    memory = MemoryLedger(shipped())
    memory.activate_sets()
    memory.enrol(entry["id"])
    *before, last = records_of(entry, memory.seed)
    memory.must(*before)
    return memory, memory.must(last)[0]


def completeness_of(entry: Entry) -> Completeness:
    """What the figures of an entry's record cover. Raises the refusal if a ledger does not admit the record."""
    memory, record = admitted(entry)
    leaf = memory.assessment(record.index)
    if leaf is None:
        raise ValueError(f"{entry['id']} has no assessment")
    assessment = msgspec.json.decode(leaf.assessment, type=Assessment)
    lots = [memory.figures[output["lot"]].burdens for output in entry["transformation"]["outputs"]]
    whole = [sum(amounts) for amounts in zip(vector_of(read(leaf.retained)), *lots, strict=True)]
    return Completeness(
        footprint(whole), share_covered(whole),
        tuple(Omitted(one.what, None if one.estimate is None else float(one.estimate))
              for one in assessment.omissions),
        assessment.findings, whole[SLOT[QUESTIONED]],
    )


def _line(name: str, entry: Entry) -> str:
    """A record's line of the table."""
    result = completeness_of(entry)
    share = "unknown" if result.share is None else f"{result.share:.1%}"
    omitted = ", ".join(
        one.what if one.estimate is None else f"{one.what} ({one.estimate:,.0f} kg)" for one in result.omissions
    )
    return f"{name:22} {result.kilograms:18,.0f} {share:>8} {len(result.omissions):3}  {omitted}"


def main() -> None:
    """Prints id, kg CO2e, completeness, number of omissions, omissions."""
    for name, entry in all_entries().items():
        print(_line(name, entry))


if __name__ == "__main__":
    main()
