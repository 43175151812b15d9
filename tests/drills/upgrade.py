"""A rolling upgrade under load, and one version back: `python tests/drills/upgrade.py COMMIT [SECONDS]`.

Two replicas of the version at COMMIT serve one database. Suppliers post all the time and repeat what was not answered
with a receipt. Each replica in turn becomes this tree's version, then both go back. Nobody activates anything:
versions in force run from their archives where they are not installed. At the end every acknowledged record must be on
the log, the log must never have forked, and audits by both versions must hold. If the two versions have different
schemas there is no upgrade, and the drill ends with both digests.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.prefork import FRESH
from support.server import Server, answer_of, environment, prepared_home
from support.witness import Witness
from support.workshop import Workshop, workshop

from ledger.core.receipts.receipt import Receipt, verify_receipt
from ledger.core.signatures.envelope import seal
from ledger.store.embedded import EmbeddedPostgres

ROOT: Final = Path(__file__).resolve().parents[2]
SUPPLIERS: Final = 4
_PAUSE_SECONDS: Final = 0.05


class Version(NamedTuple):
    """A version of the program: its name here, and the PYTHONPATH on which it comes first."""

    name: str
    path: str


def version(name: str, tree: Path) -> Version:
    plugins = sorted([path.parent for path in tree.glob("plugins/*/pyproject.toml")])
    support = [ROOT / "tests", ROOT / "tests" / "support" / "installed"]
    return Version(name, os.pathsep.join(str(path) for path in (tree, *plugins, *support)))


@contextmanager
def tree_of(commit: str) -> Iterator[Path]:
    """The files of a commit."""
    with tempfile.TemporaryDirectory(prefix="upgrade-") as folder:
        archive, tree = Path(folder, "tree.tar"), Path(folder, "tree")
        Path(folder).chmod(0o711)
        with archive.open("wb") as file:
            subprocess.run(["git", "archive", commit], cwd=ROOT, stdout=file, check=True)  # noqa: S607
        with tarfile.open(archive) as packed:
            packed.extraction_filter = getattr(tarfile, "data_filter", None)  # Debian 12 has 3.11.2, which lacks it
            packed.extractall(tree)  # noqa: S202 -- our own
        (tree / "ledger" / "_sql").symlink_to(tree / "sql")
        yield tree


class Load:
    """Suppliers that post one record at a time, to the replicas in turn. `answers` counts answers by status and code,
    `longest` is the longest time in seconds until a record had its receipt."""

    def __init__(self, shops: Sequence[Workshop], origin: str, urls: Sequence[str]) -> None:
        self.answers: Counter[str] = Counter()
        self.receipts: list[Receipt] = []
        self.longest = 0.0
        self.errors: list[Exception] = []
        self.urls = urls
        self._origin = origin
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._supply, args=(shop,)) for shop in shops]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _supply(self, shop: Workshop) -> None:
        tries = 0
        while not self._ended.is_set():
            lot = f"lot-{tries}"
            party, record = shop.make({lot: "0.001"}, {"pot": "0.001"}) if tries % 2 else shop.use({"pot": "0.001"})
            envelope = msgspec.json.encode(seal(record, party.key, self._origin))
            begun, receipt = time.monotonic(), None
            while receipt is None:
                tries += 1
                try:
                    receipt = self._post(self.urls[tries % len(self.urls)], envelope)
                except AssertionError as error:
                    self.errors.append(error)
                    return
                time.sleep(_PAUSE_SECONDS)
            self.receipts.append(receipt)
            self.longest = max(self.longest, time.monotonic() - begun)

    def _post(self, url: str, envelope: bytes) -> Receipt | None:
        try:
            response = httpx.post(f"{url}/v1/records", content=envelope + b"\n", timeout=60,
                                  headers={"Content-Type": "application/x-ndjson"})
        except httpx.HTTPError as error:
            self.answers[type(error).__name__] += 1
            return None
        answer = answer_of(response.content.splitlines()[0])
        if isinstance(answer, Receipt):
            self.answers["receipt"] += 1
            return answer
        self.answers[f"{answer.get('status')} {answer.get('code')}"] += 1
        if answer.get("status") not in (429, 503):
            raise AssertionError(answer)
        return None


class Cluster:
    """Replicas on one database, each of one version of the program."""

    def __init__(self, home: Path, url: str, old: Version) -> None:
        self.home, self.url = home, url
        self.versions = [old, old]
        self.replicas = [self._started(old), self._started(old)]
        self.urls = [server.url for server in self.replicas]

    def replace(self, place: int, by: Version) -> None:
        """Stops a replica, and starts another one in its place."""
        self.replicas[place].stop()
        self.replicas[place] = self._started(by)
        self.versions[place] = by
        self.urls[place] = self.replicas[place].url

    def stop(self) -> None:
        for server in self.replicas:
            server.__exit__()

    def _started(self, of: Version) -> Server:
        return Server(self.home, self.url, program=FRESH, PYTHONPATH=of.path)


def command(home: Path, by: Version, *arguments: str) -> str:
    """The last line that a command of a version prints. Raises AssertionError if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", FRESH, *arguments], capture_output=True, text=True, check=False, cwd="/",
        env={**environment(home), "PYTHONPATH": by.path},
    )
    if done.returncode:
        raise AssertionError(done.stdout + done.stderr)
    return done.stdout.strip().splitlines()[-1]


def schema_of(by: Version) -> str:
    """The digest of a version's schema. Raises SystemExit if it states none, as versions up to 0.2."""
    program = "from ledger.store.migrating.versions import program_schema; print(program_schema().digest)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd="/",
                          env={**os.environ, "PYTHONPATH": by.path})
    if done.returncode:
        raise SystemExit(f"the {by.name} version states no digest of its schema: {done.stderr.splitlines()[-1]}")
    return done.stdout.strip()


def require_same_schema(old: Version, new: Version) -> None:
    """Raises SystemExit, with both digests, if there is no upgrade between these versions."""
    digests = [schema_of(old), schema_of(new)]
    if digests[0] != digests[1]:
        raise SystemExit("no upgrade: the old version has the schema {}, the new one {}".format(*digests))


def drill(home: Path, old: Version, new: Version, seconds: float) -> None:
    with EmbeddedPostgres(home) as postgres:
        cluster = Cluster(home, postgres.owner_url, old)
        try:
            run(cluster, old, new, seconds)
        finally:
            cluster.stop()


def run(cluster: Cluster, old: Version, new: Version, seconds: float) -> None:
    first = cluster.replicas[0]
    witness, vkey = Witness(first.vkey), first.vkey
    shops = [workshop(first, f"shop-{i}", pot="1000") for i in range(SUPPLIERS)]
    with Load(shops, first.origin, cluster.urls) as load:
        for place, by in ((None, old), (0, new), (1, new), (0, old), (1, old)):
            begun, before = time.monotonic(), len(load.receipts)
            if place is not None:
                cluster.replace(place, by)
            while time.monotonic() < begun + seconds:
                for url in cluster.urls:
                    witness.look(url)
                time.sleep(0.5)
            names = " and ".join([served.name for served in cluster.versions])
            print(f"replicas {names}: {len(load.receipts) - before} records acknowledged", flush=True)
    if load.errors:
        raise load.errors[0]
    for receipt in load.receipts:
        verify_receipt(receipt, vkey)
    entries = set(witness.check(cluster.urls[0]))
    lost = [receipt.digest for receipt in load.receipts if b64decode(receipt.entry) not in entries]
    print(f"answers: {dict(load.answers)}; longest time to a receipt {load.longest:.1f} s")
    print(f"{len(load.receipts)} acknowledged records, {len(lost)} lost; {len(witness.seen)} checkpoints of one log")
    for by in (old, new):
        print(f"audit by the {by.name} version: {command(cluster.home, by, 'audit', cluster.urls[0], '--vkey', vkey)}")
    if lost:
        raise AssertionError(f"lost: {lost[:3]}")


def main() -> None:
    commit, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 15.0
    with tree_of(commit) as tree, prepared_home() as home:
        old, new = version("old", tree), version("new", ROOT)
        require_same_schema(old, new)
        drill(home, old, new, seconds)


if __name__ == "__main__":
    main()
