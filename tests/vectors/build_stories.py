"""Rebuilds `stories.json`: the figures of the demo, the foundry's month, breweries and other plants, the CBAM cases and
the worked examples.

    PYTHONPATH=.:tests python tests/vectors/build_stories.py

The stories run on a ledger in memory, and the file has every figure that the ledger commits to. Digests, indices and
times are no figures: a change of the rules' digest or of a record's nonce leaves the file as it is. The script prints
each difference, for the body of the commit that explains it. Without a difference it writes nothing.
"""

import csv
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from acceptance.test_brewery import CASES as BREWERIES
from acceptance.test_brewery import variant
from carbon_ledger_cbam import exchange
from support import border, raw_materials, sectors
from support.activity_records import all_entries, records_of
from support.cross_sectors import Park, slag_into_cement, sunlight_into_a_gearbox, swarf_into_steel
from support.differences import differences
from support.market import MemoryMarket
from support.memory import MemoryLedger
from support.parties import Party, party
from unit.footprint.test_worked_examples import JOBS

from ledger.admission.title_limit import DEFAULT_LIMIT
from ledger.cli.demo.actors import ACTORS
from ledger.cli.demo.scenario import scenario
from ledger.client.sheets.columns import columns_named, fill, typed, with_lists
from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import AnyLeaf, AssessmentLeaf, LotLeaf, read
from ledger.core.record.kinds import Amendment, AnyRecord
from ledger.core.signatures.signing import SigningKey
from ledger.engine.batch import Sequenced
from ledger.errors import LedgerError
from ledger.footprint.derived.completeness import WITHDRAWN, doubtful_of, referenced
from ledger.footprint.derived.findings import findings_in
from ledger.footprint.stored.burdens import vector_of

TESTS: Final = Path(__file__).parents[1]
FILE: Final = Path(__file__).with_name("stories.json")
FOUNDRY: Final = TESTS.parent / "clients" / "examples" / "foundry"
CBAM: Final = TESTS / "vectors" / "cbam"
SEED: Final = 1
FOUNDRY_FILES: Final = (
    "old-scrap/master", "old-scrap/stock", "new-scrap/master", "new-scrap/stock", "pig-iron/master", "pig-iron/stock",
    "foundry/master", "foundry/pools", "heat-treater/master", "old-scrap/deliveries", "new-scrap/deliveries",
    "pig-iron/deliveries", "foundry/scrap-additions", "foundry/heats", "heat-treater/treatments",
    "heat-treater/returns", "customer/acceptances", "customer/returns", "foundry/stock-additions",
    "foundry/deliveries", "foundry/reopenings", "foundry/amendments", "pig-iron/amendments", "foundry/closings",
)
"""In the order in which a day's rows are posted."""
FOUNDRY_STAGES: Final = {"uncorrected": "2026-03-17", "open": "2026-03-31", "closed": "2026-04-04",
                         "corrected": "2026-05-04"}

Figures = dict[str, Any]
Story = dict[str, Figures]
"""Figures by record, such as `transformation 3`."""
_leaf: Final = msgspec.json.Decoder(AnyLeaf)
_record: Final = msgspec.json.Decoder(AnyRecord)


class Posted(NamedTuple):
    """What a story needs of a receipt."""

    index: int
    digest: str


class Desk:
    """A ledger in memory in the place of a server."""

    def __init__(self, memory: MemoryLedger) -> None:
        self.memory = memory
        self.registrar = memory.registrar
        self.origin = memory.state.origin

    def post(self, records: Sequence[tuple[Party, AnyRecord]]) -> list[Posted]:
        return [Posted(one.index, one.digest.hex()) for one in self.memory.must(*records)]


def stories() -> Iterator[tuple[str, Story]]:
    """Each story by its name."""
    yield "demo", told(demo)
    for stage, memory in foundry():
        yield f"foundry, {stage}", figures_of(memory)
    for name in BREWERIES:
        yield f"brewery, {name}", told(lambda memory, name=name: _plant(memory, variant(name, BREWERIES[name]), name))
    for name, entry in all_entries().items():
        yield f"activity, {name}", told(lambda memory, entry=entry: _plant(memory, entry, entry["id"]))
    yield "border", told(lambda memory: border.tell(border.Poster(Desk(memory), "cbam")))
    yield "cross sectors", told(_across_sectors)
    yield "raw materials", told(lambda memory: raw_materials.tell(MemoryMarket(memory, "raw-materials")))
    for path in sorted(CBAM.glob("*.json")):
        yield f"cbam, {path.stem}", {"case": _exact(msgspec.to_builtins(exchange().read(path.read_bytes())))}
    for name, job in JOBS.items():
        memory = MemoryLedger(sectors.registry())
        yield f"worked example, {name}", {"results": _exact(job(memory)), **figures_of(memory)}


def told(tell: Callable[[MemoryLedger], None]) -> Story:
    """The figures of a story on a new ledger with all rules, sectors and factor sets in force."""
    memory = ledger()
    tell(memory)
    return figures_of(memory)


def ledger() -> MemoryLedger:
    memory = MemoryLedger(sectors.all_sectors(), seed=SEED)
    memory.activate_sets()
    return memory


def figures_of(memory: MemoryLedger) -> Story:
    """The committed figures of every record that has some, as the log reads now."""
    found: Story = {}
    numbers: Counter[str] = Counter()
    for index, record in enumerate(memory.records):
        if not memory.original_leaves[index] or isinstance(record, Amendment):
            continue
        kind = str(type(record).__struct_config__.tag)
        numbers[kind] += 1
        found[f"{kind} {numbers[kind]}"] = _of_record(memory.leaves[index])
    return found


def _of_record(leaves: Sequence[bytes]) -> Figures:
    if not leaves:
        return {"title": WITHDRAWN}
    first, *lots = [_leaf.decode(leaf) for leaf in leaves]
    if not isinstance(first, AssessmentLeaf):
        raise TypeError(first)
    assessment = msgspec.json.decode(first.assessment, type=Assessment)
    figures = {
        "lots": {lot.lot: _of_lot(lot, assessment, output) for output, lot in enumerate(lots)
                 if isinstance(lot, LotLeaf)},
        "omissions": [[one.what, str(one.estimate)] for one in assessment.omissions],
        "findings": [[one.severity, one.code, str(one.output), repr(one.amount)]
                     for one in findings_in(0, leaves[0]).findings],
        "questions": list(msgspec.to_builtins(first.questions)),
        "retained": first.retained, "declared": first.declared, "arisen": first.arisen, "lost": first.lost,
        "averaged": first.averaged, "averagedContents": first.averaged_contents, "covered": first.covered,
    }
    return {name: value for name, value in figures.items() if value}


def _of_lot(lot: LotLeaf, assessment: Assessment, output: int) -> Figures:
    doubtful = doubtful_of(vector_of(read(lot.burdens)), DEFAULT_LIMIT, referenced=referenced(assessment, output))
    return {"title": doubtful.title, "quantity": f"{lot.quantity.value} {lot.quantity.unit}", "burdens": lot.burdens,
            "contents": lot.contents}


def _exact(value: Any) -> Any:
    """The value with floats as the shortest texts that read back to the same number."""
    if isinstance(value, Mapping):
        return {name: _exact(child) for name, child in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(child) for child in value]
    return repr(value) if isinstance(value, float) else value


def demo(memory: MemoryLedger) -> None:
    """Posts the records of `carbon-ledger demo`."""
    keys = {name: SigningKey.from_seed(hashlib.sha256(name.encode()).digest()) for name in ACTORS}
    signers = {name: Party(ACTORS[name].id, key) for name, key in keys.items()} | {"registrar": memory.registrar}
    for step in scenario(keys, memory.state.origin, memory.nonce, memory.registrar.id):
        memory.must((signers[step.actor], step.record))


def _plant(memory: MemoryLedger, entry: Mapping[str, Any], name: str) -> None:
    memory.enrol(name)
    memory.must(*records_of(entry, SEED))


def _across_sectors(memory: MemoryLedger) -> None:
    park = Park(Desk(memory), None)
    for tell in (sunlight_into_a_gearbox, slag_into_cement, swarf_into_steel):
        tell(park)


# The month of the foundry: the same files in the same order as `clients/examples/foundry/run` posts them


def foundry() -> Iterator[tuple[str, MemoryLedger]]:
    """The foundry's ledger at each stage: the same one, which grows."""
    memory = ledger()
    for name in sorted({file.partition("/")[0] for file in FOUNDRY_FILES}):
        memory.enrol(name)
    posted: dict[str, list[str]] = defaultdict(list)
    files = {name: _rows(name) for name in FOUNDRY_FILES}
    days = sorted({row["#day"] for rows in files.values() for row in rows})
    before = ""
    for stage, until in FOUNDRY_STAGES.items():
        for day in [day for day in days if before < day <= until]:
            for name in FOUNDRY_FILES:
                for row in files[name]:
                    if row["#day"] == day:
                        posted[f"{name}.receipts"].append(_foundry_row(memory, name, row, posted))
        before = until
        yield stage, memory


def _rows(name: str) -> list[dict[str, str]]:
    with (FOUNDRY / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _foundry_row(memory: MemoryLedger, name: str, row: Mapping[str, str], posted: Mapping[str, list[str]]) -> str:
    """The digest of the row's record."""
    def digest_of(reference: str) -> str:
        file, _, key = reference.partition("#")
        return posted[file][int(key) - 1] if key.isdecimal() else memory.digests[memory.state.lots[key].index].hex()

    signer = party(SEED, name.partition("/")[0])
    tree: dict[str, Any] = {"issuer": signer.id, "nonce": memory.nonce()}
    for column, cell in zip(columns_named(list(row)), row.values(), strict=True):
        if cell and column is not None and column.path:
            fill(tree, column.path, typed(cell, column.kind, digest_of))
    (verdict,) = memory.post([(signer, _record.decode(json.dumps(with_lists(tree, {})).encode()))])
    if isinstance(verdict, LedgerError):
        raise verdict
    assert isinstance(verdict, Sequenced)
    return verdict.digest.hex()


# The file


def encoded(found: Mapping[str, Story]) -> str:
    """JSON with a line for each record."""
    def story(name: str) -> str:
        lines = [f"  {json.dumps(record)}: {json.dumps(figures, ensure_ascii=False, sort_keys=True)}"
                 for record, figures in found[name].items()]
        return f" {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n }"

    return "{\n" + ",\n".join(map(story, found)) + "\n}\n"


def main() -> None:
    before = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    after = dict(stories())
    changed = list(differences(before, after))
    print("\n".join(changed) or "no difference")
    if changed:
        FILE.write_text(encoded(after), encoding="utf-8")


if __name__ == "__main__":
    main()
