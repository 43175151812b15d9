"""`submit --dry-run` and `submit`: the same words before and after; and `footprint` on one screen."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import httpx
from msgspec.structs import replace
from support.cli import Done, run
from support.everytable import fill_every_table
from support.revising import amend, change
from support.sectors import Gap, Make
from support.server import Posted, Server
from support.workshop import Workshop

from ledger.answers.stored import MissedTotal
from ledger.cli.buyer.summary.report import reasons
from ledger.client.sync import Client


def written(server: Server, folder: Path, posted: Sequence[Posted]) -> Path:
    path = folder / "signed.ndjson"
    path.write_bytes(b"\n".join(server.envelopes(posted)) + b"\n")
    return path


def submit(server: Server, path: Path, *options: object) -> Done:
    return run("submit", path, "--url", server.url, *options)


def size_of(server: Server) -> int:
    return httpx.get(f"{server.url}/health/ready", timeout=60).json()["size"]


def remarks(done: Done) -> list[str]:
    """The lines about records, without the head of the table."""
    return [line for line in done.out.splitlines() if line.startswith("line ") and ":" in line]


def test_the_same_words_before_and_after(server: Server, shop: Workshop, tmp_path: Path) -> None:
    made = shop.make({"a": "10"}, {"pot": "10"}, activity=Make(co2="1", gaps=[Gap(what="paint", estimate="40")]))
    posted = [made, shop.make({"b": "4"}, {"a": "4"}), shop.use({"b": "1"})]
    path, size = written(server, tmp_path, posted), size_of(server)
    before = submit(server, path, "--dry-run")
    assert (before.code, size_of(server)) == (0, size)
    assert before.out.splitlines()[-1] == "dry run, nothing is posted: 3 would be taken, 0 refused"
    after = submit(server, path)
    assert (after.code, size_of(server), after.out.splitlines()[-1]) == (0, size + 3, "3 on the ledger, 0 refused")
    foreseen, stated = remarks(before), remarks(after)
    assert set(stated) < set(foreseen)
    assert [line for line in foreseen if line not in stated] == [
        f"line 1: 10 KGM (kilogram) of {shop.name('pot')}: 0.010 kg CO2e come in",
        f"line 2: 4 KGM (kilogram) of {shop.name('a')}: 0.404 kg CO2e come in",
        f"line 3: 1 KGM (kilogram) of {shop.name('b')}: 0.351 kg CO2e come in",
    ]
    assert [line for line in stated if line.endswith("footprint")] == [
        f"line 1: {shop.name('a')}: incomplete footprint", f"line 2: {shop.name('b')}: incomplete footprint"]
    assert any(line.startswith("line 1: omitted: paint (estimate 40.000 kg CO2e); known names like it: ")
               for line in stated)
    assert f"line 3: takes 1 KGM (kilogram) of {shop.name('b')} off the ledger (finalUse)" in stated
    assert before.out.splitlines()[:3] == after.out.splitlines()[:3]
    again = submit(server, path, "--dry-run")
    assert again.out.count("is on the ledger already; posting it again changes nothing") == 3
    assert again.out.splitlines()[-1] == (
        "dry run, nothing is posted: 3 would be taken (3 on the ledger already), 0 refused")


def test_refusals_exit_with_1_and_are_those_of_posting(server: Server, shop: Workshop, tmp_path: Path) -> None:
    path = written(server, tmp_path, [shop.use({"pot": "1"}), shop.make({"d": "1"}, {"none": "1"})])
    before, told = submit(server, path, "--dry-run"), submit(server, path, "--dry-run", "--json")
    assert before.code == told.code == 1
    assert "1 would be taken, 1 refused" in before.out
    assert before.err == submit(server, path).err
    assert before.err.startswith("line 2: ")
    answer = json.loads(told.out)
    assert (answer["dryRun"], answer["accepted"], [one["line"] for one in answer["refused"]]) == (True, 1, [2])
    (checked,) = answer["checked"]
    assert (checked["line"], checked["inputs"][0]["lot"]) == (1, shop.name("pot"))


def test_a_dry_run_signs_and_keeps_nothing(server: Server, shop: Workshop, tmp_path: Path) -> None:
    records = tmp_path / "records.ndjson"
    records.write_text(json.dumps({"type": "facility", "id": shop.name("yard"), "country": "CN"}))
    pem = tmp_path / "shop.pem"
    pem.write_bytes(shop.party.key.to_pem())
    names, size = {one.name for one in tmp_path.iterdir()}, size_of(server)
    signing = ["--key", pem, "--issuer", shop.id, "--origin", server.origin]
    done = submit(server, records, "--dry-run", *signing).succeeded()
    assert f"line 1: enters the facility {shop.name('yard')} in CN" in done.out
    assert ({one.name for one in tmp_path.iterdir()}, size_of(server)) == (names, size)
    refused = submit(server, records, "--dry-run", *signing, "--receipts", tmp_path / "receipts")
    assert refused.code == 2
    assert "--dry-run gives no receipts" in refused.err


def test_restatements_are_told_before_and_after(server: Server, shop: Workshop, tmp_path: Path) -> None:
    made = shop.make({"e": "10"}, {"pot": "10"})
    server.post([made, shop.make({"f": "5"}, {"e": "5"})])
    path = written(server, tmp_path, [amend(shop, change(made, activity=Make(co2="9")))])
    before, after = submit(server, path, "--dry-run"), submit(server, path)
    (index,) = [one["index"] for one in json.loads(submit(server, path, "--json").out)["receipts"]]
    lots = [
        f"line 1: {shop.name('e')}: 1.010 kg CO2e before, now 9.010 kg CO2e",
        f"line 1: {shop.name('f')}: 1.505 kg CO2e before, now 5.505 kg CO2e",
    ]
    assert "line 1: restates 2 records" in before.out
    assert [line for line in before.out.splitlines() if " before, now " in line] == lots
    assert (f"line 1: restates 2 records; of lots of {shop.id} (all: carbon-ledger changes {shop.id} --since {index})"
            in after.out)
    assert sorted(line for line in after.out.splitlines() if " before, now " in line) == lots
    assert "line 1: amends 1 record: another reading" in after.out


def test_a_file_beyond_one_request_is_refused_by_name(server: Server, shop: Workshop, tmp_path: Path) -> None:
    path = tmp_path / "many"
    path.write_bytes(b"{}\n" * 20_001)
    done = submit(server, path, "--dry-run")
    assert done.code == 1
    assert "from line 20001 on" in done.err
    assert "split the file" in done.err


def test_a_footprint_on_one_screen(server: Server, shop: Workshop) -> None:
    """The figure per unit, why the title, the contributors two levels up with their shares; details on demand."""
    server.post([
        shop.make({"g": "10"}, {"pot": "10"}, activity=Make(co2="30")),
        shop.make({"h": "5"}, {"g": "5"}, activity=Make(co2="4", gaps=[Gap(what="paint", estimate="1")])),
        shop.make({"i": "2"}, {"h": "2"}, activity=Make(co2="2")),
    ])
    done = run("footprint", shop.name("i"), "--url", server.url)
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[0] == f"incomplete footprint of {shop.name('i')}"
    assert lines[1] == "4.801 kg CO2e per kilogram (KGM), 9.602 kg CO2e in all"
    assert lines[3].startswith("why this title omitted 4.0 %; up to 3.0 % in all the title is `footprint`")
    # What lacks a range only, or an estimate only, has no share that the limit could judge.
    with Client(server.url) as client:
        answer = client.footprint(shop.name("g"))
    assert reasons(answer) == "nothing is omitted, questioned or provisional"
    unranged = replace(answer, title="incomplete footprint")
    assert reasons(unranged) == "the product has no reference range"
    assert reasons(replace(unranged, unestimated=1.0)) == "something is omitted without an estimate"
    # The title counts what closings measured beyond final records, so its reasons do, too: here as much again.
    missed = replace(answer, missed_totals=[MissedTotal(record="ab" * 32, index=1, kilograms=answer.footprint)])
    assert reasons(missed).startswith("omitted 50.0 %; up to")
    table = lines[lines.index("main contributors kg CO2e share") :]
    assert (table[1], table[2]) == (f"{shop.name('h')} 7.602 79.2 %", f"{shop.name('g')} 6.002 62.5 %")
    assert table[3:6] == ["site 1.600 16.7 %", "site (own) 2.000 20.8 %", "sum 9.602 100 %"]
    assert lines[-1].startswith("--details shows")
    assert "attested: by nobody" in lines
    assert len(lines) <= 24
    full = run("footprint", shop.name("i"), "--details", "--url", server.url).out
    assert "completeness" in full
    assert "cut-off/1" in full
    assert "cut-off/1" not in done.out
    for options in (("--product", shop.name("part"), "--details"), (shop.name("i"), "--details", "--gwp", "AR5")):
        refused = run("footprint", *options, "--url", server.url)
        assert refused.code == 2
        assert "--details needs LOT" in refused.err


def test_every_kind_of_lot_has_its_screen(server: Server) -> None:
    """Lots of every kind of record; a whole number or decimals, no exponent."""
    fill_every_table(server)
    for name in ("mill:pot", "mill:heap:1", "mill:again-0", "smith:old", "mill:made-2", "mill:credit-0", "mill:sent-0"):
        for options in ((), ("--details",)):
            done = run("footprint", f"urn:example:{name}", *options, "--url", server.url).succeeded()
            numbers = re.sub(r"\b[0-9a-f]{64}\b", "", done.out)
            assert re.search(r"[0-9]e[+-]?[0-9]+ ", numbers) is None, done.out
