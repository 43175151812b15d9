"""Which effects `import` shows: the first records, and further ones with findings or omissions."""

from ledger.answers.brief import OmissionBrief
from ledger.answers.checked import CheckedRecord
from ledger.cli.client import Client
from ledger.cli.supplier.effects.imported import ImportEffects
from ledger.client.sheets.drafts import CellPlace


def effects_of(count: int, omitting: range) -> ImportEffects:
    """The effects of rows from 1 on; those in `omitting` have an omission."""
    effects = ImportEffects(Client("http://127.0.0.1:1"))
    for number in range(1, count + 1):
        omitted = [OmissionBrief(what=f"paint {number}")] if number in omitting else []
        effects.add_checked(CellPlace("works", number), f"k{number}", b"{}", CheckedRecord(
            digest="ab" * 32, type="transformation", omitted=omitted))
    return effects


def shown(effects: ImportEffects) -> list[int]:
    return [row.place.row for row in effects.shown]


def test_a_late_row_with_an_omission_is_shown() -> None:
    effects = effects_of(30, range(27, 28))
    assert shown(effects) == [*range(1, 21), 27]
    lines = [part for part in effects.lines() if isinstance(part, str)]
    assert [line for line in lines if line.startswith("sheet works, row 27: omitted: paint 27 (no estimate)")]
    assert lines[-1] == "… and 9 more records"


def test_all_others_are_counted() -> None:
    effects = effects_of(200, range(11, 201))
    assert shown(effects) == list(range(1, 51))
    assert list(effects.lines())[-1] == "… and 150 more records, 150 of them with findings or omissions"
    stated = effects.stated()
    assert (len(stated["records"]), stated["leftOff"], stated["leftOffNoted"]) == (50, 150, 150)
    assert stated["records"][49]["place"] == "sheet works, row 50"


def test_an_import_without_new_records_shows_no_effects() -> None:
    assert not list(effects_of(0, range(0)).lines())
