"""The HTTP API by its own schema: schemathesis makes requests of every operation, valid and not, and the server must
answer each with what the schema says, never with an error of its own."""

import os
import subprocess
import sys
from pathlib import Path

from support.generator import generate, parties
from support.parties import enrolment, nonces
from support.server import Server, temporary_home

SEED, SIZE = 11, 60
CHECKS = "not_a_server_error"


def fuzz_api(seconds: float, folder: Path) -> int:
    """How many failures there were; the report stays in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with temporary_home() as home, Server(home) as server:
        new = nonces(SEED, "enrolments")
        registrar = server.registrar
        server.post([
            (registrar, enrolment(one, registrar, server.origin, next(new))) for one in parties(SEED, SIZE)
        ])
        server.post(list(generate(SEED, SIZE)))
        done = subprocess.run(
            [str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/schema/openapi.json",
             "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-time", str(max(1, round(seconds))),
             "--request-timeout", "60", "--no-color"],
            cwd=folder, env={**os.environ, "HYPOTHESIS_DATABASE": "none"}, timeout=seconds + 120, check=False,
        )
        report = server.audit()
    if report.returncode:
        print(report.stdout)
    return int(done.returncode != 0) + int(report.returncode != 0)
