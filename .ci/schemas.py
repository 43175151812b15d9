"""Fetches the types of custom resources that tests of the chart need: packages of npm, pinned by hash, as data.

They go to `schemas` in the virtual environment that runs this. Nothing in them is ever run.
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

LIST: Final = Path(__file__).parents[1] / "tests" / "support" / "schemas.csv"
TARGET: Final = Path(sys.prefix, "schemas")


def fetch(name: str, version: str, sha512: str, scratch: Path) -> None:
    done = subprocess.run(
        [tool("npm"), "pack", "--loglevel=error", f"{name}@{version}"], cwd=scratch, stdout=subprocess.PIPE, text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"npm could not fetch {name} {version}, with which tests check custom resources of Kubernetes")
    archive = scratch / done.stdout.split()[-1]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != sha512:
        sys.exit(f"{name} {version} has the SHA-512 {digest}, not {sha512}")
    folder = TARGET / name.rpartition("/")[2]
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # Debian 12 has 3.11.2, which lacks it
        tar.extractall(folder)  # noqa: S202 -- pinned by hash


def main() -> None:
    with LIST.open(encoding="utf-8", newline="") as file, tempfile.TemporaryDirectory() as scratch:
        for row in csv.DictReader(file):
            fetch(row["name"], row["version"], row["sha512"], Path(scratch))


if __name__ == "__main__":
    main()
