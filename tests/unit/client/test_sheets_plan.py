"""Rows that count a gas by volume: the record has the mass, and the row is compared as it was entered."""

from pathlib import Path
from typing import Any, Final

import msgspec
from support.parties import party

from ledger.cli.supplier.receipts import newest_sets
from ledger.client.sheets.drafts import CellPlace, DraftRow, RowDraft
from ledger.client.sheets.plan import ImportPlan, Planner, Planning
from ledger.client.sheets.rows import Row
from ledger.client.sheets.signing import RowSigner
from ledger.client.sheets.staging import Staging, WaitingRow
from ledger.client.sheets.state import Imported, ImportState
from ledger.client.writing.densities import Sets, WritingSets
from ledger.core.record import canonical
from ledger.core.record.kinds import Transformation
from ledger.core.record.revisions import Amendment
from ledger.core.signatures.envelope import open_envelope

ORIGIN: Final = "example.org/log"
MILL = party(1, "mill")
SIGNER = RowSigner(MILL.key, ORIGIN, MILL.id, b"secret")


def none() -> tuple[()]:
    return ()


def heat(gas: str) -> dict[str, Any]:
    return {
        "type": "transformation", "facility": "urn:f", "process": "steel.electricArcFurnace",
        "start": "2024-01-03T00:00:00Z", "end": "2024-01-03T12:00:00Z", "inputs": [], "activity": {},
        "outputs": [{"lot": "urn:b", "product": "urn:p", "quantity": {"value": "1", "unit": "TNE"}, "role": "product"}],
        "supplies": [{"material": "naturalGas", "quantity": {"value": gas, "unit": "NM3"}}],
    }


def planned(folder: Path, gas: str, densities: Sets) -> tuple[ImportPlan, list[WaitingRow]]:
    """The plan of an import of one row, and what it would post."""
    row = DraftRow("$", Row("", 2, ["b1"]), {}, ["key"])
    with Staging() as staging, ImportState(folder / "imports", ORIGIN, MILL.id) as state:
        staging.see("b1", CellPlace("", 2))
        planning = Planning("corrected", False, lambda _: False, WritingSets(densities, none))
        plan = Planner(SIGNER, state, staging, planning).plan(
            [RowDraft("b1", heat(gas), [row])], lambda _: None)
        waiting = list(staging.unposted(amend=True))
        state.enter([(one.kind, one.key, Imported(one.digest, one.content, True)) for one in waiting
                     if one.amends is None])
    return plan, waiting


def masses(record: object) -> list[str | None]:
    assert isinstance(record, Transformation)
    return [None if one.mass is None else str(one.mass) for one in record.supplies]


def test_the_record_has_the_mass_by_the_density(tmp_path: Path) -> None:
    plan, (entered,) = planned(tmp_path, "5000", newest_sets)
    assert masses(canonical.decode_record(open_envelope(entered.envelope).body)) == ["3788 KGM"]
    assert masses(canonical.decode_record(entered.content)) == [None], "the row states none"
    assert [(one.field, str(one.mass)) for one in plan.weighings] == [("supplies[0]", "3788 KGM")]


def test_another_density_is_no_change_of_the_row(tmp_path: Path) -> None:
    planned(tmp_path, "5000", newest_sets)
    plan, waiting = planned(tmp_path, "5000", none)
    assert (plan.new, plan.unchanged, plan.changed, waiting) == (0, 1, 0, [])


def test_an_amendment_has_the_mass_too(tmp_path: Path) -> None:
    planned(tmp_path, "5000", newest_sets)
    plan, (changed,) = planned(tmp_path, "10000", newest_sets)
    amendment = canonical.decode_record(open_envelope(changed.envelope).body)
    assert isinstance(amendment, Amendment)
    (supply,) = msgspec.json.decode(amendment.changes[0].fields["supplies"])
    assert supply["mass"] == {"value": "7576", "unit": "KGM"}
    assert [str(one) for one in plan.proposals[0].fields] == ["supplies"]
    assert [(one.path, one.after) for one in plan.proposals[0].changes] == [
        ("supplies.0.quantity.value", '"10000"')]


def test_a_word_that_is_no_key_gets_the_nearest_keys_also_if_the_ledger_checks_keys(tmp_path: Path) -> None:
    """The word is no short ASCII name, so no ledger ever sees the record."""
    tree = heat("5000")
    tree["supplies"][0]["material"] = "Sekundäraluminium"
    row = DraftRow("$", Row("", 2, ["b1"]), {}, ["key"])
    with Staging() as staging, ImportState(tmp_path / "imports", ORIGIN, MILL.id) as state:
        planning = Planning("corrected", False, lambda _: False, WritingSets(newest_sets, none))
        plan = Planner(SIGNER, state, staging, planning).plan([RowDraft("b1", tree, [row])], lambda _: None)
    assert "nearest: recycledAluminium" in plan.faults[0].message
