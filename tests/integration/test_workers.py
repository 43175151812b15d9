"""Sectors in worker processes: whatever one does to its process, it refuses its own record and harms nothing else; what
workers assess is what this process assesses."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import psutil
import pytest
from hazards.sector import ACT, LEAK, STEADY, Acting, forget
from msgspec import Raw
from support.hazards import LIMIT, act, gone, known, server_of_hazards, workers_of
from support.revising import add, amend, change, flows, pool
from support.server import TESTS, Server, prepared_home
from support.waiting import PATIENCE, until
from support.witness import Witness, audited
from support.workshop import Workshop, workshop

from ledger.core.receipts.receipt import Receipt
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError
from ledger.registry.assessing import AssessmentCall, AssessmentResult, Inside
from ledger.registry.installed import installed
from ledger.registry.workers.jobs import Job
from ledger.registry.workers.pool import MOST_MEMORY, WorkerPool
from ledger.sdk.testing.conformance import Case

_numbers = count(1)
TIMEOUTS = ["loops", "swallows", "sleeps", "sleepsInC", "backtracks", "deadlocks", "silences"]
CRASHES = {
    "exits": "it ended itself with code 3", "segfaults": "SIGSEGV", "aborts": "SIGABRT", "closes": "it ended itself",
    "babbles": "ended",
}
FAILURES = {
    "raises": "ValueError: out of order ?",
    "raisesUntellable": "Untellable: (no message: the error's own text cannot be made)",
    "exitsPython": "SystemExit: that is all", "interrupts": "KeyboardInterrupt", "fills": "MemoryError",
}
INVALID = ["garbage", "float", "text", "integer"]


@pytest.fixture(scope="module")
def hazardous() -> Iterator[Server]:
    """Afterwards the log is one that an audit in this process recomputes."""
    with prepared_home() as home, server_of_hazards(home) as server:
        yield server
        report = audited(server, known())
        forget()
        assert report.ok, report.findings
        assert (report.entries, report.recomputed) == (report.size, report.records["Transformation"])


@pytest.fixture(scope="module")
def looking(hazardous: Server) -> Iterator[Witness]:
    """Whose checkpoints must be of one log."""
    witness = Witness(hazardous.vkey)
    yield witness
    witness.check(hazardous.url)


@pytest.fixture
def server(hazardous: Server, looking: Witness) -> Iterator[Server]:
    """Afterwards both workers are there again."""
    yield hazardous
    until(lambda: len(workers_of(hazardous)) == 2, "a worker is missing, or there are too many")
    looking.look(hazardous.url)


@pytest.fixture
def shop(server: Server) -> Workshop:
    return workshop(server, f"shop-{next(_numbers)}", pot="1000")


def told_of(answer: object) -> dict[str, Any]:
    """A problem, not a receipt."""
    assert isinstance(answer, dict), answer
    return answer


def refused(server: Server, shop: Workshop, how: str, note: str = "") -> Any:
    """The problem of one record among sound ones of the same request, and of both of its sector's routes."""
    posted = [
        shop.make({"before": "1"}, {"pot": "1"}), act(shop, "well"), act(shop, "bad", how, note=note),
        act(shop, "well-too", process=STEADY), shop.make({"after": "1"}, {"before": "1"}), shop.use({"bad": "1"}),
    ]
    answers = server.submit(server.envelopes(posted))
    assert [isinstance(answer, Receipt) for answer in answers] == [True, True, False, True, True, False], answers
    assert told_of(answers[-1])["code"] == "unknown-lot"
    return answers[2]


@pytest.mark.parametrize("how", TIMEOUTS)
def test_a_sector_that_hangs(server: Server, shop: Workshop, how: str) -> None:
    told = refused(server, shop, how)
    assert (told["status"], told["code"], told["field"]) == (422, "plugin-timeout", "activity")
    assert told["detail"] == f"plugin hazards/1.0.0 did not assess hazards.act within {LIMIT} s"


@pytest.mark.parametrize("how", CRASHES)
def test_a_sector_that_ends_its_process(server: Server, shop: Workshop, how: str) -> None:
    told = refused(server, shop, how)
    assert (told["status"], told["code"], told["field"]) == (422, "plugin-crashed", "activity")
    assert "plugin hazards/1.0.0 ended the process that assessed hazards.act" in told["detail"]
    assert CRASHES[how] in told["detail"]


@pytest.mark.parametrize("how", FAILURES)
def test_a_sector_that_raises(server: Server, shop: Workshop, how: str) -> None:
    """Nobody's process ends for it."""
    before = {worker.pid for worker in workers_of(server)}
    told = refused(server, shop, how)
    assert (told["status"], told["code"], told["field"]) == (422, "plugin-failed", "activity")
    assert FAILURES[how] in told["detail"]
    assert {worker.pid for worker in workers_of(server)} == before


@pytest.mark.parametrize("how", INVALID)
def test_a_sector_that_returns_what_it_may_not(server: Server, shop: Workshop, how: str) -> None:
    told = refused(server, shop, how)
    assert told["code"] in ("invalid-assessment", "plugin-failed")
    assert "returned" in told["detail"]


def test_a_sector_that_prints(server: Server, shop: Workshop) -> None:
    """Into the server's log, not between what workers and server say to each other."""
    server.post([act(shop, "printed", "prints"), act(shop, "next")])
    told = server.log()
    assert "water" in told
    # What a record says is made fit for the terminal on which the server runs.
    assert "\\x1b[2J\\u202esteam" in told
    assert not {"\x1b", "\u202e"} & set(told)


def test_a_sector_that_leaks(server: Server, shop: Workshop) -> None:
    """Another worker takes the place of one that has grown too large; no record is refused for it."""
    before = {worker.pid for worker in workers_of(server)}
    for number in range(2 * (MOST_MEMORY // LEAK + 1)):
        server.post([act(shop, f"leaked-{number}", "leaks")])
    after = workers_of(server)
    assert {worker.pid for worker in after} != before
    assert sum(worker.memory_info().rss for worker in after) < 2 * (MOST_MEMORY + LEAK)


def test_what_a_sector_has_started_ends_with_it(server: Server, shop: Workshop, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    refused(server, shop, "spawns", str(note))
    until(lambda: gone(int(note.read_text())), "a process that the plugin started is left")


@pytest.mark.parametrize("how", ["forks", "forksAndExits", "forksInC"])
def test_a_sector_that_forks(server: Server, shop: Workshop, how: str) -> None:
    """The copy of the process answers nothing in its place: each later record gets its own figure."""
    server.post([act(shop, "forked", how)])
    for co2 in range(2, 14):
        party, record = act(shop, f"lot-{co2}", process=STEADY)
        activity = Raw(msgspec.json.encode(Acting(co2=str(co2))))
        (receipt,) = server.post([(party, msgspec.structs.replace(record, activity=activity))])
        assert footprint_of(server, shop.name(f"lot-{co2}")) == (receipt.digest, co2)


def footprint_of(server: Server, lot: str) -> tuple[str, float]:
    """The record that made a lot, and kg CO2e."""
    answer = httpx.get(f"{server.url}/v1/footprint", params={"lot": lot}, timeout=PATIENCE).json()
    return answer["record"], answer["footprint"]


def test_a_sector_that_leaves_another_process(server: Server, shop: Workshop, tmp_path: Path) -> None:
    """The other process holds the channel open, out of reach. The record is to blame, and its neighbours are
    assessed."""
    notes = [tmp_path / f"pid-{i}" for i in range(3)]
    try:
        for note in notes:
            told = refused(server, shop, "leavesAnother", str(note))
            assert told["code"] == "plugin-crashed"
            assert "it ended itself with code 3" in told["detail"]
            shop = workshop(server, f"shop-{next(_numbers)}", pot="1000")
    finally:
        for note in notes:
            with suppress(OSError, ValueError, psutil.NoSuchProcess):
                psutil.Process(int(note.read_text())).kill()


def test_one_record_alone(server: Server, shop: Workshop) -> None:
    """A request of one is prepared without threads; it is cut off like others."""
    for how, code in (("loops", "plugin-timeout"), ("exits", "plugin-crashed"), ("raises", "plugin-failed")):
        (told,) = server.submit(server.envelopes([act(shop, "bad", how)]))
        assert told_of(told)["code"] == code


def test_others_go_on_while_one_hangs(server: Server, shop: Workshop) -> None:
    """Requests of others are answered while a request of ten that hang is not: these take ten seconds."""
    other = workshop(server, f"shop-{next(_numbers)}", pot="1000")
    answers: list[object] = []
    hanging = server.envelopes([act(shop, f"bad-{i}", "sleeps") for i in range(10)])
    thread = threading.Thread(target=lambda: answers.extend(server.submit(hanging)))
    thread.start()
    made, meanwhile = 0, 0
    while thread.is_alive():
        made += 1
        server.post([
            other.make({f"lot-{made}": "0.001"}, {"pot": "0.001"}), act(other, f"well-{made}", process=STEADY),
        ])
        meanwhile += thread.is_alive()
    assert meanwhile
    assert [told_of(answer)["code"] for answer in answers] == ["plugin-timeout"] * 10


def test_a_sector_that_hangs_under_the_lock(server: Server, shop: Workshop) -> None:
    """What follows a revision in its request is prepared under the lock: it is cut off there, and the transaction of
    its neighbours holds."""
    mined = shop.mine("mined", "10")
    server.post([mined])
    answers = server.submit(server.envelopes([
        amend(shop, change(mined, allocation="mass", activity={"co2": "2"})),
        act(shop, "one"), act(shop, "bad", "loops"), act(shop, "worse", "exits"),
        shop.make({"two": "1"}, {"mined": "1"}),
    ]))
    assert [isinstance(answer, Receipt) for answer in answers] == [True, True, False, False, True]
    assert [told_of(answer)["code"] for answer in answers[2:4]] == ["plugin-timeout", "plugin-crashed"]


def test_the_lock_is_not_held_for_many_that_hang(server: Server, shop: Workshop) -> None:
    """Beyond ten seconds of a batch, what its sector has to be asked for is told to come again; others are entered."""
    mined = shop.mine("mined", "10")
    server.post([mined])
    bad = [act(shop, f"bad-{i}", "loops") for i in range(25)]
    answers = server.submit(server.envelopes([
        amend(shop, change(mined, allocation="mass", activity={"co2": "2"})), *bad, shop.use({"mined": "1"}),
    ]))
    assert isinstance(answers[0], Receipt)
    assert isinstance(answers[-1], Receipt)
    codes = [told_of(answer)["code"] for answer in answers[1:-1]]
    cut_off = codes.count("plugin-timeout")
    assert codes == ["plugin-timeout"] * cut_off + ["plugin-busy"] * (25 - cut_off)
    assert 1 <= cut_off <= 20
    assert told_of(answers[-2])["status"] == 503


def test_a_check_has_the_time_limit_of_a_batch(server: Server, shop: Workshop) -> None:
    """What a posting would tell to come again, a check tells so too, instead of asking each sector to its end."""
    mined = shop.mine("mined", "10")
    server.post([mined])
    envelopes = server.envelopes([
        amend(shop, change(mined, allocation="mass", activity={"co2": "2"})),
        *[act(shop, f"bad-{i}", "loops") for i in range(25)], act(shop, "last"),
    ])
    response = httpx.post(f"{server.url}/v1/records/check", content=b"\n".join(envelopes), timeout=120,
                          headers={"Content-Type": "application/x-ndjson"})
    answers = [msgspec.json.decode(line) for line in response.content.splitlines()]
    codes = [answer.get("code") for answer in answers]
    cut_off = codes.count("plugin-timeout")
    assert codes == [None, *["plugin-timeout"] * cut_off, *["plugin-busy"] * (26 - cut_off)]
    assert 1 <= cut_off <= 20


def test_a_record_of_a_pool_that_hangs_under_the_lock(server: Server, shop: Workshop) -> None:
    """Which generation of a pool it takes is known under the lock alone, so its sector is asked there again."""
    server.post([pool(shop, "stock"), add(shop, "stock", {"pot": "10"}), act(shop, "fine")])
    taking = flows(shop, {"stock": "1"})
    answers = server.submit(server.envelopes([
        add(shop, "stock", {"pot": "10"}), act(shop, "bad", "loops", inputs=taking),
        shop.make({"good": "1"}, {"stock": "1"}),
    ]))
    assert [isinstance(answer, Receipt) for answer in answers] == [True, False, True]
    assert told_of(answers[1])["code"] == "plugin-timeout"


def test_a_revision_that_hangs(server: Server, shop: Workshop) -> None:
    """The amended record hangs: the amendment is refused, what stood stands, and the log goes on."""
    sound = act(shop, "sound")
    server.post([sound, shop.make({"made": "1"}, {"sound": "1"})])
    for how, code in (("sleeps", "plugin-timeout"), ("exits", "plugin-crashed")):
        (told,) = server.submit(server.envelopes([amend(shop, change(sound, activity={"how": how}))]))
        assert told_of(told)["code"] == code
    server.post([amend(shop, change(sound, activity={"co2": "3"})), act(shop, "after")])


def test_a_busy_worker_is_killed(server: Server, shop: Workshop, tmp_path: Path) -> None:
    """By another's hand, once each has been begun with 150 records: whichever it was at is tried again, and all are
    entered."""
    with ThreadPoolExecutor(1) as threads:
        for part in range(8):
            note = tmp_path / f"begun-{part}"
            begun = act(shop, f"lot-{part}", process=ACT, note=str(note))
            more = [act(shop, f"lot-{part}-{i}", process=ACT) for i in range(149)]
            posting = threads.submit(server.post, [begun, *more])
            until(note.exists, "no record is assessed")
            for worker in workers_of(server):
                with suppress(psutil.NoSuchProcess):
                    worker.kill()
            assert len(posting.result(PATIENCE)) == 150
            until(lambda: len(workers_of(server)) == 2, "a worker was not replaced")


def test_workers_see_nothing_of_the_ledgers_settings(server: Server) -> None:
    """Neither where the database is nor where the keys are; and none of what the server has open but their channel."""
    for worker in workers_of(server):
        assert not [name for name in worker.environ() if name.startswith("CARBON_LEDGER_")]
        assert "127.0.0.1" not in " ".join(str(one.laddr) for one in worker.net_connections("inet"))
    # A worker that still starts reads its modules.
    until(lambda: not workers_with_files(server), "a worker keeps files open")


def workers_with_files(server: Server) -> list[psutil.Process]:
    return [worker for worker in workers_of(server) if worker.open_files()]


def test_workers_load_no_server(server: Server) -> None:
    """They are small: neither database driver nor HTTP, numpy or numba."""
    for worker in workers_of(server):
        loaded = "\n".join(entry.path for entry in worker.memory_maps())
        assert not [name for name in ("asyncpg", "granian", "numpy", "llvmlite", "cryptography") if name in loaded]


@pytest.mark.parametrize("how", ["loops", "backtracks"])
def test_no_worker_outlives_its_server(how: str, tmp_path: Path) -> None:
    """One that idles and one that hangs, in Python or in C with the interpreter's lock: both are gone after `kill -9`
    of the server, though nobody is left to end them."""
    note = tmp_path / "hanging"
    with prepared_home() as home, server_of_hazards(home, seconds="5") as server:
        shop = workshop(server, "shop")
        thread = threading.Thread(target=lambda: _post_in_vain(server, [act(shop, "bad", how, note=str(note))]))
        thread.start()
        workers = workers_of(server)
        until(note.exists, "none is busy")
        server.kill()
        thread.join()
        until(lambda: all(gone(worker.pid) for worker in workers), "a worker is left")


def _post_in_vain(server: Server, posted: list[Any]) -> None:
    with suppress(httpx.HTTPError):
        server.submit(server.envelopes(posted))


def test_a_server_that_stops_ends_its_workers() -> None:
    with prepared_home() as home, server_of_hazards(home) as server:
        workers = workers_of(server)
        assert (len(workers), server.stop()) == (2, 0)
        assert all(gone(worker.pid) for worker in workers)


def test_plugins_that_change_under_a_running_server(tmp_path: Path) -> None:
    """A worker that would compute otherwise than the server believes is none."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "kilns.py").write_text(_KILNS)
    (site / "kilns-1.0.0.dist-info").mkdir()
    (site / "kilns-1.0.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: kilns\nVersion: 1.0.0\n")
    (site / "kilns-1.0.0.dist-info" / "entry_points.txt").write_text("[carbon_ledger.plugins]\nkilns = kilns:plugin\n")
    with prepared_home() as home, Server(home, installed=[site], CARBON_LEDGER_WORKERS="2") as server:
        server.post([act(workshop(server, "shop"), "one", process="kilns.fire", activity=Raw(b"{}"))])
        (site / "kilns.py").write_text(_KILNS + "# changed\n")
        for worker in workers_of(server):
            worker.kill()
        until(lambda: "have changed since this server started" in server.log(), "the change is not noticed")


_KILNS = """
from ledger.sdk import Activity, Assessment, NaturalInput, Route, Sector


class Firing(Activity, frozen=True):
    pass


def plugin():
    return Sector(name="kilns", version="1.0.0", en="Kilns", zh="窑", routes={
        "fire": Route(activity=Firing, assess=lambda context, activity: Assessment(), en="Fire", zh="烧")},
        nature={"fire": (NaturalInput(group="ore", source="a mine"),)})
"""


MODULES: Final = sorted(path.stem for path in (TESTS / "unit" / "plugins").glob("test_*_conformance.py"))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return installed()


def calls(registry: Registry) -> list[AssessmentCall]:
    """Each case as written, with an invalid activity, and without inputs."""
    found = []
    cases: list[Case] = [case for name in MODULES for case in import_module(f"unit.plugins.{name}").CASES]
    for case in cases:
        one = registry.sectors[case.context.process.partition(".")[0]]
        empty = msgspec.structs.replace(case.context, inputs=(), supplies=())
        found += [
            AssessmentCall(one, case.context, msgspec.json.encode(case.activity)),
            AssessmentCall(one, case.context, b'{"noSuchField":1}'),
            AssessmentCall(one, empty, msgspec.json.encode(case.activity)),
        ]
    return found


async def by_workers(asked: list[AssessmentCall]) -> list[AssessmentResult]:
    async with WorkerPool(2, 10.0) as pool:
        await pool.ready()
        return await pool.assess(asked)


def told(found: AssessmentResult) -> tuple[object, ...]:
    """Everything about an answer that can differ. Texts as they are sent."""
    if isinstance(found, LedgerError):
        return type(found), found.code, found.message[:2_000], found.field, found.value, found.rule
    return (repr(found),)


def test_every_route_of_every_sector(registry: Registry) -> None:
    asked = calls(registry)
    routes = {call.context.process for call in asked}
    assert len(MODULES) >= 8
    assert len(routes) > 40
    here = asyncio.run(Inside(registry).assess(asked))
    there = asyncio.run(by_workers(asked))
    assert [told(one) for one in there] == [told(one) for one in here]
    assert sum(isinstance(one, LedgerError) for one in here) >= len(asked) // 3
    assert sum(not isinstance(one, LedgerError) for one in here) >= len(asked) // 3


def test_records_leave_nothing_for_the_collector(registry: Registry) -> None:
    """It looks for garbage only once in a million objects: until then, a server would grow by a hundred MiB."""
    asked = calls(registry)[:20]
    gc.disable()
    try:
        asyncio.run(by_workers(asked))
        assert not [one for one in gc.get_objects() if type(one) is Job]
    finally:
        gc.enable()
