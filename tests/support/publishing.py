"""A ledger whose heads need witnesses: three real ones, of which two are a quorum, and the policy that says so."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import msgspec

from ledger.core.log.note import vkey
from ledger.core.log.policy import CosignedHead, Policy, open_cosigned, parse_policy
from ledger.core.receipts.acknowledgement import Acknowledgement, read_answer
from ledger.core.receipts.receipt import Receipt
from ledger.host.files.key_files import LOG_KEY, new_key, write_key
from support.cli import run
from support.server import Posted, Server, prepared_home
from support.witnesses import WitnessProcess

ORIGIN = "carbon-ledger.test/witnessed"
NAMES = ("alpha", "beta", "gamma")


class Site:
    """The folder of a ledger, its key made ahead, so that witnesses can know it before it starts."""

    def __init__(self, home: Path, origin: str = ORIGIN) -> None:
        self.home = home
        self.policy_file = home.parent / "policy"
        home.mkdir(mode=0o711, exist_ok=True)
        key = new_key()
        write_key(home / LOG_KEY, key)
        self.vkey = vkey(origin, key.private.public_key())
        self.origin = origin

    def witness(self, name: str, *options: str, installed: Sequence[Path] = ()) -> WitnessProcess:
        return WitnessProcess(self.home.parent / f"witness-{name}", [self.vkey], "--name", f"{name}.test", *options,
                              installed=installed)

    def write_policy(self, lines: Sequence[str]) -> None:
        self.policy_file.write_text("".join(line + "\n" for line in [f"log {self.vkey}", *lines]))

    @property
    def policy(self) -> Policy:
        return parse_policy(self.policy_file.read_bytes())

    @property
    def variables(self) -> dict[str, str]:
        """What a server, or its operator, is given."""
        return {"CARBON_LEDGER_ORIGIN": self.origin, "CARBON_LEDGER_POLICY": str(self.policy_file)}

    def serve(self, database_url: str | None = None, *, policy: bool = True, **variables: str) -> Server:
        found = {**self.variables, **variables}
        if not policy:
            del found["CARBON_LEDGER_POLICY"]
        return Server(self.home, database_url, (), None, "ledger.cli", **found)

    def accept(self) -> None:
        """The operator decides for the policy that is written, since the witnesses of the log's own do not answer."""
        size = json.loads(run("anchor", "show", "--home", self.home, "--json", cwd=None, **self.variables).out)["size"]
        run("anchor", "accept", "--size", size, "--home", self.home, cwd=None, **self.variables).succeeded()

    def checkpoint(self, url: str) -> CosignedHead:
        """The published checkpoint, which must have the log's signature and the quorum."""
        note = httpx.get(f"{url}/log/checkpoint", timeout=120).raise_for_status().text
        return open_cosigned(note, self.policy, self.policy.logs[0].verifier)


def lines_of(names: Sequence[str], witnesses: Sequence[tuple[str, str]], quorum: str = "2") -> list[str]:
    """Lines of a policy: each of `names` has the vkey and address of a witness."""
    return [
        *[f"witness {name} {key} {url}" for name, (key, url) in zip(names, witnesses, strict=True)],
        f"group all-of-them {quorum} {' '.join(names)}", "quorum all-of-them",
    ]


@contextlib.contextmanager
def site() -> Iterator[Site]:
    with prepared_home() as home:
        yield Site(home)


@contextlib.contextmanager
def three_witnesses(place: Site, *installed: Path) -> Iterator[list[WitnessProcess]]:
    """Two of Ed25519, one of ML-DSA-44, and the policy written: two of three."""
    with (
        place.witness("alpha", installed=installed) as alpha, place.witness("beta", installed=installed) as beta,
        place.witness("gamma", "--algorithm", "ml-dsa-44", installed=installed) as gamma,
    ):
        found = [alpha, beta, gamma]
        place.write_policy(lines_of(NAMES, [(one.vkey, one.url) for one in found]))
        yield found


def acknowledged(server: Server, posted: Sequence[Posted], wait: float = 0) -> list[Receipt | Acknowledgement]:
    """Posts records that must all be admitted, and takes what is answered first."""
    return answers(server, server.envelopes(posted), wait)


def answers(server: Server, envelopes: Sequence[bytes], wait: float = 0) -> list[Receipt | Acknowledgement]:
    response = httpx.post(
        f"{server.url}/v1/records", content=b"\n".join(envelopes), params={"wait": wait},
        headers={"Content-Type": "application/x-ndjson"}, timeout=90,
    ).raise_for_status()
    found = [read_answer(line) for line in response.content.splitlines()]
    if len(found) != len(envelopes):
        raise AssertionError(response.text[:500])
    return found


def proof(server: Server, digest: str, wait: float | None = None, size: int | None = None) -> httpx.Response:
    parameters = {name: value for name, value in (("wait", wait), ("size", size)) if value is not None}
    return httpx.get(f"{server.url}/v1/records/{digest}/proof", params=parameters, timeout=90)


def receipt(response: httpx.Response) -> Receipt:
    return msgspec.json.decode(response.raise_for_status().content, type=Receipt)
