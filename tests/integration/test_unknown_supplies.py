"""Supplies in the words of a plant: posting, checks, `sign` and `import` name the nearest keys, and want the record to
say that a key is unknown."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import openpyxl
import pytest
from support.cli import Done, run
from support.market import Company, Market, supply, trading_server
from support.server import Server
from support.site import raw

from ledger.core.record import canonical
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Supply
from ledger.host.files.key_files import write_key

GAS: Final = "naturalGas (Natural gas / 天然气 / Erdgas)"
KNOWN: Final = [supply("pigIron", "1000 TNE"), supply("electricity", "450 MWH")]
WORDS: Final = [
    supply("Erdgas", "1000 NM3", "750 KGM"), supply("naturlGas", "1000 NM3", "750 KGM"),
    supply("Trennmittel", "10 KGM"), supply("chalkDust", "10 KGM"), supply("steelScrap", "10 KGM", unknown=True),
]
"""Gas in German, gas with a slip of the pen, a release agent in German, chalk, and a known key that is called
unknown."""
FIELDS: Final = [f"supplies[{place}].{field}" for place, field in (
    (2, "material"), (3, "material"), (4, "material"), (5, "material"), (6, "unknown"))]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with trading_server() as serving:
        yield serving


@pytest.fixture
def mill(server: Server, request: pytest.FixtureRequest) -> Company:
    name = request.node.name.translate({ord(sign): "-" for sign in "_[]/"})
    return Market(server, name[-40:].strip("-")).company("mill", "DE").products("steel", slab="steel")


def heat(mill: Company, lot: str, supplies: Sequence[Supply]) -> Transformation:
    """1000 t of steel."""
    return Transformation(
        issuer=mill.id, nonce=mill.market.nonce(), facility=mill.name("site"), start="2025-03-01T00:00:00Z",
        end="2025-04-01T00:00:00Z", process="steel.electricArcFurnace", activity=raw({}),
        outputs=[mill.out("slab", "1000 TNE", name=lot)], supplies=[*KNOWN, *supplies])


def asked(server: Server, mill: Company, record: Transformation, path: str = "/v1/records") -> httpx.Response:
    (envelope,) = server.envelopes([(mill.party, record)])
    return httpx.post(f"{server.url}{path}", content=envelope, headers={"Content-Type": "application/json"}, timeout=60)


@pytest.mark.parametrize("path", ["/v1/records", "/v1/records/check"])
def test_a_refusal_names_the_nearest_keys_of_all_faults(server: Server, mill: Company, path: str) -> None:
    response = asked(server, mill, heat(mill, "a", WORDS), path)
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    faults = problem["errors"]
    assert [fault["field"] for fault in faults] == FIELDS
    assert [fault["code"] for fault in faults] == ["unknown-supply"] * 4 + ["known-supply"]
    assert [fault.get("value") for fault in faults] == ["Erdgas", "naturlGas", "Trennmittel", "chalkDust", "true"]
    assert [fault["allowed"][0] for fault in faults[:3]] == ["naturalGas", "naturalGas", "dieLubricant"]
    assert all(len(fault["allowed"]) == 3 for fault in faults[:4])
    assert "calciumCarbonate" in faults[3]["allowed"]
    assert all(GAS in fault["detail"] for fault in faults[:2])
    assert all("`unknown: true`" in fault["rule"] for fault in faults[:4])
    assert [fault.get("mend", [{}])[0].get("value") for fault in faults[:4]] == [
        "naturalGas", "naturalGas", "dieLubricant", None]
    assert faults[4]["mend"] == [{"op": "remove", "path": "/supplies/6/unknown"}]


def test_a_mended_record_is_taken_and_its_estimate_is_named(server: Server, mill: Company) -> None:
    """The words that are keys get their keys, and the others say that they are unknown. The audit recomputes it."""
    supplies = [supply("naturalGas", "2000 NM3", "1.5 TNE"), supply("dieLubricant", "10 KGM"),
                supply("aluflux24R", "10 KGM", unknown=True), supply("steelScrap", "10 KGM")]
    response = asked(server, mill, heat(mill, "a", supplies))
    assert response.status_code < 300, response.text
    answer = mill.market.footprint(mill.name("a"))
    assert answer["title"] == "footprint"
    assert 97 < float(answer["completeness"].removesuffix(" %")) < 100
    done = server.audit()
    assert done.returncode == 0, done.stderr


def signed(mill: Company, folder: Path, supplies: Sequence[Supply], *options: object) -> Done:
    """`sign` of a heat as a plant writes it."""
    tree: dict[str, Any] = msgspec.json.decode(canonical.encode(heat(mill, "signed", supplies)))
    (folder / "record.json").write_text(json.dumps(tree))
    write_key(folder / "key.pem", mill.party.key)
    return run("sign", folder / "record.json", "--key", folder / "key.pem", "--origin", mill.market.server.origin,
               "-o", folder / "signed", *options)


def test_sign_has_a_line_for_each_fault(mill: Company, tmp_path: Path) -> None:
    done = signed(mill, tmp_path, WORDS)
    assert done.code == 1
    assert not (tmp_path / "signed").exists()
    lines = [line for line in done.err.splitlines() if "supplies[" in line]
    assert len(lines) == len(FIELDS)
    assert all(field in line for field, line in zip(FIELDS, lines, strict=True))
    assert GAS in lines[0]
    assert "Formtrennmittel" in lines[2]
    assert "`unknown: true`" in lines[3]


def test_sign_names_the_nearest_keys_of_words_that_are_no_keys(mill: Company, tmp_path: Path) -> None:
    """A word with a space is refused for its spelling, and gets the same proposals."""
    tree: dict[str, Any] = msgspec.json.decode(canonical.encode(heat(mill, "signed", WORDS[3:4])))
    tree["supplies"][2]["material"] = "chalk dust"
    (tmp_path / "record.json").write_text(json.dumps(tree))
    write_key(tmp_path / "key.pem", mill.party.key)
    done = run("sign", tmp_path / "record.json", "--key", tmp_path / "key.pem", "--origin", mill.market.server.origin)
    assert done.code == 1
    assert "supplies[2].material" in done.err
    assert "calciumCarbonate (calcium carbonate filler / 碳酸钙 / " in done.err


def test_the_ledger_decides_if_the_user_says_so(mill: Company, tmp_path: Path) -> None:
    """Its sets may know other keys than those installed here."""
    assert signed(mill, tmp_path, WORDS, "--any-key").succeeded()
    answer = run("submit", tmp_path / "signed", "--dry-run", "--url", mill.market.server.url)
    assert answer.code == 1
    lines = [line for line in answer.err.splitlines() if "supplies[" in line]
    assert len(lines) == len(FIELDS)
    assert all(field in line for field, line in zip(FIELDS, lines, strict=True)), lines
    assert GAS in lines[0]


def workbook(mill: Company, path: Path, supplies: Sequence[Sequence[str]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "record"
    for row in (["key", "type", "facility", "process", "start", "end", "activity.heats:int"],
                ["1", "transformation", mill.name("site"), "steel.electricArcFurnace", "2025-03-01T00:00:00Z",
                 "2025-04-01T00:00:00Z", "10"]):
        sheet.append(row)
    outputs = book.create_sheet("outputs")
    outputs.append(["key", "lot", "product", "role", "quantity.value", "quantity.unit"])
    outputs.append(["1", mill.name("imported"), mill.name("product:slab"), "product", "1000", "TNE"])
    given = book.create_sheet("supplies")
    given.append(["key", "material", "quantity.value", "quantity.unit", "unknown:bool"])
    for cells in supplies:
        given.append(["1", *cells])
    book.save(path)
    return path


@pytest.mark.parametrize("options", [("--dry-run",), ("--dry-run", "--offline"), ("-o", "signed"), ()])
def test_an_import_names_the_cells(mill: Company, tmp_path: Path, options: Sequence[str]) -> None:
    """Whether the ledger or the sets installed here compare the keys: the same cells, the same keys."""
    write_key(tmp_path / "key.pem", mill.party.key)
    given = [tmp_path / word if word == "signed" else word for word in options]

    def imported(name: str, rows: Sequence[Sequence[str]]) -> Done:
        return run("import", workbook(mill, tmp_path / name, rows), "--key", tmp_path / "key.pem", "--issuer", mill.id,
                   "--origin", mill.market.server.origin, "--url", mill.market.server.url, "--numbers", "en", *given)

    rows = [["pigIron", "1000", "TNE", ""], ["electricity", "450", "MWH", ""]]
    done = imported("wrong.xlsx", [*rows, ["Trennmittel", "10", "KGM", ""], ["steelScrap", "10", "KGM", "true"],
                                   ["aluflux24R", "10", "KGM", "true"]])
    assert done.code == 1
    lines = [line for line in done.err.splitlines() if "sheet supplies, row" in line]
    assert len(lines) == 2, done.err
    assert "row 4, column material" in lines[0]
    assert "dieLubricant (" in lines[0]
    assert "Formtrennmittel" in lines[0]
    assert "row 5, column unknown" in lines[1]
    right = [*rows, ["dieLubricant", "10", "KGM", ""], ["aluflux24R", "10", "KGM", "true"]]
    assert imported("right.xlsx", right).succeeded()


def test_a_template_has_the_column_with_its_note(tmp_path: Path) -> None:
    run("template", "steel.electricArcFurnace", "--xlsx", "-o", tmp_path / "heat.xlsx").succeeded()
    sheet = openpyxl.load_workbook(tmp_path / "heat.xlsx")["supplies"]
    header = {cell.value: cell for cell in sheet[1]}
    comment = header["unknown:bool"].comment
    assert comment is not None
    assert "no factor set in force knows the material" in comment.text
