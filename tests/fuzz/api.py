"""The HTTP API by its own schema: schemathesis makes requests of every operation, valid and not, and the server must
answer each with what the schema says, never with an error of its own."""

import json
import subprocess
import sys
from pathlib import Path

from support.generator import generate, parties
from support.parties import enrolment, nonces
from support.server import Server, temporary_home

from ledger.core.receipts.receipt import ProvenLeaf

SEED, SIZE = 11, 60
CHECKS = "not_a_server_error"


def fuzz_api(seconds: float, folder: Path) -> int:
    """How many runs failed: with parameters of every kind, with names that are on the ledger, and the audit after both.
    The reports are printed."""
    folder.mkdir(parents=True, exist_ok=True)
    with temporary_home() as home, Server(home) as server:
        new = nonces(SEED, "enrolments")
        registrar = server.registrar
        server.post([
            (registrar, enrolment(one, registrar, server.origin, next(new))) for one in parties(SEED, SIZE)
        ])
        receipts = server.post(list(generate(SEED, SIZE)))
        lots = [leaf["lot"] for receipt in receipts for leaf in map(_leaf, receipt.leaves) if "lot" in leaf]
        names = {"lot": lots[-3:], "digest": [receipt.digest for receipt in receipts[-3:]],
                 "holder": [one.id for one in parties(SEED, SIZE)][:3]}
        (folder / "named.toml").write_text(
            "[parameters]\n" + "".join(f"{name} = {json.dumps(values)}\n" for name, values in names.items())
        )
        (folder / "any.toml").write_text("")
        failed = sum(_run(server.url, folder, f"{name}.toml", seconds / 2) for name in ("any", "named"))
        report = server.audit()
    if report.returncode:
        print(report.stdout)
    return failed + int(report.returncode != 0)


def _run(url: str, folder: Path, configuration: str, seconds: float) -> bool:
    """Whether it failed."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("schemathesis")), "--config-file", configuration, "run",
         f"{url}/schema/openapi.json", "--checks", CHECKS, "--phases", "examples,coverage,fuzzing",
         "--max-time", str(max(1, round(seconds))), "--request-timeout", "60", "--no-color", "--warnings", "off"],
        cwd=folder, timeout=seconds + 120, check=False,
    )
    return done.returncode != 0


def _leaf(shown: ProvenLeaf) -> dict[str, object]:
    found: dict[str, object] = json.loads(bytes(shown.leaf))
    return found
