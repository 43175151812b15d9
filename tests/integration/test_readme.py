"""The guides' own words: their blocks are run in order against a server, as a reader would."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from support.forked_command import forked_command
from support.tools import tool

from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import StandingAcceptance
from ledger.core.signatures.envelope import open_envelope
from ledger.sdk import Sector

ROOT = Path(__file__).parents[2]
PLACEHOLDER = "carbon-ledger/0123456789abcdef+…"
BIN = Path(sys.executable).parent


class Running(NamedTuple):
    folder: Path
    command: Path
    url: str
    vkey: str
    registrar: str

    def run(self, script: str) -> str:
        """A block of a guide, with this server's address and keys in place of the examples."""
        script = re.sub(r"--registrar [0-9a-f]{64}", f"--registrar {self.registrar}", script)
        script = script.replace("http://127.0.0.1:8080", self.url).replace(PLACEHOLDER, self.vkey)
        done = subprocess.run(
            ["/bin/sh", "-euc", script], cwd=self.folder, capture_output=True, text=True, check=False,
            timeout=120, env=self.environment(),
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def environment(self) -> dict[str, str]:
        return environment(self.folder) | {
            "CARBON_LEDGER_URL": self.url, "CARBON_LEDGER_ORIGIN": self.vkey.partition("+")[0],
            "PATH": f"{self.command}{os.pathsep}{os.environ['PATH']}",
        }


def environment(folder: Path) -> dict[str, str]:
    """A ledger as it is by default: only those whom the data concern read them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARBON_LEDGER_")}
    return kept | {"CARBON_LEDGER_HOME": str(folder / "home"), "XDG_CONFIG_HOME": str(folder / "sessions"),
                   "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def blocks(guide: str, section: str, language: str = "sh") -> list[str]:
    """The blocks of a section of one of the guides; of the page before its first section for an empty name."""
    page = (ROOT / guide / "README.md").read_text(encoding="utf-8")
    head = rf"## {section}" if section else r"# [^\n]*"
    text = re.search(rf"^{head}\n(.*?)(?:^## |\Z)", page, re.M | re.S)
    assert text is not None
    return re.findall(rf"^```{language}\n(.*?)^```", text[1], re.M | re.S)


@pytest.fixture
def running() -> Iterator[Running]:
    """Not below `tmp_path`: for root that lies in a folder which PostgreSQL's account cannot enter."""
    folder = Path(tempfile.mkdtemp(prefix="readme-"))
    folder.chmod(0o711)
    command = [str(BIN / "carbon-ledger"), "serve", "--port", "0"]
    with forked_command() as forked, subprocess.Popen(
        command, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            url, vkey = server.stdout.readline().strip(), server.stdout.readline().strip()
            shown = subprocess.run(
                [str(BIN / "carbon-ledger"), "key", "show", str(folder / "home" / "registrar-key.pem")],
                capture_output=True, text=True, check=True, timeout=60,
            )
            yield Running(folder, forked, url, vkey, shown.stdout.split()[1])
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
            shutil.rmtree(folder)


FORGE = """
carbon-ledger key request forge.pem --organization urn:example:forge --prefix urn:example:forge: > forge-request.json
carbon-ledger enrol --request forge-request.json
cat > sold.ndjson <<'END'
{"type": "transfer", "lot": "urn:example:mill:lot:heat-1", "quantity": {"value": "20", "unit": "TNE"}, \
"to": "urn:example:forge", "newLot": "urn:example:mill:lot:sold-1", "time": "2026-03-01T00:00:00Z"}
END
carbon-ledger sign sold.ndjson --key mill.pem --issuer urn:example:mill --output sold-signed.ndjson
carbon-ledger submit sold-signed.ndjson --receipts sold.receipts
"""
"""A customer of the mill, whose key the guide makes for its rule, without enrolling it."""
AUDITOR = """
carbon-ledger key new auditor.pem
carbon-ledger key request auditor.pem --organization urn:example:auditor --prefix urn:example:auditor: > auditor.json
carbon-ledger enrol --request auditor.json
carbon-ledger reader appoint urn:example:auditor --purpose "audits of the whole log"
"""
"""The registrar of the guide for operators appoints the auditor."""


def test_supplier_buyer_and_auditor(running: Running) -> None:
    keys, records = blocks("clients", "Supplier")
    (enrolment,) = [block for block in blocks("charts", "Enrolling organisations") if "enrol" in block]
    running.run(keys)
    running.run(enrolment)
    running.run(records)
    (spreadsheets,) = blocks("clients", "Spreadsheets")
    told = running.run(spreadsheets)
    assert "1 record: 1 new" in told
    assert told.count("2 on the ledger, 0 amended") == 1
    assert 'row 3: 5002 changes burdens.fossilGhgEmissions from "96000.5" to "97000"' in told
    assert "0 on the ledger, 1 amended" in told
    assert "2 records: 2 new" in told
    assert "dry run, nothing was posted: 2 would be taken, 0 refused" in told
    ask, choose, prove, rule = blocks("clients", "Buyer")
    told = running.run(ask)
    assert "kg CO2e per tonne (TNE)" in told
    assert "2 lots; 0 do not" in told
    told = running.run(choose)
    assert "weighted by production" in told
    assert "reported separately, never added" in told
    told = running.run(prove)
    assert "9. the statement holds down to the figures of its inputs, and belongs to this record: ok" in told
    assert "6. the figure recomputes from the record's assessment and the inputs' figures: ok" in told
    running.run(rule)
    signed = open_envelope((running.folder / "rule-signed.ndjson").read_bytes().strip())
    assert isinstance(decode_record(signed.body), StandingAcceptance)
    running.run(FORGE)
    own, bought = blocks("clients", "Look up")
    told = running.run(own)
    assert "carbon-ledger footprint urn:example:mill:lot:heat-1" in told
    assert "urn:example:mill:lot:sold-1" in (running.folder / "delivered.csv").read_text(encoding="utf-8")
    told = running.run(bought)
    assert told.count("urn:example:mill:lot:sold-1") == 2
    assert "20 TNE of urn:example:mill:billet" in told
    assert "from 1 supplier," in told
    (login,) = blocks("clients", "Login")
    told = running.run(login)
    assert f"logged in to {running.url} as urn:example:mill with mill.pem" in told
    assert "planning" in told
    (http,) = blocks("clients", "HTTP")
    told = running.run(f"curl() {{ {tool('curl')} \"$@\"; }}\n{http}")
    assert '"footprintPerUnit":' in told
    assert told.count('"proof":"c2sp.org/tlog-proof@v1') == 5
    (sharing,) = blocks("clients", "Sharing")
    told = running.run(sharing)
    assert "urn:example:forge may read until 2034-12-31T00:00:00Z: entry" in told
    assert "inForce" in told
    assert "urn:example:mill:lot:heat-1 is published: entry" in told
    running.run(AUDITOR)
    check, fetch, go_on, sample, public = blocks("clients", "Auditor")
    for block in (check, fetch, go_on, go_on):
        assert "everything holds" in running.run(block)
    assert "urn:example:mill:lot:heat-1" in running.run(sample)
    assert running.run(public).count("everything that could be checked holds") == 2


def test_the_first_page_of_a_supplier(running: Running) -> None:
    """As printed, in a shell that knows no ledger's origin."""
    (supplier,) = [block for block in blocks("", "Start") if "key new" in block]
    (enrolment,) = [block for block in blocks("charts", "Enrolling organisations") if "enrol" in block]
    _, records = blocks("clients", "Supplier")
    keys, sign, signing = supplier.partition("carbon-ledger sign ")
    origin = "".join([line for line in keys.splitlines(keepends=True) if "vkey.txt" in line])
    running.run(f"unset CARBON_LEDGER_ORIGIN\n{keys}")
    running.run(enrolment)
    told = running.run(f"unset CARBON_LEDGER_ORIGIN\n{records.partition(sign)[0]}{origin}{sign}{signing}")
    assert "urn:example:mill:lot:heat-1" in told
    assert len((running.folder / "receipts.ndjson").read_text(encoding="utf-8").splitlines()) == 5


def test_the_smallest_plugin_is_a_sector() -> None:
    (code,) = blocks("plugins", "", "python")
    (project,) = blocks("plugins", "", "toml")
    names: dict[str, object] = {}
    exec(compile(code, "carbon_ledger_glass.py", "exec"), names)  # noqa: S102 - the guide's own code
    plugin = names["plugin"]
    assert callable(plugin)
    sector = plugin()
    assert isinstance(sector, Sector)
    about = tomllib.loads(project)
    assert about["project"]["entry-points"]["carbon_ledger.plugins"] == {sector.name: "carbon_ledger_glass:plugin"}
    assert about["project"]["version"] == sector.version
