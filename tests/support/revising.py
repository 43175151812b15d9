"""Amendments, closings and what they name, in few words; and a whole log run again from its bodies, to compare with."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
import msgspec
from msgspec import Raw

from ledger.admission.state import State
from ledger.core.log.entry import parse_entry
from ledger.core.outcome.leaves import RevisionLeaf
from ledger.core.receipts.receipt import Receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import Addition, Amendment, Closing, Pool, Reopening
from ledger.core.record.revisions import Change
from ledger.core.record.values import Factor, Flow, Output, Supply
from ledger.engine.batch import Batch, Item, Sequenced
from ledger.engine.prepared import Prepared, Submission
from ledger.engine.revision.history import History
from ledger.engine.revision.recompute import Engine, Revision
from ledger.engine.revision.revise import revise
from ledger.engine.sectors import Registry
from ledger.footprint.stored.burdens import named
from ledger.footprint.stored.figures import LotFigures
from support.databases import LOGGED, Database
from support.keeping import keep
from support.server import Posted, Server
from support.witness import registry
from support.workshop import END, START, Workshop, kilograms

CO2E: Final = "fossilGhgEmissions"
_ENTRIES: Final = "SELECT e.data, r.body FROM entry e JOIN record r USING (index) ORDER BY index"
_FIGURES: Final = (
    "SELECT l.id, f.version, f.burdens, f.content, f.amount FROM figure f JOIN lot l ON l.number = f.lot "
    "ORDER BY f.version"
)
_LOTS: Final = "SELECT l.id, b.remaining, b.quantity FROM balance b JOIN lot l ON l.number = b.lot"
# The highest version of each table; below it, each revision has a row of `revised` at least, if it revised anything.
_TRACES: Final = """
    SELECT revisions, (SELECT count(*) FROM revision) AS count,
           (SELECT coalesce(max(version), 0) FROM revision) AS newest,
           greatest(revisions, (SELECT max(version) FROM revised)) AS revised,
           greatest(revisions, (SELECT max(version) FROM figure)) AS figures,
           greatest(revisions, (SELECT max(version) FROM flow)) AS flows,
           greatest(revisions, (SELECT max(version) FROM lot_version)) AS lots,
           (SELECT count(*) FROM revision n JOIN record r ON r.index = n.record
            WHERE r.type IN ('amendment', 'closing')) AS records
    FROM head"""


def digest_of(posted: Posted) -> str:
    """The hex digest by which other records name this one, before it is posted."""
    return canonical.digest(canonical.encode(posted[1])).hex()


def raw(value: object) -> Raw:
    """A field of an amendment. Structs become what they are on the wire."""
    return Raw(msgspec.json.encode(value))


def change(record: Posted | str, **fields: object) -> Change:
    """The record from now on holds `fields`, named as on the wire; it is withdrawn where there are none."""
    digest = record if isinstance(record, str) else digest_of(record)
    return Change(record=digest, fields={name: raw(value) for name, value in fields.items()}, withdrawn=not fields)


def amend(shop: Workshop, *changes: Change) -> Posted:
    return shop.signed(Amendment(issuer=shop.id, nonce=shop.nonce(), reason="another reading", changes=list(changes)))


def flows(shop: Workshop, inputs: Mapping[str, str]) -> list[Flow]:
    """Kg by lot, for the fields `inputs` and `retired`."""
    return [Flow(lot=shop.name(lot), quantity=kilograms(amount)) for lot, amount in inputs.items()]


def outputs(shop: Workshop, amounts: Mapping[str, str], **fields: Any) -> list[Output]:
    """Kg by lot, for the field of that name."""
    return [
        Output(lot=shop.name(lot), product=shop.name("part"), quantity=kilograms(amount), role="product", **fields)
        for lot, amount in amounts.items()
    ]


def gas(amount: str, factor: str = "2.75") -> Supply:
    """Kg of gas whose upstream is `factor` kg CO2e a kg."""
    return Supply(material="gas", quantity=kilograms(amount), factor=Factor(
        value=factor, unit="KGM", source="measured", year=2025, boundary="cradleToGate"))


def close(
    shop: Workshop, *measured: Supply, site: str = "site", start: str = START, end: str = END, **fields: Any
) -> Posted:
    return shop.signed(Closing(
        issuer=shop.id, nonce=shop.nonce(), facility=shop.name(site), start=start, end=end, measured=list(measured),
        **fields,
    ))


def reopen(shop: Workshop, closing: Posted) -> Posted:
    return shop.signed(Reopening(
        issuer=shop.id, nonce=shop.nonce(), closing=digest_of(closing), reason="late papers"
    ))


def pool(shop: Workshop, name: str, **fields: Any) -> Posted:
    return shop.signed(Pool(
        issuer=shop.id, nonce=shop.nonce(), id=shop.name(name), facility=shop.name("site"), product=shop.name("part"),
        **fields,
    ))


def add(shop: Workshop, name: str, inputs: Mapping[str, str]) -> Posted:
    """Kg by lot into a pool."""
    return shop.signed(Addition(
        issuer=shop.id, nonce=shop.nonce(), pool=shop.name(name), inputs=flows(shop, inputs), time=END
    ))


def revised_by(receipt: Receipt) -> list[RevisionLeaf]:
    """What a receipt says of the records that its own one revised."""
    leaves = [msgspec.json.decode(shown.leaf) for shown in receipt.leaves]
    return [msgspec.convert(leaf, RevisionLeaf, strict=False) for leaf in leaves if leaf["leaf"] == "revision"]


def co2e(server: Server, shop: Workshop, *lots: str) -> list[float]:
    """Kg CO2e of whole lots, as the server tells them now."""
    found = []
    for lot in lots:
        answer = httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name(lot)}, timeout=60).json()
        found.append(answer["burdens"].get(CO2E, 0.0))
    return found


def stock(server: Server, shop: Workshop, *lots: str) -> list[tuple[str, str]]:
    """How much each lot is, and what is left of it."""
    found = []
    for lot in lots:
        (one,) = httpx.get(f"{server.url}/v1/lots", params={"lot": shop.name(lot)}, timeout=60).json()
        found.append((one["quantity"]["value"], one["remaining"]))
    return found


def problem(server: Server, record: Posted) -> dict[str, Any]:
    """Why one record is refused, posted by itself."""
    answer = httpx.post(
        f"{server.url}/v1/records", content=server.envelopes([record])[0],
        headers={"Content-Type": "application/json"}, timeout=60,
    )
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    found: dict[str, Any] = answer.json()
    assert answer.status_code == found["status"]
    return found


class Replayed:
    """The log of a real ledger, run again from its bodies alone, record by record, in memory: what it would have come
    to, had every record been posted after the one before it, with nothing else going on."""

    def __init__(self, origin: str, known: Registry | None = None) -> None:
        """`known`: the sectors that assess; those of the tests where none are given."""
        self.state = State(origin)
        self.figures: dict[str, LotFigures] = {}
        self.revisions: list[tuple[int, Revision]] = []
        self._history = History(self.state, self.figures)
        self._registry = known or registry()

    def follow(self, data: bytes, body: bytes) -> Sequenced:
        """The next entry. Raises where its record would not be admitted, or comes to other results."""
        verdict = self.sequence(data, body)
        if verdict.entry != data:
            raise AssertionError(f"entry {verdict.index} commits to other results than its record has in memory")
        return verdict

    def sequence(self, data: bytes, body: bytes) -> Sequenced:
        """The record of the next entry as it comes out now. Raises where it would not be admitted."""
        entry = parse_entry(data)
        submission = Submission(canonical.decode_record(body), body, entry.digest, entry.keyid, entry.signature)
        batch = Batch(self.state, self.figures, self._registry, entry.time, self._revise, len(self.revisions) + 1)
        (verdict,) = batch.run([Item(submission, None)])
        if not isinstance(verdict, Sequenced):
            raise AssertionError(f"entry {self.state.size} would not be admitted: {verdict!r}")
        for index, prepared in batch.sequenced:
            keep(self._history, index, prepared)
        return verdict

    def _revise(self, prepared: Prepared) -> Revision:
        record = prepared.submission.record
        if not isinstance(record, Amendment | Closing):
            raise TypeError(record)
        revision = revise(Engine(self._history, self._registry), record, self._history)
        self.revisions.append((self.state.size, revision))
        return revision

    def burdens(self, lot: str) -> dict[str, float]:
        """Burdens of a whole lot by name."""
        return named(self.figures[lot].burdens)


def check_replay(database: Database, origin: str) -> Replayed:
    """1. every record of the log would be admitted, with the results that it has; 2. the figures of every lot, at every
    size of the tree, are those of memory, bit for bit; 3. so are quantities and balances; 4. nothing is stored of
    revisions that are not on the log."""
    replayed, stored = Replayed(origin), _figures(database)
    size = compared = 0
    for size, row in enumerate(database.fetch(_ENTRIES), start=1):
        version = len(replayed.revisions)
        replayed.follow(row["data"], row["body"])
        if version == len(replayed.revisions):
            # Of the lots that were there before, neither the figures nor the version that counts has changed.
            fresh = dict(list(replayed.figures.items())[compared:])
        else:
            fresh, version = replayed.figures, version + 1
        for lot, figures in fresh.items():
            if stored[lot][max(one for one in stored[lot] if one <= version)] != figures:
                raise AssertionError(f"at size {size}, lot {lot} has other figures than in memory")
        compared = len(replayed.figures)
    if database.one("SELECT size FROM head") != size:
        raise AssertionError("the head is of another size than the log")
    _check_lots(database, replayed)
    check_traces(database)
    return replayed


def _figures(database: Database) -> dict[str, dict[int, LotFigures]]:
    """By lot and version."""
    found: dict[str, dict[int, LotFigures]] = {}
    for row in database.fetch(_FIGURES):
        contents = dict(zip(row["content"], row["amount"], strict=True))
        found.setdefault(row["id"], {})[row["version"]] = LotFigures(tuple(row["burdens"]), contents)
    return found


def _check_lots(database: Database, replayed: Replayed) -> None:
    state = replayed.state
    stored = {row["id"]: (row["remaining"], row["quantity"]) for row in database.fetch(_LOTS)}
    expected = {lot.id: (state.remaining[lot.id], lot.quantity) for lot in state.lots.values()}
    wrong = {lot: (stored.get(lot), found) for lot, found in expected.items() if stored.get(lot) != found}
    if wrong or stored.keys() != expected.keys():
        raise AssertionError(f"stored balances and those of memory: {wrong}")


def check_traces(database: Database) -> None:
    """Rows of a revision stand for one that is on the log, and the head counts these: as of one moment."""
    (found,) = database.fetch(_TRACES)
    wrong = {name: value for name, value in found.items() if name != "revisions" and value != found["revisions"]}
    if wrong:
        raise AssertionError(f"the head counts {found['revisions']} revisions; stored are {wrong}")


def everything(database: Database) -> Iterator[tuple[str, int, str]]:
    """Of each table its name, how many rows it has and a hash of them: equal before and after where nothing changed."""
    for table in (*LOGGED, "head", "balance"):
        ((count, found),) = database.fetch(
            f"SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
        )
        yield table, count, found
