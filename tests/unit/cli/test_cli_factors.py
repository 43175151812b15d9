"""`factors search`, `show`, `list` and `import` on the real command line, with the open set and with an own one."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.bricks import install
from support.cli import Done, run
from support.containing import Containing
from support.factor_tables import factor, files, source, supply

TABLES = files(
    [supply("sand", en="washed sand", zh="水洗砂", synonyms="grit", aliases="riverSand", hs="2505"),
     supply("electricity", kind="electricity", unit="KWH", en="power of the works", zh="自备电")],
    [factor("sand", "CN", 2020, "CO2 0.9;CH4 0.01", low="0.5", high="2", note="a note", locator="table 7"),
     factor("sand", "CN", 2023, "CO2e 1.1", low="0.5", high="2", potentials="AR6"),
     factor("sand", "*", 2024, "CO2e 1.5", low="0.5", high="2", deviation="1.2", pedigree=""),
     factor("electricity", "CN", 2022, "CO2e 0.6")],
    [source(licence="free to cite", url="https://example.org/s")],
)


def write(folder: Path, tables: dict[str, bytes]) -> list[str]:
    folder.mkdir(exist_ok=True)
    for name, data in tables.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in tables]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the set `works-own` is installed with two versions, both of them by `factors import`."""
    folder = tmp_path_factory.mktemp("own")
    arguments = ["--name", "works-own", "--output", str(folder / "set")]
    names = ["--en", "Own", "--zh", "自有"]
    run("factors", "import", *write(folder / "1", TABLES), "--version", "1.0", *arguments, *names).succeeded()
    later = {**TABLES, "factors.csv": TABLES["factors.csv"].replace(b"CO2e 1.5", b"CO2e 1.4")}
    second = run("factors", "import", *write(folder / "2", later), "--version", "1.1", *arguments, "--json").succeeded()
    assert json.loads(second.out)["version"] == "1.1"
    install(folder / "set", folder / "site")
    return folder / "site"


def factors(site: Path, *arguments: str) -> Done:
    return run("factors", *arguments, PYTHONPATH=str(site))


def answer(done: Done) -> Any:
    assert done.err == ""
    return json.loads(done.out)


def test_search_finds_the_open_set_in_both_languages() -> None:
    for words in (["steel", "scrap"], ["废钢"]):
        assert json.loads(run("factors", "search", *words, "--json").out)[0]["key"] == "steelScrap"
    done = run("factors", "search", "水泥")
    assert (done.code, done.out.splitlines()[0].split()[:3]) == (0, ["set", "key", "English"])
    assert done.out.splitlines()[1].split()[:2] == ["factors-open", "cement"]


@pytest.mark.parametrize(("words", "key"), [
    ("Erdgas", "naturalGas"), ("Reaktivfarbstoff", "reactiveDye"), ("Sägespäne", "woodResidue"),
    ("Natronlauge", "causticSoda"), ("Reifen", "newTyres"),
])
def test_search_finds_german_words(words: str, key: str) -> None:
    hits = json.loads(run("factors", "search", words, "--json").out)
    assert (hits[0]["key"], bool(hits[0]["de"])) == (key, True)


def test_german_names_are_shown() -> None:
    assert run("factors", "show", "naturalGas").out.splitlines()[0].endswith(", Erdgas")
    assert "German" in run("factors", "search", "Erdgas").out.splitlines()[0]


def test_search_over_sets_and_versions(site: Path) -> None:
    hits = answer(factors(site, "search", "sand", "--json"))
    assert {(hit["set"], hit["key"]) for hit in hits} >= {("factors-open", "sand"), ("works-own", "sand")}
    (hit,) = answer(factors(site, "search", "washed sand", "--set", "works-own", "--json"))
    assert hit == {"set": "works-own", "version": "1.1", "key": "sand", "en": "washed sand", "zh": "水洗砂",
                   "kind": "material", "unit": "KGM", "rows": 3, "matched": "washed sand", "co2e": "1.4"}
    (hit,) = answer(factors(site, "search", "grit", "--set", "works-own", "--version", "1.0", "--json"))
    assert (hit["version"], hit["co2e"], hit["matched"]) == ("1.0", "1.5", "grit")
    (hit,) = answer(factors(site, "search", "2505.10", "--version", "1.0", "--json"))
    assert (hit["set"], hit["matched"]) == ("works-own", "HS 2505")
    done = factors(site, "search", "sand", "--limit", "1")
    assert len(done.out.splitlines()) == 2
    assert "more: --limit" in done.err


def test_a_search_without_a_match(site: Path) -> None:
    done = factors(site, "search", "washd", "snd", "--set", "works-own")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("no supply of works-own@1.1 matches 'washd snd'; nearest: sand")
    done = factors(site, "search", "zzzz", "--json")
    assert (done.code, json.loads(done.out)) == (1, [])


def test_show_has_everything_of_a_supply(site: Path) -> None:
    asked = ["show", "riverSand", "--set", "works-own", "--version", "1.0"]
    (shown,) = answer(factors(site, *asked, "--json"))["supplies"]
    assert (shown["key"], shown["aliases"], shown["hs"], shown["en"], shown["zh"]) == (
        "sand", ["riverSand"], ["2505"], "washed sand", "水洗砂",
    )
    assert len(shown["rows"]) == 3
    # 0.9 + 0.01 * 29.8 (AR6)
    assert shown["rows"][0] == {
        "row": "works-own:sand/cradleToGate/CN/2020", "boundary": "cradleToGate", "place": "CN", "year": 2020,
        "gases": {"CO2": "0.9", "CH4": "0.01"}, "co2e": "1.198", "low": "0.5", "high": "2", "pedigree": [1, 2, 3, 4, 5],
        "status": "read", "source": "s", "locator": "table 7", "note": "a note",
    }
    assert shown["rows"][2]["deviation"] == "1.2"
    assert shown["sources"] == [{"id": "s", "title": "A title", "publisher": "A publisher", "year": 2021,
                                 "licence": "free to cite", "url": "https://example.org/s"}]
    text = factors(site, *asked).out
    for part in ("sand: washed sand, 水洗砂", "set: works-own@1.0", "unit: KGM (kilogram, 千克, Kilogramm)", "HS: 2505",
                 "CO2 0.9; CH4 0.01", "1.198", "0.5 to 2", "pedigree 1 2 3 4 5", "GSD 1.2",
                 "cradleToGate/CN/2020: table 7; a note",
                 "  s: A title. A publisher, 2021. free to cite. https://example.org/s"):
        assert part in text


def test_show_one_row(site: Path) -> None:
    for name in ("works-own:sand/cradleToGate/*/2024", "works-own@1.1:sand/cradleToGate/*/2024"):
        (shown,) = answer(factors(site, "show", name, "--json"))["supplies"]
        assert [(row["place"], row["co2e"]) for row in shown["rows"]] == [("*", "1.4")]
    (shown,) = answer(factors(site, "show", "works-own@1.0:sand/cradleToGate/*/2024", "--json"))["supplies"]
    assert shown["rows"][0]["co2e"] == "1.5"
    (shown,) = answer(factors(site, "show", "works-own:sand", "--json"))["supplies"]
    assert (shown["set"], len(shown["rows"])) == ("works-own", 3)


def test_show_says_which_row_the_look_up_chooses(site: Path) -> None:
    shown = answer(factors(site, "show", "sand", "--set", "works-own", "--place", "CN-JS", "--year", "2022", "--json"))
    (choice,) = shown["choices"]
    assert choice == {
        "boundary": "cradleToGate", "row": "works-own@1.1:sand/cradleToGate/CN/2020", "co2e": "1.198",
        "reason": "CN is the narrowest place with a factor up to 2022, and 2020 is its latest year",
        "steps": [{"place": place, "set": "works-own@1.1", "years": years} for place, years in (
            ("CN-JS", []), ("CN-GRID-East", []), ("CN", [2020, 2023]))],
    }
    assert [row["row"] for row in shown["supplies"][0]["rows"]] == ["works-own:sand/cradleToGate/CN/2020"]
    text = factors(site, "show", "sand", "--set", "works-own", "--place", "DE", "--year", "2022").out
    assert "  * in works-own@1.1: 2024" in text
    assert "  chosen: works-own@1.1:sand/cradleToGate/*/2024, 1.4 kg CO2e" in text
    assert "all factors are later than 2022: * is the narrowest place that has one, and 2024 is its earliest" in text


def test_power_in_jiangsu_by_the_open_set() -> None:
    """The boundaries are never mixed: footprint of the nation, CO2 of generation of the province."""
    asked = ["--set", "factors-open", "--place", "CN-JS", "--year", "2024", "--json"]
    done = run("factors", "show", "electricity", *asked)
    chosen = {choice["boundary"]: choice["row"].partition(":")[2] for choice in json.loads(done.out)["choices"]}
    assert chosen == Containing({
        "cradleToGate": "electricity/cradleToGate/CN/2024", "generation": "electricity/generation/CN-JS/2023"
    })
    assert chosen["residual"].startswith("electricity/residual/CN/")


def test_sets_come_in_the_order_of_the_options(site: Path) -> None:
    for names in (("works-own", "factors-open"), ("factors-open", "works-own")):
        options = [part for name in names for part in ("--set", name)]
        shown = answer(factors(site, "show", "electricity", *options, "--place", "CN", "--year", "2022", "--json"))
        assert [one["set"] for one in shown["supplies"]] == list(names)
        steps = shown["choices"][0]["steps"]
        assert [step["set"].partition("@")[0] for step in steps[:2]] == list(names)


def test_list_counts_versions(site: Path) -> None:
    answers = [one for one in answer(factors(site, "list", "--json")) if one["set"] == "works-own"]
    assert [(one["version"], one["newest"], one["supplies"], one["factors"], one["recalled"]) for one in answers] == [
        ("1.1", True, 2, 4, 0), ("1.0", False, 2, 4, 0),
    ]
    assert answers[0]["digest"] != answers[1]["digest"]
    assert (answers[0]["en"], answers[0]["kinds"]) == ("Own", {"electricity": 1, "material": 1})
    text = factors(site, "list").out
    assert answers[0]["digest"][:16] in text
    assert "0 (0.0%)" in text
    assert "factors-open" in text


@pytest.mark.parametrize(("arguments", "code", "message"), [
    (["show", "snad"], 1,
     "error: key: no supply 'snad' in works-own@1.1 (rule: a key or alias of a supply; nearest: sand"),
    (["show", "works-own:sand/cradleToGate/DE/2020"], 1, "works-own@1.1 has no row 'sand/cradleToGate/DE/2020'"),
    (["show", "nobody:sand"], 1, "no factor set 'nobody' is installed (rule: one of factors-open, works-own)"),
    (["show", "works-own@9:sand"], 1, "factor set works-own has no version '9' (rule: one of 1.0, 1.1)"),
    (["search", "sand", "--version", "9"], 1, "has no version '9'"),
    (["show", "sand", "--place", "XX"], 1, "unknown place 'XX' (rule: an ISO 3166 code such as DE or CN-JS"),
    (["show", "sand", "--place", "CN-XX"], 1, "unknown place 'CN-XX'"),
    (["show", "sand", "--year", "2020"], 2, "--year needs --place"),
    (["show", "works-own:sand"], 2, "names its set: leave out --set"),
    (["search"], 2, "Missing argument"),
])
def test_wrong_questions(site: Path, arguments: list[str], code: int, message: str) -> None:
    own = ["--set", "works-own"] if "nobody" not in str(arguments) and "@9" not in str(arguments) and not any(
        "/" in one for one in arguments) else []
    done = factors(site, *arguments, *own)
    assert (done.code, done.out) == (code, "")
    assert message in done.err


def test_errors_as_json(site: Path) -> None:
    done = factors(site, "show", "snad", "--set", "works-own", "--json")
    problem = json.loads(done.err)
    assert (done.code, problem["code"], problem["field"], problem["value"]) == (1, "unknown-supply", "key", "snad")
    assert "nearest: sand" in problem["rule"]


def bad_files(folder: Path, count: int = 1) -> list[str]:
    rows = [factor("sand", "China", 2000 + i, low="0", high="2") for i in range(count)]
    return write(folder, files([supply("sand", hs="x")], rows))


def test_an_import_with_faults_writes_nothing(tmp_path: Path) -> None:
    """Every fault a line, however many; nothing beside the files is there afterwards."""
    output = tmp_path / "out"
    given = bad_files(tmp_path / "in", 70)
    done = run("factors", "import", *given, "--name", "own", "--version", "1", "--output", str(output))
    assert (done.code, done.out) == (1, "")
    lines = done.err.splitlines()
    assert len(lines) == 72
    assert lines[0] == (f"{tmp_path}/in/factors.csv line 2: place is 'China': it must be an ISO 3166 code, a grid "
                        "region, a continent, EU or *")
    assert lines[70] == f"{tmp_path}/in/supplies.csv line 2: hs is 'x': it must be 2 to 10 digits of an HS or CN code"
    assert lines[71] == "error: 71 faults: nothing was written"
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_faults_of_an_import_as_json(tmp_path: Path) -> None:
    done = run("factors", "import", *bad_files(tmp_path / "in"), "--name", "own", "--version", "1", "--output",
               str(tmp_path / "out"), "--json")
    problem = json.loads(done.err)
    assert (done.code, problem["code"], len(problem["errors"])) == (1, "invalid-factors", 2)
    assert [(one["field"], one["value"]) for one in problem["errors"]] == [("place", "China"), ("hs", "x")]
    assert all(one["rule"] and "line 2" in one["detail"] for one in problem["errors"])


@pytest.mark.parametrize(("options", "code", "message"), [
    (["--name", "Own", "--version", "1"], 1, "'Own' is not a valid plugin name"),
    (["--name", "own", "--version", "a:b"], 1, "'a:b' is not a valid version"),
    (["--name", "own"], 2, "Missing option '--version'"),
    (["--name", "own", "--version", "1", "--en", 'a"b'], 1, "is not a valid plugin name"),
])
def test_options_of_an_import(tmp_path: Path, options: list[str], code: int, message: str) -> None:
    done = run("factors", "import", *write(tmp_path / "in", TABLES), *options, "--output", str(tmp_path / "out"))
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert not (tmp_path / "out").exists()


def test_a_version_is_imported_once(tmp_path: Path) -> None:
    options = ["--name", "own", "--version", "1", "--output", str(tmp_path / "out")]
    given = write(tmp_path / "in", TABLES)
    assert run("factors", "import", *given, *options).code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    done = run("factors", "import", *given, *options)
    assert done.code == 1
    assert "has version '1' already" in done.err
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before
    done = run("factors", "import", *given, "--name", "other", "--version", "2", "--output", str(tmp_path / "out"))
    assert "not the package of a factor set 'other'" in done.err


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Path]:
    """A file that is no table."""
    (tmp_path / "letter.txt").write_text("Dear colleague,\n", encoding="utf-8")
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


def test_files_that_are_no_table_or_missing(bare: Path) -> None:
    options = ["--name", "own", "--version", "1", "--output", str(bare / "out")]
    done = run("factors", "import", str(bare / "letter.txt"), *options)
    assert done.code == 1
    assert f"{bare}/letter.txt line 1: header is 'Dear colleague,': it must be the columns of a table" in done.err
    done = run("factors", "import", str(bare / "nowhere.csv"), *options)
    assert (done.code, done.err) == (1, f"error: {bare}/nowhere.csv: No such file or directory\n")
