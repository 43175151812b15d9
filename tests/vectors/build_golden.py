"""Writes `golden.jsonl`, the log that later code has to reproduce: see `support.golden`.

    PYTHONPATH=.:tests python tests/vectors/build_golden.py

It refuses to replace the file: a log that was written stays valid. For a new record kind or sector, write a second file
beside it and test both.
"""

import sys

import msgspec
from support.golden import FILE, build, lines


def main() -> int:
    if FILE.exists():
        print(f"{FILE} is there already", file=sys.stderr)
        return 1
    FILE.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines(build())))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
