"""The command line against a real server: from a key to a proved footprint, and how `serve` starts and stops."""

import asyncio
import base64
import contextlib
import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest
from support.cli import SECONDS, Done, Served, command, environment, run, served, stop, temporary_folder
from support.clusters import copy_cluster

from ledger.core.receipts.receipt import read_receipt
from ledger.store.embedded import attach

MILL, PREFIX = "urn:example:mill", "urn:example:mill:"
SCRAP, STEEL = [f"{PREFIX}lot:scrap"], [f"{PREFIX}lot:steel-{i}" for i in (1, 2)]
MASTER = [
    {"type": "facility", "id": f"{PREFIX}site", "country": "CN", "subdivision": "CN-JS"},
    {"type": "product", "id": f"{PREFIX}scrap", "sector": "steel", "unit": "TNE", "materials": {"steel": "1"}},
    {"type": "product", "id": f"{PREFIX}billet", "sector": "steel", "unit": "TNE", "materials": {"steel": "1"}},
    {"type": "declaration", "start": "2024-01-01T00:00:00Z", "end": "2024-01-02T00:00:00Z", "basis": "collected",
     "boundary": "none", "collector": MILL, "facility": f"{PREFIX}site",
     "evidence": [{"digest": "0" * 64, "mediaType": "application/pdf", "kind": "ticket"}],
     "lot": {"lot": SCRAP[0], "product": f"{PREFIX}scrap", "quantity": {"value": "110", "unit": "TNE"},
             "role": "waste", "origin": "postConsumer"}},
]
HEATS = "\n".join([
    "facility,process,start,end,inputs.0.lot,inputs.0.quantity.value,inputs.0.quantity.unit,supplies.0.material,"
    "supplies.0.quantity.value,supplies.0.quantity.unit,outputs.0.lot,outputs.0.product,outputs.0.quantity.value,"
    "outputs.0.quantity.unit,outputs.0.role,activity.heats:int",
    *(f"{PREFIX}site,steel.electricArcFurnace,2024-01-0{day}T00:00:00Z,2024-01-0{day}T12:00:00Z,{SCRAP[0]},55,TNE,"
      f"electricity,20000,KWH,{lot},{PREFIX}billet,50,TNE,product,1" for day, lot in enumerate(STEEL, start=3)),
])


class Mill(NamedTuple):
    """A server on which the mill is enrolled, has its master data, and has posted two heats from CSV."""

    folder: Path
    server: Served
    receipts: Path
    posted: Done

    def ask(self, *arguments: object) -> Any:
        done = run(*arguments, "--url", self.server.url, "--json").succeeded()
        return json.loads(done.out)

    def signing(self) -> list[object]:
        return ["--key", self.folder / "mill.pem", "--issuer", MILL, "--origin", self.server.origin]


@pytest.fixture(scope="module")
def mill() -> Iterator[Mill]:
    with temporary_folder() as folder, served(folder / "home") as server:
        assert run("key", "new", folder / "mill.pem").code == 0
        request = run("key", "request", folder / "mill.pem", "--organization", MILL, "--prefix", PREFIX, "--name-zh",
                      "钢厂", CARBON_LEDGER_ORIGIN=server.origin)
        (folder / "request.json").write_text(request.out)
        enrolled = run("enrol", "--request", folder / "request.json", "--home", server.home, "--url", server.url)
        assert enrolled.code == 0, enrolled.err
        assert f"{MILL} is enrolled at index" in enrolled.out
        (folder / "master.ndjson").write_text("\n".join(map(json.dumps, MASTER)))
        (folder / "heats.csv").write_text(HEATS)
        found = Mill(folder, server, folder / "receipts.ndjson", Done(0, "", ""))
        run("sign", folder / "master.ndjson", *found.signing(), "-o", folder / "master.signed").succeeded()
        first = run("submit", folder / "master.signed", "--url", server.url).succeeded()
        assert "4 on the ledger, 0 refused" in first.out
        posted = run("submit", folder / "heats.csv", "--type", "transformation", *found.signing(), "--url", server.url,
                     "--receipts", found.receipts).succeeded()
        yield found._replace(posted=posted)


def test_from_csv_to_receipts_in_one_command(mill: Mill) -> None:
    assert "2 on the ledger, 0 refused" in mill.posted.out
    for lot in STEEL:
        assert lot in mill.posted.out
    # 20,000 kWh * 0.5777 kg CO2e (China, 2024, with losses) = 11,554, and 55 of the scrap and the furnace
    assert "11,609.000" in mill.posted.out
    assert len(mill.receipts.read_bytes().splitlines()) == 2


def test_posting_again_gives_the_first_receipts(mill: Mill) -> None:
    again = mill.folder / "again"
    signed = mill.folder / "master.signed"
    first, second = (run("submit", "-", "--url", mill.server.url, "--receipts", again, stdin=signed.read_text())
                     for _ in range(2))
    assert first.code == second.code == 0
    assert first.out == second.out
    assert first.out.endswith("4 on the ledger (0 new, 4 as before), 0 refused\n")
    assert first.out.count(": on the ledger as before: entry ") == 4


def test_refused_records_are_1_and_say_why(mill: Mill) -> None:
    done = run("submit", mill.folder / "heats.csv", "--type", "transformation", *mill.signing(), "--url",
               mill.server.url)
    assert done.code == 1
    assert "0 on the ledger, 2 refused" in done.out
    assert [line[:7] for line in done.err.splitlines()] == ["line 1:", "line 2:"]
    assert STEEL[0] in done.err or SCRAP[0] in done.err


def test_a_receipt_is_verified_offline_down_to_the_figure(mill: Mill) -> None:
    one = mill.folder / "one"
    one.write_bytes(mill.receipts.read_bytes().splitlines()[0])
    record = httpx.get(f"{mill.server.url}/v1/records/{read_receipt(one.read_bytes()).digest}").json()
    body = mill.folder / "body"
    body.write_bytes(json.dumps(record["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
    done = run("verify", one, "--vkey", mill.server.vkey, "--body", body, "--key", mill.folder / "mill.pem").succeeded()
    assert [line[:2] for line in done.out.splitlines() if line.endswith(": ok")] == ["1.", "2.", "3.", "4.", "5.", "6."]
    assert STEEL[0] in done.out
    assert "11,609 kg CO2e" in done.out
    vkey = mill.folder / "vkey"
    vkey.write_text(f"{mill.server.vkey}\n")
    told = json.loads(run("verify", mill.receipts, "--vkey", vkey, "--json").out)
    assert ([one["ok"] for one in told], told[0]["lots"][0]["footprint"]) == ([True, True], 11609.0)


@pytest.mark.parametrize(("step", "change"), [
    (1, lambda receipt: {**receipt, "digest": "0" * 64}),
    (1, lambda receipt: {**receipt, "index": 0}),
    (3, lambda receipt: {**receipt, "entry": base64.b64encode(
        base64.b64decode(receipt["entry"])[:-1] + bytes([base64.b64decode(receipt["entry"])[-1] ^ 1])).decode()}),
    (4, lambda receipt: json.loads(json.dumps(receipt).replace('"11609.0"', '"11608.0"'))),
])
def test_a_receipt_that_does_not_hold_names_the_step(mill: Mill, step: int, change: Any, tmp_path: Path) -> None:
    receipt = json.loads(mill.receipts.read_bytes().splitlines()[0])
    wrong = tmp_path / "wrong"
    wrong.write_text(json.dumps(change(receipt)))
    done = run("verify", wrong, "--vkey", mill.server.vkey)
    assert done.code == 1
    assert f"{step}. " in done.err
    assert f"{step}. " in done.out.splitlines()[-1]
    assert done.out.splitlines()[-1].endswith("DOES NOT HOLD")
    assert done.out.count(": ok") == step - 1


def test_verify_against_another_ledger_or_key(mill: Mill, tmp_path: Path) -> None:
    name, _, key = mill.server.vkey.split("+", 2)
    assert run("verify", mill.receipts, "--vkey", f"{name}+00000000+{key}").code == 1
    run("key", "new", tmp_path / "other.pem")
    one = tmp_path / "one"
    one.write_bytes(mill.receipts.read_bytes().splitlines()[0])
    done = run("verify", one, "--vkey", mill.server.vkey, "--key", tmp_path / "other.pem")
    assert done.code == 1
    assert "6. another key signed the record" in done.err


def test_a_footprint_with_its_breakdown(mill: Mill) -> None:
    answer = mill.ask("footprint", STEEL[0])
    assert (answer["footprint"], answer["recycledContent"]["steel"]["postConsumer"]) == (11609.0, 1.0)
    done = run("footprint", STEEL[0], "--details", "--url", mill.server.url)
    for part in ("incomplete footprint", "11,609.000 kg CO2e", "232.18 kg CO2e per tonne (TNE)", "electricity",
                 "[recalled]", SCRAP[0], "50 % of the lot", "recycled steel", "cut-off/1", "steel/0.1.0",
                 "completeness"):
        assert part in done.out
    missing = run("footprint", "urn:none", "--url", mill.server.url, "--json")
    assert (missing.code, json.loads(missing.err)["code"]) == (1, "not-found")


def test_a_trace_up_and_down(mill: Mill) -> None:
    up = run("trace", STEEL[0], "--url", mill.server.url)
    assert up.code == 0
    assert [line.strip("│├└─ ").split()[0] for line in up.out.splitlines()] == [
        STEEL[0], "transformation", "55", "declaration",
    ]
    down = run("trace", SCRAP[0], "--direction", "down", "--url", mill.server.url)
    for lot in STEEL:
        assert lot in down.out
    graph = mill.ask("trace", STEEL[1], "--depth", "1")
    assert {SCRAP[0], STEEL[1]} <= {node["id"] for node in graph["nodes"]}
    short = run("trace", SCRAP[0], "--direction", "down", "--limit", "2", "--url", mill.server.url)
    assert "1 lots and their chains are not shown" in short.out


def test_an_audit_of_server_and_home(mill: Mill) -> None:
    registrar = run("key", "show", mill.server.home / "registrar-key.pem", "--json")
    pinned = ["--vkey", mill.server.vkey, "--registrar", json.loads(registrar.out)["keyid"]]
    home = ["--home", mill.server.home]
    for target in ([mill.server.url], home, [attach(mill.server.home).app_url, *home]):
        report = json.loads(run("audit", *target, *pinned, "--json").succeeded().out)
        assert report["ok"]
        # The registrar, the ledger's rules, eleven plugins, a factor set, and six records.
        assert report["size"] == report["entries"] == 20
        assert report["recomputed"] == 2
    wrong = run("audit", mill.server.url, "--registrar", "0" * 64)
    assert wrong.code == 1
    assert "index 0, rule registrar" in wrong.out


def test_an_audit_from_a_state_says_what_it_has_done_itself(mill: Mill, tmp_path: Path) -> None:
    arguments = ["audit", mill.server.url, "--vkey", mill.server.vkey, "--state", tmp_path / "state"]
    first, second = run(*arguments).out, run(*arguments)
    assert ", 2 records recomputed by plugins\n" in first
    assert "in this audit" not in first
    assert second.code == 0
    assert "signatures  20 hold (0 in this audit)\n" in second.out
    assert " compared (0 in this audit), 2 records recomputed by plugins (0 in this audit)\n" in second.out
    report = json.loads(run(*arguments, "--json").out)
    assert (report["recomputed"], report["earlier"]["recomputed"]) == (2, 2)


def test_plugins_of_the_server(mill: Mill) -> None:
    found = {one["name"]: one for one in mill.ask("plugin", "list")}
    assert found["steel"]["inForce"] == found["steel"]["version"]
    assert "electricArcFurnace" in run("plugin", "list").out


def test_only_the_registrar_enrols(mill: Mill, tmp_path: Path) -> None:
    run("key", "new", tmp_path / "other.pem")
    done = run("enrol", "--id", "urn:other", "--key", tmp_path / "other.pem", "--registrar-key",
               tmp_path / "other.pem", "--url", mill.server.url)
    assert done.code == 1
    assert "is not the registrar's" in done.err
    request = json.loads((mill.folder / "request.json").read_text())
    for change, reason in (
        ({"origin": "other"}, "for the ledger other"), ({"organization": "urn:x"}, "proof of possession"),
        ({"more": 1}, "not an enrolment request"),
    ):
        path = tmp_path / "request.json"
        path.write_text(json.dumps({**request, **change}))
        done = run("enrol", "--request", path, "--home", mill.server.home, "--url", mill.server.url)
        assert done.code == 1
        assert reason in done.err
    again = run("enrol", "--id", MILL, "--key", mill.folder / "mill.pem", "--home", mill.server.home, "--url",
                mill.server.url)
    assert (again.code, len(again.err.splitlines())) == (1, 1)


def test_a_port_in_use_is_one_line_and_1(mill: Mill, tmp_path: Path) -> None:
    port = mill.server.url.rpartition(":")[2]
    done = run("serve", "--port", port, "--home", tmp_path / "home")
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert f"port {port}" in done.err
    assert not (tmp_path / "home").exists()


def test_init_says_the_same_every_time_and_serve_goes_on_from_it() -> None:
    with temporary_folder() as folder:
        first, second = (run("init", "--home", folder / "home", "--json") for _ in range(2))
        assert first.code == second.code == 0, first.err
        assert first.out == second.out
        told = json.loads(first.out)
        assert set(told) == {"origin", "vkey", "registrar", "keyid", "home"}
        with served(folder / "home") as server:
            assert server.vkey == told["vkey"]
        wrong = run("init", "--home", folder / "home", CARBON_LEDGER_ORIGIN="other.example")
        assert (wrong.code, len(wrong.err.splitlines())) == (1, 1)


@contextmanager
def made_home() -> Iterator[Path]:
    """A home whose database was made before."""
    with temporary_folder() as folder:
        copy_cluster(folder / "home")
        yield folder / "home"


def test_serve_prints_two_lines_warns_and_ends_with_0_on_a_signal() -> None:
    with made_home() as home, served(home, "--host", "0.0.0.0") as server:  # noqa: S104
        assert server.url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{server.url}/health/ready").status_code == 200
        # a connection that stays open must not keep the server from ending
        with httpx.Client(base_url=server.url) as kept:
            kept.get("/health/live")
            out, err = stop(server.process)
        assert (server.process.returncode, out) == (0, "")
        assert "the ledger is open" in err
        assert "cut off" not in err
        assert "Traceback" not in err
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(server.url.rpartition(":")[2]))) != 0


def test_a_second_signal_does_not_wait_for_requests() -> None:
    with made_home() as home, served(home) as server:
        run("key", "new", home / "key.pem")

        async def held() -> None:
            url = attach(server.home).owner_url
            connection, watcher = await asyncpg.connect(url), await asyncpg.connect(url)
            await connection.transaction().start()
            await connection.execute("SELECT FROM head FOR UPDATE")
            arguments = ["enrol", "--id", "urn:example:x", "--key", home / "key.pem", "--url", server.url, "--home",
                         server.home]
            posting = asyncio.create_task(asyncio.to_thread(run, *arguments))
            while not await watcher.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.05)
            server.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(2)
            assert server.process.poll() is None
            server.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(server.process.wait, SECONDS)
            with contextlib.suppress(asyncpg.PostgresError, OSError):
                await connection.close()
                await watcher.close()
            assert (await posting).code == 1

        asyncio.run(asyncio.wait_for(held(), SECONDS))
        assert (server.process.returncode, run("init", "--home", server.home).code) == (1, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts(number: signal.Signals) -> None:
    with temporary_folder() as folder:
        process = subprocess.Popen(command("serve", "--port", "0", "--home", folder / "home"), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        assert "creating" in process.stderr.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS)
        assert (process.returncode, out) == (0, "")
        assert "Traceback" not in err
        if number == signal.SIGTERM:
            assert run("init", "--home", folder / "home").code == 0


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("init", "serve"):
        done = run(name, "--home", tmp_path / "file" / "home")
        assert (done.code, len(done.err.splitlines())) == (1, 1)


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    done = run("init", "--home", tmp_path / "home", CARBON_LEDGER_DATABASE_URL=url)
    assert done.code == 1
    assert "does not answer" in done.err.splitlines()[-1]
    done = run("audit", url, "--home", tmp_path / "home")
    assert (done.code, len(done.err.splitlines())) == (1, 1)
