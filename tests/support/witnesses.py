"""Real witness processes, `carbon-ledger witness`, and a log in memory that may show them two histories."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.log.add_checkpoint import AddCheckpoint, encode_request, log_id
from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.cosignature import CosignatureVerifier, parse_cosigner_vkey
from ledger.core.log.merkle import consistency_path, leaf_hash, tree_root
from ledger.core.log.note import NoteSigner, vkey
from support import prefork
from support.server import environment


class WitnessProcess:
    """One `carbon-ledger witness` process. `url` and `vkey` are what it printed; `start` begins again after a kill."""

    def __init__(self, folder: Path, vkeys: Sequence[str], *options: str, installed: Sequence[Path] = ()) -> None:
        self.folder = folder
        self._installed = installed
        self._arguments = [
            sys.executable, "-m", "ledger.cli", "witness", str(folder), *options,
            *(argument for one in vkeys for argument in ("--log", one)),
        ]
        self.port = 0
        self.url = self.vkey = ""
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self.start()

    def start(self) -> None:
        """At the port of the last time, since policies name it."""
        self.process = prefork.Popen(
            [*self._arguments, "--port", str(self.port)], stdout=subprocess.PIPE, stderr=self._log, cwd="/",
            env=environment(self.folder, None, self._installed),
        )
        output = self.process.stdout
        if output is None:
            raise RuntimeError("no output")
        self.url, self.vkey = output.readline().decode().strip(), output.readline().decode().strip()
        if not self.vkey:
            raise RuntimeError(f"the witness ended: {self.log()}")
        self.port = httpx.URL(self.url).port or 0

    def knows(self, vkey: str) -> None:
        """From the next start on it cosigns what this key of a log has signed, too."""
        self._arguments += ["--log", vkey]

    @property
    def verifier(self) -> CosignatureVerifier:
        return parse_cosigner_vkey(self.vkey)

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-4000:]

    def post(self, body: str | bytes) -> httpx.Response:
        return httpx.post(f"{self.url}/add-checkpoint", content=body, timeout=120)

    def newest(self, origin: str) -> str:
        """The note that it has cosigned last of a log."""
        return httpx.get(f"{self.url}/{log_id(origin)}/checkpoint", timeout=120).raise_for_status().text

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(120)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(120)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def __enter__(self) -> "WitnessProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._log.close()


class MemoryLog:
    """A log whose leaves are numbers. `fork` gives one that differs from a leaf on, under the same key."""

    def __init__(self, origin: str, size: int, seed: int = 1, other: int | None = None) -> None:
        self.signer = NoteSigner(origin, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))
        self.vkey = vkey(origin, self.signer.verifier.key)
        self._seed = seed
        self._leaves = [
            leaf_hash(number.to_bytes(8, "big") + (b"other" if other is not None and number >= other else b""))
            for number in range(size)
        ]

    def fork(self, leaf: int) -> "MemoryLog":
        return MemoryLog(self.signer.name, len(self._leaves), self._seed, leaf)

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.signer.name, size, tree_root(self._leaves[:size]))

    def note(self, size: int) -> str:
        return sign_checkpoint(self.checkpoint(size), self.signer)

    def proof(self, old: int, size: int) -> tuple[bytes, ...]:
        return tuple(consistency_path(self._leaves[:size], old)) if 0 < old < size else ()

    def request(self, old: int, size: int) -> str:
        return encode_request(AddCheckpoint(old, self.proof(old, size), self.note(size)))
