"""Writes `golden-plugins.zip`: the sectors and the SDK with the digests that the golden log activates.

They are the files of the commit that wrote the golden log. The sector of the tests, `works`, is not among them: its
digest on the log is the hash of its name and version.

    PYTHONPATH=tests python tests/vectors/build_golden_plugins.py
"""

import io
import subprocess
import sys
import tarfile
import zipfile
from typing import Final

from support.golden import PLUGINS, activated, golden_archives, read
from support.sectors import NAME
from support.server import TESTS

COMMIT: Final = "2047ec8"
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT: Final = ("carbon_ledger_cbam",)
"""No sector."""


def main() -> int:
    packed = subprocess.run(
        ["git", "archive", COMMIT, "ledger/sdk", "plugins"],  # noqa: S607 - of a developer's machine
        cwd=TESTS.parent, check=True, capture_output=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as source, zipfile.ZipFile(PLUGINS, "w") as target:
        for member in sorted(source.getmembers(), key=lambda one: one.name):
            file = source.extractfile(member) if member.isfile() else None
            name = member.name if member.name.startswith("ledger/sdk/") else "/".join(member.name.split("/")[2:])
            package = name.partition("/")[0]
            if file is None or not name.endswith((".py", ".csv")) or package in (*_LEFT_OUT, "tests"):
                continue
            if not package.startswith("carbon_ledger_") and package != "ledger":
                continue
            target.writestr(zipfile.ZipInfo(name, _DATE), file.read(), zipfile.ZIP_DEFLATED, 9)
    found = {archive.digest for archive in golden_archives()}
    wanted = {digest for name, digest in activated(read()).items() if name not in (NAME, "ledger-rules")}
    print(f"{PLUGINS}: {PLUGINS.stat().st_size} bytes, {len(found)} sectors, {len(wanted - found)} missing")
    return 0 if found == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
