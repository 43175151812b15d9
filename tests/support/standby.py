"""A real standby: `pg_basebackup` of a running cluster, which streams from it, with the programs of the same wheel."""

import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

import psutil

from ledger.store.embedded import EmbeddedPostgres
from ledger.store.embedded.account import account_for
from ledger.store.embedded.binaries import programs_for
from ledger.store.embedded.layout import Layout, make_owned_folder
from ledger.store.embedded.programs import run, spawn
from ledger.store.embedded.sockets import PORT
from support.databases import Database
from support.waiting import until

_SETTINGS: Final = ("listen_addresses=", "shared_buffers=32MB", "hot_standby=on", "logging_collector=off")


class Standby:
    """Follows the cluster of `home` from its start on; `url` is of the owner. Ended, and gone, with the test."""

    def __init__(self, home: Path, postgres: EmbeddedPostgres) -> None:
        self._account = account_for(Layout.at(home).data)
        self._programs = programs_for(self._account, print)
        self._folder = Path(tempfile.mkdtemp(prefix="standby-", dir=home.parent))
        self._folder.chmod(0o711)
        self._sockets = Path(tempfile.mkdtemp(prefix="standby-", dir="/tmp"))
        shutil.chown(self._sockets, self._account.uid, self._account.gid)
        make_owned_folder(self._folder / "cluster", self._account)
        self._data = self._folder / "cluster" / "data"
        copied = run([
            self._programs.path("pg_basebackup"), "-D", str(self._data), "-d", postgres.owner_url, "-R", "-c", "fast",
            "-X", "stream",
        ], self._account)
        if copied.returncode:
            raise RuntimeError(copied.stderr)
        (folder,) = parse_qs(urlsplit(postgres.owner_url).query)["host"]
        self.url = postgres.owner_url.replace(quote(folder), quote(str(self._sockets))).replace(
            folder, str(self._sockets)
        )
        self._log = (self._folder / "log").open("wb")
        command = [self._programs.path("postgres"), "-D", str(self._data), "-p", str(PORT), "-k", str(self._sockets)]
        command += [part for setting in _SETTINGS for part in ("-c", setting)]
        self._process = spawn(command, self._account, self._log, {})
        until(self._answers)

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError((self._folder / "log").read_text()[-2000:])
        command = [self._programs.path("pg_isready"), "-q", "-h", str(self._sockets), "-p", str(PORT)]
        return run(command, self._account).returncode == 0

    def freeze(self) -> None:
        """SIGSTOP to each of its processes: it confirms nothing any more, and keeps its connections."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        postmaster = psutil.Process(self._process.pid)
        for process in (postmaster, *postmaster.children(recursive=True)):
            with suppress(ProcessLookupError, psutil.NoSuchProcess):
                os.kill(process.pid, number)

    def detach(self) -> None:
        """It receives nothing any more: what is committed from now on it lacks."""
        with Database(self.url) as database:
            database.execute("ALTER SYSTEM SET primary_conninfo = ''")
            database.execute("SELECT pg_reload_conf()")
            until(lambda: database.one("SELECT count(*) FROM pg_stat_wal_receiver") == 0)

    def promote(self) -> None:
        """It is the primary from now on, with whatever it has received."""
        with Database(self.url) as database:
            if not database.one("SELECT pg_promote(true, 60)"):
                raise RuntimeError((self._folder / "log").read_text()[-2000:])

    def __enter__(self) -> "Standby":
        return self

    def __exit__(self, *_: object) -> None:
        self.thaw()
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(120)
        self._log.close()
        shutil.rmtree(self._sockets, ignore_errors=True)
        shutil.rmtree(self._folder, ignore_errors=True)
