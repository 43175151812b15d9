"""The command tree: help, exit codes, one line for what goes wrong, and what works without the server's packages."""

import json
import stat
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from support.cli import environment, run
from support.containing import Containing
from support.factor_tables import factor, supply, version
from support.raising import raised
from support.sectors import shipped

from ledger.cli import main
from ledger.cli.client import Client
from ledger.cli.files import given_vkey
from ledger.cli.lazy import SERVER_PACKAGES
from ledger.cli.root import COMMANDS, load
from ledger.engine.sectors import Installed, Registry
from ledger.errors import ConfigurationError, InvalidNote
from ledger.registry.factors import SDK, listed, page, section, set_section
from ledger.registry.scaffold import files_of
from ledger.sdk import FactorRow, Sector
from ledger.sdk.testing.sources import faults_of_row

GROUPS = {"reader": ("appoint", "end", "list"),
          "key": ("new", "show", "request", "change", "recover", "object", "rotate-log", "rotate-tokens"),
          "plugin": ("list", "new", "factors", "activate", "retire", "fetch"), "export": (
              "log", "footprint", "bundle", "verification", "verifier"),
          "anchor": ("show", "accept"), "clock": ("show", "accept"), "audit": ("sample",),
          "factors": ("search", "show", "list", "import"), "client": ("add", "list", "revoke")}
EVERY = [(name,) for name in COMMANDS] + [(group, name) for group, names in GROUPS.items() for name in names]
BASE = [("key", "new"), ("enrol",), ("sign",), ("verify",), ("submit",), ("footprint",), ("trace",), ("audit",),
        ("lots",), ("received",), ("delivered",), ("records",), ("findings",), ("show",), ("coverage",),
        ("plugin", "list"), ("factors", "list"), ("login",), ("logout",), ("client", "list")]
SERVER = [("init",), ("serve",), ("demo",), ("anchor", "show"), ("backup", "/none/b"), ("doctor",), ("status",),
          ("audit", "--home", "/none"),
          ("audit", "postgresql://host/none")]

BLOCKED = f"""
import contextlib, io, json, sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {SERVER_PACKAGES!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from ledger.cli import main
answers = []
for arguments in json.loads(sys.argv[1]):
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    answers.append((arguments, code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode()))
print(json.dumps(answers))
"""


def without_server(*commands: tuple[str, ...]) -> list[tuple[list[str], int, str, str]]:
    """Each command with its exit code, output and errors, in one process that lacks the server's packages."""
    return json.loads(subprocess.run([sys.executable, "-c", BLOCKED, json.dumps(commands)], capture_output=True,
                                     text=True, timeout=60, check=True, env=environment()).stdout)


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    told = {path: (main([*path, "--help"]), capsys.readouterr().out) for path in EVERY}
    assert [path for path, (code, out) in told.items() if code or len(out.splitlines()) < 5
            or not out.startswith(f"Usage: carbon-ledger {' '.join(path)}")] == []


def test_help_lists_every_command_and_the_names_that_scripts_rely_on() -> None:
    done = run("--help")
    assert done.code == 0
    names = [line.split()[0] for line in done.out.partition("Commands:")[2].splitlines() if line.strip()]
    assert names == list(COMMANDS)
    assert set(names) >= {"init", "serve", "demo", "key", "enrol", "sign", "submit", "footprint", "trace", "audit",
                          "verify", "plugin"}


def test_the_table_names_what_there_is() -> None:
    found = {name: load(name, row.target) for name, row in COMMANDS.items()}
    assert {name: (one.name, set(getattr(one, "commands", {}))) for name, one in found.items()} == {
        name: (name, set(GROUPS.get(name, ()))) for name in COMMANDS}
    assert [name for name, one in found.items() if not (isinstance(one, click.Command) and one.help)] == []


RESULTS = [path for path in EVERY if path not in (
    ("serve",), ("demo",), ("sign",), ("key",), ("key", "request"), ("export",), ("plugin",), ("anchor",), ("clock",),
    ("witness",), ("psql",), ("factors",), ("reader",), ("client",),
)]


def test_commands_that_print_a_result_take_json() -> None:
    lacking = []
    for path in RESULTS:
        command = load(path[0], COMMANDS[path[0]].target)
        for name in path[1:]:
            command = getattr(command, "commands")[name]  # noqa: B009 - click.Command has none, its groups do
        lacking += [path] if "--json" not in [option for one in command.params for option in one.opts] else []
    assert lacking == []


@pytest.mark.parametrize("arguments", [
    ["nonsense"], ["sign"], ["sign", "x", "--nonsense"], ["footprint"], ["verify", "x"], ["key", "new"], ["enrol"],
    ["enrol", "--key", "x"], ["serve", "--port", "70000"], ["trace", "x", "--direction", "sideways"],
], ids=" ".join)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "Error:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [
    ["key", "show", "/no/such/file"], ["verify", "/no/such/file", "--vkey", "/no/such/vkey"],
    ["footprint", "x", "--url", "http://127.0.0.1:1"], ["footprint", "x", "--url", "nonsense"],
    ["trace", "x", "--url", "http://127.0.0.1:1"], ["plugin", "list", "--url", "http://127.0.0.1:1"],
    ["submit", "/no/such/file"], ["audit", "http://127.0.0.1:1"], ["audit", "nonsense"],
    ["audit", "--home", "/no/such/home"],
    ["enrol", "--id", "urn:x", "--key", "/no/such/file", "--registrar-key", "/no/such/key"],
    ["sign", "/no/such/file", "--key", "/no/such/key", "--origin", "o"],
], ids=" ".join)
def test_what_goes_wrong_is_one_line_and_1(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)
    assert captured.err.startswith("error: ")


def test_errors_are_problems_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["footprint", "x", "--url", "http://127.0.0.1:1", "--json"]) == 1
    problem = json.loads(capsys.readouterr().err)
    assert problem == Containing({"code": "server-down", "type": "urn:carbon-ledger:problem:server-down"})
    assert "127.0.0.1:1" in problem["detail"]


def test_what_works_without_the_server() -> None:
    answers = without_server(*[(*path, "--help") for path in ((), *BASE)], ("plugin", "list", "--json"))
    assert [answer for answer in answers if answer[1] != 0] == []
    assert {"circular", "equipment", "steel"} <= {one["name"] for one in json.loads(answers[-1][2])}


def test_these_say_that_they_need_the_server() -> None:
    for arguments, code, out, err in without_server(*SERVER):
        assert (code, out, len(err.splitlines())) == (1, "", 1), (arguments, err)
        assert "pip install 'carbon-ledger[server]'" in err, arguments


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ledger.cli", "plugin", "list", "--json"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(),
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(120) in (0, 1)


def test_a_key_is_private_shown_and_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "key.pem"
    assert main(["key", "new", str(path), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (stat.S_IMODE(path.stat().st_mode), main(["key", "show", str(path), "--json"])) == (0o600, 0)
    assert json.loads(capsys.readouterr().out) == made
    public = tmp_path / "public"
    public.write_text(made["spki"])
    assert (main(["key", "show", str(public), "--json"]), json.loads(capsys.readouterr().out)) == (0, made)
    before = path.read_bytes()
    assert main(["key", "new", str(path)]) == 1
    assert "never overwritten" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_passphrase_is_needed_where_one_was_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, right, wrong = tmp_path / "key.pem", tmp_path / "right", tmp_path / "wrong"
    right.write_text("correct horse\n")
    wrong.write_text("battery staple\n")
    assert main(["key", "new", str(path), "--passphrase-file", str(right)]) == 0
    assert b"ENCRYPTED" in path.read_bytes()
    capsys.readouterr()
    assert main(["key", "show", str(path), "--passphrase-file", str(right)]) == 0
    for options, reason in (
        (["--passphrase-file", str(wrong)], "wrong passphrase"), ([], "needs a passphrase"),
        (["--passphrase-file", str(tmp_path / "none")], "No such file"),
    ):
        capsys.readouterr()
        assert main(["key", "show", str(path), *options]) == 1
        told = capsys.readouterr().err
        assert reason in told
        assert len(told.splitlines()) == 1
    assert main(["key", "show", str(path), "--passphrase-file", str(right), "--prompt"]) == 2


def test_a_file_that_holds_no_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "key.pem"
    for content in (b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff\xfe"):
        path.write_bytes(content)
        assert (main(["key", "show", str(path)]), len(capsys.readouterr().err.splitlines())) == (1, 1)


def test_a_request_is_only_for_its_ledger_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "key.pem"
    main(["key", "new", str(path)])
    capsys.readouterr()
    assert main(["key", "request", str(path), "--organization", "urn:example:own"]) == 2
    capsys.readouterr()
    assert main(["key", "request", str(path), "--organization", "urn:example:own", "--origin", "o/1",
                 "--prefix", "urn:example:own:", "--name-en", "X"]) == 0
    request = json.loads(capsys.readouterr().out)
    assert request == Containing({"organization": "urn:example:own", "origin": "o/1", "prefixes": ["urn:example:own:"]})
    assert set(request["key"]) == {"spki", "proof"}


# A chain as a tree: what a server may answer in its place.


WHOLE: dict[str, Any] = {
    "directed": True, "multigraph": False, "graph": {"roots": ["urn:x:lot"]}, "edges": [
        {"source": "record", "target": "urn:x:lot", "quantity": "1", "unit": "KGM"}],
    "nodes": [
        {"id": "urn:x:lot", "kind": "lot", "quantity": "1", "unit": "KGM", "role": "product", "footprint": 1.0},
        {"id": "record", "kind": "record", "type": "consumption", "issuer": "urn:x", "from": 1, "to": 1,
         "process": "p", "start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z", "records": 1, "index": 1},
    ],
}


@pytest.mark.parametrize("change", [
    {"nodes": []}, {"nodes": [{"id": None}]}, {"nodes": 7}, {"edges": [{}]}, {"edges": [{"source": 1}]}, {"graph": {}},
    {"graph": {"roots": [["urn:x:lot"]]}}, {"nodes": [{"id": "urn:x:lot"}]},
    {"nodes": [{**WHOLE["nodes"][0], "footprint": "much"}], "edges": []},
])
def test_what_is_no_chain(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = msgspec.json.decode(msgspec.json.encode(WHOLE)) | change
    monkeypatch.setattr(Client, "get", lambda *_, **__: answer)
    assert main(["trace", "urn:x:lot", "--url", "http://127.0.0.1:1"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "the server's answer is not a chain" in told.err
    assert told.err.count("\n") == 1


# `plugin new` writes what it says and nothing over; `plugin factors` lists every row with its source.


PAGE = Path(__file__).parents[3] / "plugins" / "FACTORS.md"
FILES = ["pyproject.toml", "README.md", "carbon_ledger_deep_sea/__init__.py", "carbon_ledger_deep_sea/sector.py",
         "carbon_ledger_deep_sea/making.py", "carbon_ledger_deep_sea/factors.csv",
         "carbon_ledger_deep_sea/examples.json", "carbon_ledger_deep_sea/py.typed", "tests/test_deep_sea.py"]


def test_a_new_plugin_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    done = run("plugin", "new", "deep-sea", "--output", str(folder), "--en", "Deep sea", "--zh", "深海", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out) == {"folder": str(folder), "files": FILES}
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == sorted(FILES)
    front = (folder / "carbon_ledger_deep_sea/sector.py").read_text(encoding="utf-8")
    assert 'name="deep-sea", version="0.1.0", en="Deep sea", zh="深海"' in front
    assert 'deep-sea = "carbon_ledger_deep_sea:plugin"' in (folder / "pyproject.toml").read_text(encoding="utf-8")
    assert not any("$" in path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())


def test_a_new_factor_set_is_written(tmp_path: Path) -> None:
    folder, package = tmp_path / "mine", "carbon_ledger_river_works"
    titles = ["--en", "River works", "--zh", "河工"]
    done = run("plugin", "new", "river-works", "--kind", "factors", "--output", str(folder), *titles, "--json")
    assert done.code == 0, done.err
    tables = ("supplies", "factors", "sources")
    names = ["pyproject.toml", "README.md", f"{package}/__init__.py", f"{package}/py.typed",
             "tests/test_river_works.py", *[f"{package}/v1/{table}.csv" for table in tables]]
    assert json.loads(done.out) == {"folder": str(folder), "files": names}
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == sorted(names)
    front = (folder / package / "__init__.py").read_text(encoding="utf-8")
    assert 'read_factor_set("river-works", __name__, VERSIONS, en="River works", zh="河工")' in front
    assert 'river-works = "carbon_ledger_river_works:factor_set"' in (folder / "pyproject.toml").read_text("utf-8")
    assert not any("$" in path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())
    for table in tables:
        assert len((folder / package / "v1" / f"{table}.csv").read_text(encoding="utf-8").splitlines()) == 3
    assert run("plugin", "new", "x", "--kind", "exchange", "--output", str(tmp_path / "x")).code == 2


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    done = run("plugin", "new", "bricks", "--output", str(tmp_path))
    assert done.code == 1
    assert "is not empty" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


@pytest.mark.parametrize(("name", "en", "zh"), [
    ("Bricks", None, None), ("2d", None, None), ("a_b", None, None), ("bricks-", None, None), ("../x", None, None),
    ("", None, None), ("a" * 41, None, None), ("bricks", 'a"b', None), ("bricks", None, "砖\\"),
    ("bricks", "a\nb", None),
])
def test_names_that_cannot_be(name: str, en: str | None, zh: str | None) -> None:
    error = raised(ConfigurationError, files_of, name, en, zh)
    assert error.code == "plugin-name"
    assert error.rule


def test_factors_are_listed() -> None:
    found = json.loads(run("plugin", "factors", "--json").succeeded().out)
    (shanghai,) = [one for one in found if (one["place"], one.get("year")) == ("CN-SH", 2022)]
    assert (shanghai["owner"], shanghai["table"], shanghai["value"], shanghai["unit"]) == (
        SDK, "electricity-china", "0.5849", "KWH",
    )
    # 43.33 GJ/t * 0.0202 t C/GJ * 0.98 * 44/12 * 1000
    (diesel,) = [one for one in found if one["key"] == "diesel" and one["table"] == "fuels-china"]
    assert (diesel["value"], diesel["unit"], diesel["boundary"]) == ("3145.12", "TNE", "combustion")
    assert {one["owner"] for one in found} >= {SDK, "steel", "equipment"}
    told = run("plugin", "factors")
    assert told.code == 0
    assert "0.5849" in told.out


FACTORS = listed(shipped())


def test_every_factor_has_unit_source_year_boundary_and_status() -> None:
    faults: dict[str, list[str]] = {}
    for one in FACTORS:
        found = [str(fault) for fault in faults_of_row(FactorRow(
            table=one.table, key=one.key, place=one.place, year=one.year or 2024, value=Decimal(one.value),
            unit=one.unit, gas=one.gas, boundary="process", status=one.status, source=one.source,
        ))]
        # The fuels' are defaults of a guideline, of no year.
        if ((one.year is None) is not (one.table == "fuels-china") or one.status not in ("read", "recalled")
                or one.boundary not in ("combustion", "generation", "cradleToGate", "process")):
            found.append(str(one))
        faults |= {f"{one.table}:{one.key}/{one.place}/{one.year}": found} if found else {}
    assert faults == {}


def test_the_page_of_factors_is_the_one_that_would_be_made() -> None:
    """Section by section, so that a sector that is not installed here is no fault."""
    text = PAGE.read_text(encoding="utf-8")
    owners = {one.owner for one in FACTORS}
    for owner in owners:
        told = section(owner, [one for one in FACTORS if one.owner == owner])
        assert told in text, f"{owner}: carbon-ledger plugin factors --markdown > plugins/FACTORS.md"
    assert text.startswith(page([]))


def test_the_page_lists_the_supplies_of_each_set() -> None:
    text = PAGE.read_text(encoding="utf-8")
    sets = shipped().sets.values()
    assert sets
    for one in sets:
        assert set_section(one.newest) in text, \
            f"{one.name}: carbon-ledger plugin factors --markdown > plugins/FACTORS.md"


def test_a_set_on_the_page_by_hand() -> None:
    rows = version(
        [supply("sand", en="sand | grit", zh="砂", de="Sand;Grubensand"),
         supply("diesel", kind="fuel", heating_value="43", zh="柴油"), supply("gravel", zh="砾石")],
        [factor("sand", "*", 2019, low="0.5", high="2"),
         factor("sand", "*", 2021, "CO2 1;CH4 0.1", low="1", high="9.50"),
         factor("sand", "DE", status="recalled"), factor("diesel", boundary="wellToTank", gases="CO2e 0.7"),
         factor("diesel", boundary="combustion", gases="CO2 3.2"), factor("gravel", "CN")],
    )
    assert set_section(rows).split("\n") == [
        "## tests@1", "", "Supplies: 3; factors: 6, 1 of them `recalled`; sources: 1.", "", "`material`", "",
        "| key | English | Chinese | German | per | rows | kg CO2e | boundary | range |",
        "|---|---|---|---|---|---|---|---|---|",
        "| gravel | some gravel | 砾石 |  | kilogram | 1 |  |  |  |",
        # 1 + 0.1 * 29.8
        "| sand | sand \\| grit | 砂 | Sand | kilogram | 3 | 3.98 | cradleToGate | 1 to 9.5 |", "", "`fuel`", "",
        "| key | English | Chinese | German | per | rows | kg CO2e | boundary | range |",
        "|---|---|---|---|---|---|---|---|---|",
        "| diesel | some diesel | 柴油 |  | kilogram | 2 | 0.7 | wellToTank |  |", "",
    ]


def test_a_plugin_of_one_module_has_no_tables() -> None:
    single = Installed(Sector(name="one", version="0.1.0", en="One", zh="一", routes={}), "0" * 64, "one", "json.tool")
    assert {one.owner for one in listed(Registry([single]))} == {SDK}


def test_a_verifier_key_is_given_as_text_or_by_a_file(tmp_path: Path) -> None:
    """A file that is not there is no malformed key."""
    (tmp_path / "vkey").write_text("log+01234567+AQ==\n", encoding="utf-8")
    assert given_vkey(str(tmp_path / "vkey")) == given_vkey("log+01234567+AQ==") == "log+01234567+AQ=="
    error = raised(InvalidNote, given_vkey, "vkey.tx")
    assert (str(error), error.field) == ("'vkey.tx' is neither a verifier key nor a file", "vkey")
