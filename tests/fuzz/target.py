"""One target under libFuzzer: `target.py NAME [options of libFuzzer] CORPUS`.

Ends with an error where something else than a LedgerError comes out, where what passes has a second spelling, or where
an input takes too long.
"""

import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

with atheris.instrument_imports(include=["ledger.core", "ledger.service.settings"]):
    from support.parsers import TARGETS, survives


def main() -> None:
    target = TARGETS[sys.argv.pop(1)]
    for seed in target.seeds():
        survives(target, seed)

    def once(data: bytes) -> None:
        survives(target, data)

    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
