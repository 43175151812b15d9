"""Fetches packages of npm, pinned by hash, into the virtual environment that runs this.

The types of custom resources, with which tests of the chart check manifests, go to `schemas`: nothing in them is ever
run. The compiler that checks the types of the JavaScript client goes to `compilers`, and scripts that tests run in the
browser go to `scripts`.
"""

import base64
import csv
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from support.tools import tool

LISTS: Final = Path(__file__).parents[1] / "tests" / "support"
KINDS: Final = ("schemas", "compilers", "scripts")
"""The names of lists, without `.csv`, and of the folders to which their packages go."""


def fetch(name: str, version: str, sha512: str, scratch: Path, target: Path) -> None:
    done = subprocess.run(
        [tool("npm"), "pack", "--loglevel=error", f"{name}@{version}"], cwd=scratch, stdout=subprocess.PIPE, text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"npm could not fetch {name} {version}, with which tests check manifests, types or pages")
    archive = scratch / done.stdout.split()[-1]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != sha512:
        sys.exit(f"{name} {version} has the SHA-512 {digest}, not {sha512}")
    folder = target / name.rpartition("/")[2]
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # Debian 12 has 3.11.2, which lacks it
        tar.extractall(folder)  # noqa: S202 -- pinned by hash


def main() -> None:
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as scratch:
            for row in csv.DictReader((LISTS / f"{kind}.csv").read_text(encoding="utf-8").splitlines()):
                fetch(row["name"], row["version"], row["sha512"], Path(scratch), Path(sys.prefix, kind))


if __name__ == "__main__":
    main()
