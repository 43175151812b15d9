"""Rebuilds `golden.jsonl`, the log that the code of each commit has to reproduce: see `support.golden`.

    PYTHONPATH=.:tests python tests/vectors/build_golden.py

Prints each difference to the file as it was, for the body of the commit that explains it: the entry with its kind, the
body, leaf or proof, and the value before and after. Without a difference it writes nothing.
"""

from support.differences import differences
from support.golden import FILE, build, encoded, legible, read


def main() -> None:
    after = build()
    changed = list(differences(legible(*read()) if FILE.exists() else {}, legible(*after)))
    print("\n".join(changed) or "no difference")
    if changed:
        FILE.write_bytes(encoded(*after))


if __name__ == "__main__":
    main()
