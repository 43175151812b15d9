"""Every planted fault of the strength measure names an operator that is in this tree."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_fault_can_be_planted() -> None:
    planting = runpy.run_path(str(ROOT / "tests" / "strength" / "planting.py"))
    faults = planting["read_faults"]()
    assert len(set(faults)) == len(faults) == 120
    for fault in faults:
        compile(planting["site_of"](ROOT, fault).planted, fault.function, "exec")
