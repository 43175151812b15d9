"""Writes requirements.lock: every package that the base install and the extras `server` and `test` need, in the newest
versions that pip's resolver finds for the oldest Python. Names and versions only: no index, no hashes."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
HEADER = """\
# Every package that `carbon-ledger[server,test]` needs, pinned. Written by `make lock`; do not edit.
# The same versions serve Python 3.11, 3.12 and 3.13.
"""


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted() -> list[str]:
    """The requirements of pyproject.toml as they are written there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *extras["server"], *extras["test"]]


def resolved(requirements: list[str]) -> dict[str, str]:
    """Versions by name. What is installed here already has no say."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    report = subprocess.run([*command, *requirements], check=True, stdout=subprocess.PIPE).stdout
    found = [one["metadata"] for one in json.loads(report)["install"]]
    return {normalised(one["name"]): one["version"] for one in found}


def later(requirements: list[str]) -> dict[str, str]:
    """Versions of what is for later Pythons alone."""
    if not requirements:
        return {}
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--ignore-installed"]
    command += ["--ignore-requires-python", "--report", "-"]
    report = subprocess.run([*command, *requirements], check=True, stdout=subprocess.PIPE).stdout
    return {normalised(one["metadata"]["name"]): one["metadata"]["version"] for one in json.loads(report)["install"]}


def main() -> None:
    if sys.version_info[:2] != OLDEST:
        # Newer ones get versions that the oldest cannot install; what the oldest gets, all can.
        sys.exit("the oldest Python resolves for all: make lock PYTHON=python3.11 VENV=.venv-lock")
    requirements = wanted()
    markers = {}
    for requirement in requirements:
        text, _, marker = requirement.partition(";")
        if marker:
            markers[normalised(re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0])] = f" ;{marker}"
    left_out = [one.partition(";")[0] for one in requirements if "python_version" in one]
    found = resolved(requirements) | later(left_out)
    pins = [f"{name}=={version}{markers.get(name, '')}\n" for name, version in sorted(found.items())]
    LOCK.write_text(HEADER + "".join(pins), encoding="utf-8")
    print(f"{LOCK.name}: {len(pins)} packages")


if __name__ == "__main__":
    main()
