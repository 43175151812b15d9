"""A plugin that `carbon-ledger plugin new` wrote, untouched: its own test passes, it installs, and it computes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import Raw
from support.server import Server, command, temporary_home
from support.workshop import Workshop

from ledger.core.receipts.receipt import verify_receipt


@pytest.fixture
def home() -> Iterator[Path]:
    with temporary_home() as found:
        yield found


@pytest.fixture
def written(home: Path, tmp_path: Path) -> Path:
    """The folder of a new plugin `deep-sea`."""
    folder = tmp_path / "written"
    done = command(home, "plugin", "new", "deep-sea", "--output", str(folder), "--zh", "深海")
    assert done.returncode == 0, done.stderr
    return folder


def install(source: Path, target: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps",
         "--no-build-isolation", "--target", str(target), str(source)],
        capture_output=True, text=True, timeout=120, check=False, cwd=source,
    )
    assert done.returncode == 0, done.stderr


def test_its_own_test_passes(written: Path) -> None:
    """The conformance kit and a case by hand, run as its author would."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=written, capture_output=True, text=True,
        timeout=120, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


@pytest.mark.parametrize("kind", ["sector", "tables"])
def test_it_has_a_template_and_says_how_to_install_its_test(home: Path, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "new"
    done = command(home, "plugin", "new", "salt-works", "--kind", kind, "--output", str(folder))
    assert f"pip install -e '{folder}[test]'" in done.stdout
    install(folder, tmp_path / "site")
    example = command(home, "template", "salt-works.making", installed=[tmp_path / "site"])
    assert msgspec.json.decode(example.stdout)["process"] == "salt-works.making", example.stderr


def test_the_kit_catches_it_once_it_is_broken(written: Path) -> None:
    making = written / "carbon_ledger_deep_sea/making.py"
    text = making.read_text(encoding="utf-8")
    broken = text.replace('            draft.omit("limestone upstream")\n', "            pass\n")
    making.write_text(broken, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "conforms"], cwd=written, text=True,
        capture_output=True, timeout=120, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 1
    assert "deep-sea.making: silent-gap: limestone" in done.stdout


def test_a_sector_of_tables_passes_its_own_test_and_installs(home: Path, tmp_path: Path) -> None:
    """Its only code reads the tables."""
    folder = tmp_path / "tables"
    done = command(home, "plugin", "new", "salt-works", "--kind", "tables", "--output", str(folder))
    assert done.returncode == 0, done.stderr
    tested = own_tests(folder)
    assert (tested.returncode, "3 passed" in tested.stdout) == (0, True), tested.stdout
    code = [path.name for path in folder.rglob("carbon_ledger_salt_works/*.py")]
    assert code == ["__init__.py"]
    install(folder, tmp_path / "site")
    listed = command(home, "plugin", "list", installed=[tmp_path / "site"])
    assert "salt-works" in listed.stdout, listed.stderr


def test_the_kit_names_a_broken_table(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    command(home, "plugin", "new", "salt-works", "--kind", "tables", "--output", str(folder))
    table = folder / "carbon_ledger_salt_works/ranges.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("3B/TNE", "KGM/TNE"), encoding="utf-8")
    done = own_tests(folder)
    assert (done.returncode, "ranges.csv row 2: unit is 'KGM/TNE'" in done.stdout) == (1, True), done.stdout


@pytest.fixture
def written_set(home: Path, tmp_path: Path) -> Path:
    """The folder of a new factor set `river-works`."""
    folder = tmp_path / "set"
    done = command(home, "plugin", "new", "river-works", "--kind", "factors", "--output", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def own_tests(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=folder, capture_output=True, text=True,
        timeout=120, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_a_new_factor_set_passes_its_own_test(written_set: Path) -> None:
    done = own_tests(written_set)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_the_kit_catches_a_broken_factor_set(written_set: Path) -> None:
    table = written_set / "carbon_ledger_river_works/v1/factors.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("CO2 3.1863", "CO2 3186.3"), encoding="utf-8")
    done = own_tests(written_set)
    assert done.returncode == 1
    assert "river-works@1:diesel/combustion/*/2006: plausible: gases is '74100 g CO2 per MJ'" in done.stdout


def test_a_new_factor_set_installs(written_set: Path, home: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install(written_set, target)
    listed = command(home, "factors", "list", "--json", installed=[target])
    assert listed.returncode == 0, listed.stderr
    (own,) = [one for one in msgspec.json.decode(listed.stdout) if one["set"] == "river-works"]
    assert (own["version"], own["supplies"], own["factors"], own["sources"]) == ("1", 2, 2, 2)
    shown = command(home, "factors", "show", "river-works:gravel", "--json", installed=[target])
    (gravel,) = msgspec.json.decode(shown.stdout)["supplies"]
    assert gravel["rows"][0]["co2e"] == "0.00779306"


def made(shop: Workshop, lot: str, process: str = "deep-sea.making", activity: bytes = b'{"rejected":"0.05"}') -> Any:
    """900 kg out of 1,000 kg of limestone, of which each kg gives off 0.43971 kg of CO2."""
    party, record = shop.make({lot: "900"}, ore="1000")
    (ore,) = record.supplies
    return party, msgspec.structs.replace(
        record, process=process, activity=Raw(activity),
        supplies=[msgspec.structs.replace(ore, material="limestone", origin="technosphere")],
    )


def test_it_computes_on_a_ledger(written: Path, home: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install(written, target)
    listed = command(home, "plugin", "list", "--json", installed=[target])
    assert listed.returncode == 0, listed.stderr
    (told,) = [one for one in msgspec.json.decode(listed.stdout) if one["name"] == "deep-sea"]
    assert (told["version"], told["names"]) == ("0.1.0", {"en": "Deep sea", "zh": "深海"})
    factors = command(home, "plugin", "factors", "--json", installed=[target])
    assert [one["key"] for one in msgspec.json.decode(factors.stdout) if one["owner"] == "deep-sea"] == ["limestone"]
    with Server(home, installed=[target]) as server:
        shop = Workshop("reef")
        (*_, receipt) = server.post([shop.enrolment(server), *shop.opening(), made(shop, "corals")])
        (lot,) = verify_receipt(receipt, server.vkey).lots
        assert lot.plugin == "deep-sea/0.1.0"
        answer = httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name("corals")}).json()
        assert answer["footprint"] == pytest.approx(439.71)


def test_an_audit_recomputes_a_sector_of_tables_that_it_does_not_have(home: Path, tmp_path: Path) -> None:
    """It reads the tables of the server as data, with the digest that the log names. Code it only compares."""
    folder, target = tmp_path / "tables", tmp_path / "site"
    assert command(home, "plugin", "new", "salt-works", "--kind", "tables", "--output", str(folder)).returncode == 0
    install(folder, target)
    with Server(home, installed=[target]) as server:
        shop = Workshop("saline")
        salt = made(shop, "salt", "salt-works.making", b'{"purity":"0.95"}')
        server.post([shop.enrolment(server), *shop.opening(), salt])
        answer = httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name("salt")}).json()
        assert answer["footprint"] == pytest.approx(0.95 * 439.71)
        done = command(home, "audit", server.url, "--vkey", server.vkey, "--json")
        report = msgspec.json.decode(done.stdout)
        assert (done.returncode, report["ok"], report["not_recomputed"]) == (0, True, {}), done.stderr
        assert report["recomputed"] == 1
    folder = tmp_path / "site" / "carbon_ledger_salt_works"
    with (folder / "__init__.py").open("a", encoding="utf-8") as module:
        module.write("OWN = 1\n")
    with temporary_home() as second, Server(second, installed=[target]) as server:
        shop = Workshop("saline")
        salt = made(shop, "salt", "salt-works.making", b'{"purity":"0.95"}')
        server.post([shop.enrolment(server), *shop.opening(), salt])
        done = command(second, "audit", server.url, "--vkey", server.vkey, "--json")
        report = msgspec.json.decode(done.stdout)
        assert (done.returncode, report["not_recomputed"]) == (1, {"salt-works/0.1.0": 1})
