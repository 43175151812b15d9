"""An operator's night: one fault after the other under a load, and what `doctor` says of each.

`python tests/drills/night.py`: some six minutes. The home lies on a small file system of its own, in a mount namespace,
by root or where the host lets users have namespaces. The exit code is 1 if `doctor` does not name a fault within ten
seconds of being asked, if it finds nothing wrong although posts are not answered, if a fault outlasts its cause without
a restart, if an acknowledged record is missing, or if the audit does not hold.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.certificates import Authority, key_pem, new_key, pem
from support.clock import Clock
from support.databases import Database
from support.load import Load, check_promises
from support.overload import exit_code
from support.proxy import Proxy
from support.publishing import Site, acknowledged, lines_of
from support.server import Server, command, environment, prepared_home
from support.small_disk import small_disk
from support.standby import Standby
from support.waiting import until
from support.witness import Witness, audited
from support.workshop import workshop

from ledger.store.embedded import EmbeddedPostgres, default_home

RATE: Final = 25.0
"""Posts a second."""
ASKED_SECONDS: Final = 10.0
"""An operator who asks waits no longer."""
MENDED_SECONDS: Final = 90.0
"""After its cause has gone, a fault ends by itself in this time."""
ANSWERED_SECONDS: Final = 5.0
MEGABYTES: Final = 3_000
"""`doctor` wants a gibibyte free."""
_ROOM: Final = 1 << 20
_HOUR: Final = 3_600


class Paced(Load):
    """Single records at `RATE`, as long as they are answered."""

    def __init__(self, server: Server, name: str, url: Callable[[], str]) -> None:
        super().__init__(server, name, url, (1,))
        self.last = time.monotonic()
        """When a post was answered."""

    def _deliver(self, envelopes: Sequence[bytes]) -> None:
        began = time.monotonic()
        super()._deliver(envelopes)
        self.last = time.monotonic()
        time.sleep(max(0.0, 1 / RATE - (self.last - began)))

    def is_answered(self) -> bool:
        """Whether a post is answered soon."""
        before, give_up = self.batches, time.monotonic() + ANSWERED_SECONDS
        while self.batches == before and time.monotonic() < give_up:
            time.sleep(0.05)
        return self.batches > before


class Operator:
    """Asks `doctor`, and keeps what was wrong with its answers. `is_answered`: whether a post is answered soon.
    `variables`: the settings of the servers."""

    def __init__(
        self, home: Path, is_answered: Callable[[], bool], installed: Sequence[Path] = (), **variables: str
    ) -> None:
        self.faults: list[str] = []
        self._is_answered = is_answered
        self._environment = {**environment(home, None, installed), **variables}

    def ask(self) -> dict[str, str]:
        """The errors that `doctor` finds, by check."""
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "ledger.cli", "doctor", "--json"], env=self._environment, cwd="/",
            capture_output=True, text=True, timeout=120, check=False)
        seconds = time.monotonic() - began
        if seconds > ASKED_SECONDS:
            self.faults.append(f"doctor answered after {seconds:.1f} s")
        if done.returncode not in (0, 1) or not done.stdout:
            raise RuntimeError(f"doctor ended with {done.returncode}: {done.stderr[-2000:]}")
        errors = {one["check"]: one["message"] for one in json.loads(done.stdout)["findings"]
                  if one["level"] == "error"}
        if bool(errors) != bool(done.returncode):
            self.faults.append(f"exit code {done.returncode} with the errors {errors}")
        return errors

    def goes_through(
        self, name: str, begin: Callable[[], object], mend: Callable[[], object], checks: Sequence[str], *,
        stops: bool = True,
    ) -> None:
        """A fault and its end. `checks`: those of `doctor` of which one names it; none if it may be over before anybody
        asks. `stops`: no post is answered meanwhile."""
        began = time.monotonic()
        begin()
        if stops:
            until(lambda: not self._is_answered(), f"{name}: posts go on")
        self._named(name, checks)
        mend()
        mended = time.monotonic()
        while (errors := self.ask()) and time.monotonic() - mended < MENDED_SECONDS:
            time.sleep(0.5)
        if errors:
            self.faults.append(f"{name}: {MENDED_SECONDS:.0f} s after its end doctor says {errors}")
        elif not self._is_answered():
            self.faults.append(f"{name}: doctor finds nothing wrong, but posts are not answered")
        print(f"{name}: {time.monotonic() - began:.0f} s, well again after {time.monotonic() - mended:.0f} s"
              if not errors else f"{name}: still {errors}", flush=True)

    def _named(self, name: str, checks: Sequence[str]) -> None:
        """Asks once; a second time if the fault shows only after a while by nature, such as a witness's silence."""
        give_up = time.monotonic() + MENDED_SECONDS
        while True:
            errors = self.ask()
            named = {check: errors[check] for check in checks if check in errors}
            if named:
                print(f"{name}: doctor says {next(iter(named.items()))}", flush=True)
                return
            if not errors and not self._is_answered():
                self.faults.append(f"{name}: doctor finds nothing wrong, but posts are not answered")
                return
            if not checks:
                return
            if time.monotonic() > give_up:
                self.faults.append(f"{name}: doctor names {errors or 'nothing'} instead of {' or '.join(checks)}")
                return
            time.sleep(1)


@contextmanager
def night(
    home: Path, servers: Sequence[Server], installed: Sequence[Path] = (), **variables: str
) -> Iterator[tuple[Operator, Paced]]:
    """A load on servers of a home, until the end of the block; then nothing acknowledged is missing."""
    first = servers[0]
    witness = Witness(first.vkey)
    before = witness.look(first.url).size
    turns = iter(range(1 << 60))

    def url() -> str:
        running = [one.url for one in servers if one.process.poll() is None]
        return running[next(turns) % len(running)] if running else first.url

    load = Paced(first, "night", url)
    load.start()
    try:
        yield Operator(home, load.is_answered, installed, **variables), load
    finally:
        load.finish()
    left = next(one for one in servers if one.process.poll() is None)
    check_promises(left, [load], witness, before)
    print(f"{len(load.promises)} records were acknowledged, and all are on the log", flush=True)


def embedded(folder: Path) -> list[str]:
    """The embedded database on a disk that fills, killed; a certificate, a clock, a replica; a backup that is restored
    elsewhere."""
    with tempfile.TemporaryDirectory() as outside, ExitStack() as stack:
        home, filler = folder / "home", folder / "filler"
        authority, clock = Authority(), Clock(Path(outside, "clock"))
        cert, key = Path(outside, "cert.pem"), Path(outside, "key.pem")

        def certify(*days: int) -> None:
            fresh = new_key()
            key.touch(0o600)
            key.write_bytes(key_pem(fresh))
            cert.write_bytes(pem(authority.issue(fresh, days=(days[0], days[1]))))

        certify(-1, 30)
        files = {"CARBON_LEDGER_TLS_CERT": str(cert), "CARBON_LEDGER_TLS_KEY": str(key)}
        servers = [stack.enter_context(Server(home, None, [clock.folder])) for _ in range(2)]
        secure = stack.enter_context(Server(home, None, [clock.folder], None, "ledger.cli", **files))

        def fill() -> None:
            free = os.statvfs(folder)
            with filler.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_bsize - _ROOM)

        def kill_database() -> None:
            for process in psutil.process_iter(["name", "cmdline"]):
                if process.info["name"] == "postgres" and str(home) in " ".join(process.info["cmdline"] or ()):
                    process.kill()

        def replace_replica() -> None:
            servers.append(stack.enter_context(Server(home, None, [clock.folder])))

        with night(home, servers, [clock.folder], **files) as (operator, load):
            operator.goes_through("the disk is full", fill, filler.unlink, ("disk", "server", "database", "commit"))
            operator.goes_through("the database is killed", kill_database, lambda: None, (), stops=False)
            operator.goes_through("a replica is killed", servers[1].kill, replace_replica, ("server",), stops=False)
            operator.goes_through("the certificate expires", lambda: certify(-2, -1), lambda: certify(-1, 30), ("tls",),
                                  stops=False)
            httpx.get(f"{secure.url}/health/ready", verify=authority.context(), timeout=60).raise_for_status()
            operator.goes_through("the clock is set ahead", lambda: clock.set(_HOUR), lambda: clock.set(0),
                                  ("clock", "server"))
            operator.faults += _backed_up(home, Path(outside), len(load.promises))
        return operator.faults


def _backed_up(home: Path, outside: Path, before: int) -> list[str]:
    """A backup under the load, restored elsewhere, holds at least the `before` records of until then."""
    passphrase, backup = outside / "passphrase", outside / "backup"
    passphrase.write_text("a passphrase\n")
    passphrase.chmod(0o600)
    with prepared_home() as other:
        elsewhere = other.parent / "restored"
        for name, where in (("backup", home), ("restore", elsewhere)):
            done = command(where, name, str(backup), "--home", str(where), "--passphrase-file", str(passphrase))
            if done.returncode:
                return [f"{name}: {done.stderr[-500:]}"]
        audit = subprocess.run(
            [sys.executable, "-m", "ledger.cli", "audit", "--json"], capture_output=True, text=True, check=False,
            env={**environment(elsewhere), "CARBON_LEDGER_PASSPHRASE": passphrase.read_text().strip()})
    entries = json.loads(audit.stdout)["entries"] if audit.stdout else 0
    print(f"a backup and its restored ledger hold {entries} entries", flush=True)
    return [] if audit.returncode == 0 and entries >= before else [
        f"the restored ledger has {entries} entries, {before} were acknowledged before: {audit.stderr[-300:]}"]


def external() -> list[str]:
    """A database of its own, whose stale standby is promoted, until the right primary is back."""
    with (
        prepared_home() as home, EmbeddedPostgres(home) as postgres, Proxy(postgres.owner_url) as proxy,
        Server(home, proxy.url) as server, Standby(home, postgres) as standby,
    ):
        with night(home, [server], CARBON_LEDGER_DATABASE_URL=proxy.url) as (operator, load):
            standby.detach()
            until(load.is_answered)
            standby.promote()

            def aim(url: str) -> None:
                proxy.aim(url)
                for one in (postgres.owner_url, standby.url):
                    with Database(one) as database:
                        database.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                       "WHERE datname = current_database() AND pid <> pg_backend_pid()")

            operator.goes_through("a stale standby is promoted", lambda: aim(standby.url),
                                  lambda: aim(postgres.owner_url), ("server", "anchor", "database"))
        return operator.faults


def witnessed() -> list[str]:
    """Two witnesses are the quorum, and one is silent for more than a minute."""
    with prepared_home() as home:
        place = Site(home)
        with place.witness("alpha") as alpha, place.witness("beta") as beta:
            place.write_policy(lines_of(("alpha", "beta"), [(one.vkey, one.url) for one in (alpha, beta)]))
            with place.serve() as server:
                shop = workshop(server, "works", pot="1000")

                def is_answered() -> bool:
                    try:
                        return bool(acknowledged(server, [shop.use({"pot": "1"})]))
                    except httpx.HTTPError:
                        return False

                operator = Operator(home, is_answered, (), **place.variables)
                operator.goes_through(
                    "a witness is silent", lambda: beta.process.send_signal(signal.SIGSTOP),
                    lambda: beta.process.send_signal(signal.SIGCONT), ("quorum",), stops=False)
                report = audited(server)
        return [*operator.faults, *[str(one) for one in report.findings]]


NIGHTS: Final = {"external": external, "witnessed": witnessed}


def main(names: Sequence[str]) -> int:
    """The nights of these names, or all. The first one runs on a small disk, in a process of its own."""
    if names[:1] == ["on"]:
        return exit_code({"embedded": embedded(Path(names[1]))})
    faults: dict[str, list[str]] = {}
    for name in names or ("embedded", *NIGHTS):
        if name == "embedded":
            faults[name] = [] if _on_small_disk() == 0 else ["see above"]
        else:
            faults[name] = NIGHTS[name]()
    return exit_code(faults)


def _on_small_disk() -> int:
    base = default_home().parent
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base, prefix="night-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        return subprocess.run(
            [*small_disk(Path(folder), MEGABYTES), sys.executable, str(Path(__file__)), "on", folder],
            # Sockets too: in a user's namespace /tmp belongs to nobody who is known there.
            env={**os.environ, "TMPDIR": folder}, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
