"""The table of record kinds is complete, and each kind has the module that carries its name."""

import re
from pathlib import Path
from typing import get_args

from ledger.admission.kinds.table import KINDS
from ledger.core.record.kinds import AnyRecord

FOLDER = Path(__file__).parents[3] / "ledger" / "admission" / "kinds"
SHARED = {"__init__", "kind", "table"}


def test_every_record_kind_is_in_the_table() -> None:
    assert set(KINDS) == set(get_args(AnyRecord))


def test_each_kind_has_a_module_of_its_name() -> None:
    names = {re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower(): rules for kind, rules in KINDS.items()}
    assert {path.stem for path in FOLDER.glob("*.py")} - SHARED == set(names)
    for name, rules in names.items():
        assert type(rules).__module__ == f"ledger.admission.kinds.{name}"
