"""The next version of the program, made of this tree: a migration with a column and a right, and version 6 of the
rules, by which it admits a record kind of its own."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ledger.admission.rules import NEWEST, REVISION, version_of
from ledger.core.record.base import Record
from ledger.store.migrating.versions import BASELINE

ROOT: Final = Path(__file__).resolve().parents[2]
MIGRATED: Final = BASELINE + 1
RULES_OF_NEXT: Final = version_of("6", REVISION, ["memo"])
COMPATIBLE: Final = f"-- compatible-from: {BASELINE}"


class Memo(Record, frozen=True, kw_only=True, tag="memo"):
    """The record kind of the next version."""

    text: str


_MIGRATION: Final = "ALTER TABLE record ADD COLUMN memo text;\nGRANT UPDATE (memo) ON record TO carbon_ledger_writer;\n"
_KIND: Final = '''\
"""A memo."""

from ledger.admission.kind import Kind
from ledger.admission.state import State
from ledger.core.record.kinds import Memo
from ledger.errors import Refused


class MemoKind(Kind[Memo]):
    def check(self, record: Memo, keyid: bytes, state: State) -> None:
        if not state.rules.has("memo"):
            raise Refused("no memos yet", code="no-memos", field="type")
'''
_EDITS: Final[Mapping[str, Mapping[str, str]]] = {
    "admission/rules.py": {
        f'(version_of("{NEWEST.name}", REVISION),)':
            f'(version_of("{NEWEST.name}", REVISION), version_of("6", REVISION, ["memo"]))'},
    "core/record/kinds.py": {
        "\nAnyRecord = (":
            '\nclass Memo(Record, frozen=True, kw_only=True, tag="memo"):\n    text: Name\n\n\nAnyRecord = (',
        "| OrganizationNames\n)": "| OrganizationNames | Memo\n)"},
    "core/record/redacted.py": {
        '    "organizationNames": {': '    "memo": {"text": _Word},\n    "organizationNames": {'},
    "admission/kinds/table.py": {
        "from ledger.core.record.kinds import (":
            "from ledger.admission.kinds.memo import MemoKind\nfrom ledger.core.record.kinds import (\n    Memo,",
        "    OrganizationNames: OrganizationNamesKind(),":
            "    OrganizationNames: OrganizationNamesKind(),\n    Memo: MemoKind(),"},
}


def next_version(folder: Path, header: str = COMPATIBLE) -> str:
    """Writes it below a folder. Returns the PYTHONPATH on which it comes first. `header`: of its migration."""
    package = folder / "ledger"
    shutil.copytree(ROOT / "ledger", package, ignore=shutil.ignore_patterns("__pycache__", "_sql"))
    shutil.copytree(ROOT / "sql", package / "_sql")
    shutil.copytree(ROOT / "clients" / "javascript", package / "_javascript")
    script = f"{header}\n{_MIGRATION}"
    migration = f"migration_of({MIGRATED}, {script!r})"
    edits_of_all = {**_EDITS, "store/migrating/versions.py": {
        "return Schema(schema())": f"return Schema(schema(), ({migration},))"}}
    for path, edits in edits_of_all.items():
        text = (package / path).read_text(encoding="utf-8")
        for old, new in edits.items():
            if text.count(old) != 1:
                raise AssertionError(f"{path} has {old!r} {text.count(old)} times")
            text = text.replace(old, new)
        (package / path).write_text(text, encoding="utf-8")
    (package / "admission" / "kinds" / "memo.py").write_text(_KIND, encoding="utf-8")
    return ":".join(map(str, (folder, ROOT / "tests", ROOT / "tests" / "support" / "installed")))
