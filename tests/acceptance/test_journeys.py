"""Users with data of their own, on machines with the base install: a smelter, a die-casting shop, its customer, a
brewery, a steel mill, a gearbox maker, an auditor. The ledger shows them what concerns them, so each logs in once, and
no later command asks who they are. Every file that they post is made from `schema` and `template`, and only values are
filled in."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import openpyxl
import pytest
from support.cli import Served, run, served, temporary_folder
from support.fresh import FreshMachine, built_wheel, fresh_machine

from ledger.client.writing.samples import SAMPLES

SMELTER: Final = "urn:example:smelter"
CASTER: Final = "urn:example:caster"
CUSTOMER: Final = "urn:example:pump-maker"
BREWERY: Final = "urn:example:brewery"
MILL: Final = "urn:example:mill"
MAKER: Final = "urn:example:gearbox-maker"
AUDITOR: Final = "urn:example:auditor"
STEEL: Final = f"{MILL}:lot:delivery-1"
GEARS: Final = f"{MAKER}:lot:out"
INGOT: Final = f"{SMELTER}:product:ingot"
HOUSING: Final = f"{CASTER}:product:housing"
RETURNS: Final = f"{CASTER}:product:returns"
WORKS: Final = f"{CASTER}:site"
DOCUMENT: Final = "9" * 64
"""The digest of the users' own evidence, in the place of the templates'."""
SHIFTS: Final = ("shift-1", "shift-2", "shift-3")
LIST: Final = """Monat;Bier;Material;Menge;ME
2026-02;10.000,0;Malz;172,0;t
2026-02;10.000,0;Hopfen;1.500;kg
2026-02;10.000,0;Wasser;4.400,0;t
2026-02;10.000,0;Flaschen;14,0;t
2026-02;10.000,0;Strom;98.000;kWh
2026-02;10.000,0;Erdgas;310.000;kWh
2026-03;11.000,5;Malz;189,0;t
2026-03;11.000,5;Hopfen;1.650;kg
2026-03;11.000,5;Wasser;4.850,0;t
2026-03;11.000,5;Flaschen;15,5;t
2026-03;11.000,5;Strom;104.000;kWh
2026-03;11.000,5;Erdgas;335.000;kWh
"""
MAPPING: Final = """
type = "transformation"
key = "{Monat}"
numbers = "de"

[fields]
facility = "urn:example:brewery:site"
process = "consumer-goods.foodAndDrink"
start = "{Monat}"
end = "{Monat}"
"activity.food" = "beer"
"outputs.0.lot" = "urn:example:brewery:lot:{Monat}"
"outputs.0.product" = "urn:example:brewery:product:lager"
"outputs.0.quantity.value" = "{Bier}"
"outputs.0.quantity.unit" = "HLT"
"outputs.0.role" = "product"

[rows.supplies]
material = "{Material}"
"quantity.value" = "{Menge}"
"quantity.unit" = "{ME}"

[values.Material]
Malz = "malt"
Hopfen = "hops"
Wasser = "water"
Flaschen = "glassBottle"
Strom = "electricity"
Erdgas = "naturalGas"

[values.ME]
t = "TNE"
kg = "KGM"
kWh = "KWH"
"""


class World(NamedTuple):
    """A ledger, and the machines of those who use it."""

    served: Served
    smelter: FreshMachine
    caster: FreshMachine
    customer: FreshMachine
    brewery: FreshMachine
    mill: FreshMachine
    maker: FreshMachine
    auditor: FreshMachine

    def ask(self, machine: FreshMachine, *arguments: object) -> str:
        """The output of a command that has to succeed."""
        done = self.attempt(machine, *arguments)
        assert done.code == 0, (arguments, done.out, done.err)
        return done.out

    def attempt(self, machine: FreshMachine, *arguments: object) -> Any:
        return machine.run(*arguments, CARBON_LEDGER_URL=self.served.url, CARBON_LEDGER_ORIGIN=self.served.origin)

    def json(self, machine: FreshMachine, *arguments: object) -> Any:
        return json.loads(self.ask(machine, *arguments, "--json"))

    def template(self, machine: FreshMachine, name: str, issuer: str, *options: str) -> list[dict[str, Any]]:
        """The example of a kind or process from the server, as its records."""
        text = self.ask(machine, "template", name, "--issuer", issuer, *options)
        for sample in SAMPLES:
            text = text.replace(sample, DOCUMENT)
        return [json.loads(line) for line in text.splitlines()] if "--whole" in options else [json.loads(text)]

    def post(self, machine: FreshMachine, issuer: str, *records: Mapping[str, Any]) -> str:
        """Signs and posts records; returns what the command printed."""
        file = machine.folder / "records.ndjson"
        file.write_text("".join([json.dumps(record) + "\n" for record in records]), encoding="utf-8")
        return self.ask(machine, "submit", file, "--key", "own.pem", "--issuer", issuer)

    def submit(self, machine: FreshMachine, issuer: str, *records: Mapping[str, Any]) -> str:
        """Signs and posts records, after a dry run of the same file; returns what both printed."""
        file = machine.folder / "records.ndjson"
        file.write_text("".join([json.dumps(record) + "\n" for record in records]), encoding="utf-8")
        signing = ("submit", file, "--key", "own.pem", "--issuer", issuer)
        tried = self.ask(machine, *signing, "--dry-run")
        return tried + self.ask(machine, *signing, "--receipts", "receipts.ndjson")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("machines")
    base = built_wheel(folder)
    with temporary_folder() as place:
        home = place / "home"
        assert run("init", "--home", home).code == 0
        with served(home, "--access", "parties") as serving:
            smelter = fresh_machine([base], folder / "smelter")
            caster = fresh_machine([base], folder / "caster", ["workbook"])
            others = [smelter.another(folder / name) for name in ("customer", "brewery", "mill", "maker", "auditor")]
            machines = (smelter, caster, *others)
            made = World(serving, *machines)
            users = (SMELTER, CASTER, CUSTOMER, BREWERY, MILL, MAKER, AUDITOR)
            for machine, organization in zip(machines, users, strict=True):
                _enrol(made, machine, organization)
            yield made


def _enrol(world: World, machine: FreshMachine, organization: str) -> None:
    """The user makes a key and a request, the operator's registrar enrols, the user logs in."""
    world.ask(machine, "key", "new", "own.pem")
    request = world.ask(machine, "key", "request", "own.pem", "--organization", organization,
                        "--prefix", f"{organization}:")
    (machine.folder / "request.json").write_text(request, encoding="utf-8")
    run("enrol", "--home", world.served.home, "--url", world.served.url,
        "--request", machine.folder / "request.json").succeeded()
    (machine.folder / "vkey.txt").write_text(world.served.vkey + "\n", encoding="utf-8")
    assert f"as {organization} with" in world.ask(machine, "login", "--key", "own.pem")


@pytest.fixture(scope="module")
def delivered(world: World) -> World:
    """The smelter's week: it looks for its process, fills the example in, checks, posts, and sells twenty tonnes of
    ingot to the die-casting shop, which has signed once that it accepts such deliveries."""
    machine = world.smelter
    matches = world.json(machine, "schema", "--find", "aluminium smelting")
    assert "nonferrous.aluminiumElectrolysis" in [match["name"] for match in matches]
    assert "anodeEffects" in world.ask(machine, "schema", "nonferrous.aluminiumElectrolysis")
    facility, product, week = world.template(machine, "nonferrous.aluminiumElectrolysis", SMELTER, "--whole")
    product |= {"id": INGOT, "materials": {"aluminium": "1"}}
    week["outputs"][0] |= {"lot": f"{SMELTER}:lot:week-9", "product": INGOT}
    for flow in (*week["outputs"], *week["supplies"]):
        flow["quantity"]["value"] = str(int(flow["quantity"]["value"]) * 40)
    printed = world.submit(machine, SMELTER, facility, product, week)
    assert f"{SMELTER}:lot:week-9: footprint" in printed

    (rule,) = world.template(world.caster, "standingAcceptance", CASTER)
    rule |= {"sender": SMELTER, "product": INGOT, "validFrom": "2026-01-01T00:00:00Z"}
    del rule["validUntil"]
    rule["quantity"] = {"value": "20", "unit": "TNE"}
    world.submit(world.caster, CASTER, rule)

    (sale,) = world.template(machine, "transfer", SMELTER)
    sale |= {"lot": f"{SMELTER}:lot:week-9", "to": CASTER, "newLot": f"{SMELTER}:lot:delivery-1",
             "quantity": {"value": "20", "unit": "t"}}
    printed = world.submit(machine, SMELTER, sale)
    assert CASTER in printed
    return world


@pytest.fixture(scope="module")
def cast(delivered: World) -> World:
    """The clerk of the die-casting shop: stock, a workbook with three shifts, its faults, the import, a correction, and
    the delivery of what was cast."""
    world, machine = delivered, delivered.caster
    (arrived,) = world.json(machine, "received", "--organization", CASTER)["transfers"]
    assert (arrived["sender"], arrived["onArrival"]) == (SMELTER, True)
    (stock,) = world.json(machine, "lots", "--holder", CASTER, "--in-stock")["lots"]
    assert (stock["lot"], stock["remaining"]) == (arrived["lot"], "20000")

    (site,) = world.template(machine, "facility", CASTER)
    (housing,) = world.template(machine, "product", CASTER)
    site |= {"id": WORKS}
    housing |= {"id": HOUSING, "materials": {"aluminium": "1"}}
    returns = {"type": "product", "id": RETURNS, "sector": "equipment", "unit": "KGM", "materials": {"aluminium": "1"}}
    world.submit(machine, CASTER, site, housing, returns)

    _fill(world, arrived["lot"], "1,234")
    importing = ("import", "month.xlsx", "--key", "own.pem", "--issuer", CASTER)
    refused = world.attempt(machine, *importing)
    assert refused.code == 1
    (fault,) = [line for line in refused.err.splitlines() if "1,234" in line]
    assert "supplies" in fault
    assert world.json(machine, "lots", "--facility", WORKS)["lots"] == []
    _fill(world, arrived["lot"], 1850)
    world.ask(machine, *importing, "--dry-run")
    world.ask(machine, *importing)
    before = world.json(machine, "records", "--issuer", CASTER)["records"]
    world.ask(machine, *importing)
    assert world.json(machine, "records", "--issuer", CASTER)["records"] == before
    _fill(world, arrived["lot"], 1950)
    assert "1 changed" in world.ask(machine, *importing)
    assert "1 amended" in world.ask(machine, *importing, "--amend")
    assert len(world.json(machine, "records", "--issuer", CASTER)["records"]) == len(before) + 1

    (sale,) = world.template(machine, "transfer", CASTER)
    sale |= {"lot": f"{CASTER}:lot:shift-1", "to": CUSTOMER, "newLot": f"{CASTER}:lot:delivery-1",
             "quantity": {"value": "300", "unit": "H87"}}
    world.submit(machine, CASTER, sale)
    return world


def _fill(world: World, lot: str, power: object) -> None:
    """Three shifts in the workbook of the template: 1.6 t of ingot give 300 housings of 4.2 kg, and returns. `power`:
    the cell with the kilowatt hours of the second shift."""
    machine = world.caster
    world.ask(machine, "template", "equipment.casting", "--issuer", CASTER, "--xlsx", "--output", "shift.xlsx")
    book = openpyxl.load_workbook(machine.folder / "shift.xlsx")
    example = {name: _rows(book[name]) for name in ("record", "outputs", "inputs", "supplies", "evidence")}
    for name in example:
        book[name].delete_rows(2, book[name].max_row)
    for day, key in enumerate(SHIFTS, start=2):
        own: dict[str, list[dict[str, object]]] = {name: [] for name in example}
        own["record"] = [example["record"][0] | {
            "start": f"2026-04-{day:02d}T00:00:00Z", "end": f"2026-04-{day + 1:02d}T00:00:00Z", "facility": WORKS,
            "activity.moulding": "pressureDie", "activity.temperature": 690}]
        good, rest = example["outputs"]
        own["outputs"] = [
            good | {"lot": f"{CASTER}:lot:{key}", "product": HOUSING, "quantity.value": 300, "quantity.unit": "H87"},
            rest | {"lot": f"{CASTER}:lot:{key}-returns", "product": RETURNS, "quantity.value": 300},
        ]
        for output in own["outputs"]:
            output |= {"materials.iron": None}
        own["inputs"] = [example["inputs"][0] | {"lot": lot, "quantity.value": 1600}]
        electricity, gas, _ = example["supplies"]
        own["supplies"] = [electricity | {"quantity.value": power if key == "shift-2" else 1800}, gas]
        own["evidence"] = [row | {"digest": DOCUMENT} for row in example["evidence"]]
        for name, rows in own.items():
            for row in rows:
                book[name].append([{**row, "key": key}.get(column) for column in _columns(book[name])])
    book.save(machine.folder / "month.xlsx")


def _columns(sheet: Any) -> list[str]:
    return [cell.value for cell in sheet[1]]


def _rows(sheet: Any) -> list[dict[str, object]]:
    columns = _columns(sheet)
    return [dict(zip(columns, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_the_smelter_sees_what_it_sold(delivered: World) -> None:
    world, machine = delivered, delivered.smelter
    (sold,) = world.json(machine, "delivered", "--organization", SMELTER)["transfers"]
    assert (sold["receiver"], sold["quantity"]) == (CASTER, {"value": "20000", "unit": "KGM"})
    table = list(csv.DictReader(io.StringIO(world.ask(machine, "lots", "--holder", SMELTER, "--csv"))))
    assert [row["lot"] for row in table] == [f"{SMELTER}:lot:week-9"]
    assert "smelter" in world.ask(machine, "show", f"{SMELTER}:lot:week-9")


def test_the_caster_has_complete_footprints(cast: World) -> None:
    for key in SHIFTS:
        answer = cast.json(cast.caster, "footprint", f"{CASTER}:lot:{key}")
        assert answer["title"] == "footprint", answer
    shown = cast.ask(cast.caster, "footprint", f"{CASTER}:lot:shift-1")
    assert "kg CO2e per piece (H87)" in shown
    assert f"{SMELTER}:lot:delivery-1" in shown
    assert "not shown to you" in shown


def test_the_customer_sees_where_each_kilogram_came_from(cast: World) -> None:
    world, machine = cast, cast.customer
    (arrived,) = world.json(machine, "received", "--organization", CUSTOMER, "--party", CASTER)["transfers"]
    bought = world.json(machine, "footprint", "--received-from", CASTER, "--organization", CUSTOMER)
    figure = world.json(machine, "footprint", arrived["lot"])
    assert (bought["footprint"], figure["sight"]) == (pytest.approx(figure["footprint"], rel=1e-9), "totals")
    rows = world.json(machine, "contributions", arrived["lot"], "--by", "organization")
    assert [row["amount"] for row in rows["rows"]] == pytest.approx([figure["footprint"]], rel=1e-9)
    world.ask(cast.caster, "grant", "--to", CUSTOMER, "--product", HOUSING, "--depth", "stages", "--until",
              "2034-12-31", "--purpose", "footprints of pumps", "--key", "own.pem", "--issuer", CASTER)
    rows = world.json(machine, "contributions", arrived["lot"], "--by", "stage")
    assert len(rows["rows"]) > 1
    assert sum(row["amount"] for row in rows["rows"]) == pytest.approx(figure["footprint"], rel=1e-9)
    assert CASTER in world.ask(machine, "coverage", "--organization", CUSTOMER)
    world.ask(machine, "export", "bundle", arrived["lot"], "--output", "bundle.json")
    world.ask(machine, "verify", "bundle.json", "--vkey", "vkey.txt", "--on", "2026-11-01")


def test_the_brewery_imports_the_list_of_its_other_program(world: World) -> None:
    machine = world.brewery
    matches = world.json(machine, "schema", "--find", "beer")
    assert matches[0]["name"] == "consumer-goods.foodAndDrink"
    site, beer, *_ = world.template(machine, "consumer-goods.foodAndDrink", BREWERY, "--whole")
    beer |= {"id": f"{BREWERY}:product:lager"}
    world.submit(machine, BREWERY, site, beer)
    (machine.folder / "list.csv").write_text(LIST, encoding="utf-8")
    (machine.folder / "list.toml").write_text(MAPPING, encoding="utf-8")
    importing = ("import", "list.csv", "--mapping", "list.toml", "--key", "own.pem", "--issuer", BREWERY)
    assert "2 new" in world.ask(machine, *importing, "--dry-run")
    assert "2 on the ledger" in world.ask(machine, *importing)
    assert "2 as before" in world.ask(machine, *importing)
    lots = world.json(machine, "lots", "--facility", site["id"])["lots"]
    assert [(lot["lot"].rpartition(":")[2], lot["quantity"]) for lot in lots] == [
        ("2026-03", {"value": "11000.5", "unit": "HLT"}), ("2026-02", {"value": "10000", "unit": "HLT"})]
    for lot in lots:
        assert world.json(machine, "footprint", lot["lot"])["title"] == "footprint"


def test_steel_becomes_a_gearbox_that_an_auditor_reads_for_a_while(world: World) -> None:
    mill, maker, auditor = world.mill, world.maker, world.auditor
    *entered, melt = world.template(mill, "steel.electricArcFurnace", MILL, "--whole")
    assert f"{MILL}:lot:out: " in world.post(mill, MILL, *entered, melt)
    (sale,) = world.template(mill, "transfer", MILL)
    sale |= {"lot": f"{MILL}:lot:out", "to": MAKER, "newLot": STEEL, "quantity": {"value": "1", "unit": "t"},
             "time": "2026-03-02T08:00:00Z"}
    world.post(mill, MILL, sale)
    (match, *_) = world.json(maker, "schema", "--find", "gearbox")
    site, _, _, gearbox, assembly = world.template(maker, match["name"], MAKER, "--whole")
    assembly["inputs"][0]["lot"] = STEEL
    assembly |= {"start": "2026-03-09T00:00:00Z", "end": "2026-03-10T00:00:00Z"}
    assert f"{GEARS}: " in world.submit(maker, MAKER, site, gearbox, assembly)
    own = world.json(maker, "footprint", GEARS)
    assert (own["sight"], world.json(maker, "footprint", STEEL)["sight"]) == ("part", "totals")
    # Each message names who asked, and no page names a question that is not answered.
    refused = world.attempt(mill, "footprint", GEARS)
    assert (refused.code, f"you ask as {MILL}" in refused.err) == (1, True)
    assert "ask next" not in world.ask(maker, "show", MILL)
    world.ask(maker, "grant", "--to", AUDITOR, "--depth", "full", "--until", "2034-12-31", "--purpose", "verification",
              "--key", "own.pem", "--issuer", MAKER)
    (given,) = world.json(maker, "grants", "--organization", MAKER)["grants"]
    assert world.json(auditor, "footprint", GEARS)["footprint"] == own["footprint"]
    auditing = ("audit", world.served.url, "--vkey", "vkey.txt")
    granted = world.ask(auditor, *auditing)
    assert f"read as     {AUDITOR}, who may read {AUDITOR}, {MAKER}" in granted
    assert "everything that could be checked holds" in granted
    read = world.json(maker, "accesses", "--organization", MAKER, "--vkey", "vkey.txt")["accesses"]
    assert {(one["reader"], one["right"]) for one in read} == {(AUDITOR, "grant")}
    world.ask(maker, "revoke", given["record"], "--key", "own.pem", "--issuer", MAKER)
    ended = world.attempt(auditor, "footprint", GEARS)
    assert (ended.code, f"you ask as {AUDITOR}" in ended.err) == (1, True)
    assert "figures     0 compared" in world.ask(auditor, *auditing)


def test_the_auditor_replays_everything(cast: World) -> None:
    """As a reader, whom the registrar has appointed. The factor sets come from the server."""
    world, machine = cast, cast.auditor
    run("reader", "appoint", AUDITOR, "--purpose", "audits of the log", "--home", world.served.home,
        "--url", world.served.url).succeeded()
    world.ask(machine, "plugin", "fetch", "plugins")
    report = world.json(machine, "audit", world.served.url, "--vkey", "vkey.txt", "--plugins", "plugins")
    assert (report["ok"], [note for note in report["notes"] if "not recomputed" in note]) == (True, [])
    # Whoever has not the sectors still checks everything else that the ledger shows.
    text = world.ask(cast.caster, "audit", world.served.url, "--vkey", "vkey.txt")
    assert f"read as     {CASTER}, who may read {CASTER}" in text
    assert "everything that could be checked holds; compared, not recomputed: " in text
    assert re.search("in full .* [1-9][0-9]* of them not recomputed", text)


def test_nothing_was_written_beside_the_users_folders(cast: World) -> None:
    written = {path.name for path in cast.caster.folder.iterdir()}
    assert written >= {"own.pem", "own.pem.nonces", "own.pem.imports"}
    assert all(Path(path).stat().st_mode & 0o077 == 0 for path in cast.caster.folder.glob("own.pem*"))
