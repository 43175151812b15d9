"""Controls the postmaster of one data folder: starts or adopts it, waits until it answers, stops it."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from ledger.errors import ConfigurationError, Unavailable
from ledger.host.files.durable import give_to_owner
from ledger.host.signals import signals_deferred
from ledger.store.embedded.account import Account
from ledger.store.embedded.binaries import Programs
from ledger.store.embedded.layout import Layout, explained, make_owned_folder, write_file
from ledger.store.embedded.messages import last_messages, prune_logs, why_it_ended
from ledger.store.embedded.pidfile import is_alive, is_postmaster, read_postmaster, running_postmaster
from ledger.store.embedded.programs import run, spawn
from ledger.store.embedded.settings import host_memory, settings_text
from ledger.store.embedded.sockets import PORT, recorded_folder, socket_folder, socket_in

FAST_SECONDS = 60.0
_IMMEDIATE_SECONDS = 15.0
_QUIET_SECONDS = 3.0
_REPORT_EVERY_SECONDS = 5.0
_ORPHANS_SECONDS = 60.0
_AGAIN_SECONDS = 0.5
# PostgreSQL does not start while processes are still attached to the shared memory of a killed postmaster.
_ORPHANS_MESSAGE = "shared memory block"


class Cluster:
    """The cluster of one data folder. `cancelled` ends a wait for readiness early. `limit` is the longest duration of
    that wait, including crash recovery."""

    def __init__(
        self, layout: Layout, programs: Programs, account: Account, report: Callable[[str], None],
        cancelled: threading.Event, limit: float,
    ) -> None:
        self._layout = layout
        self._programs = programs
        self._account = account
        self._report = report
        self._cancelled = cancelled
        self._limit = limit
        self._child: subprocess.Popen[bytes] | None = None  # None while running: an adopted postmaster
        self.pid: int | None = None

    def start(self) -> None:
        """Return once the server accepts connections. Adopt a postmaster that runs on the folder already."""
        self._write_settings()
        if self._adopt():
            return
        give_up = time.monotonic() + _ORPHANS_SECONDS
        while True:
            self._launch()
            try:
                self._wait_until_ready()
                return
            except ConfigurationError as error:
                if _ORPHANS_MESSAGE not in error.message or time.monotonic() > give_up:
                    raise
            self._report("waiting for the processes of a killed PostgreSQL to end")
            self._cancelled.wait(0.5)

    def alive(self) -> bool:
        """Whether the postmaster runs and its socket is in place."""
        folder = recorded_folder(self._layout)
        return self._runs() and folder is not None and socket_in(folder).exists()

    def stop(self) -> bool:
        """Do a fast shutdown, which rolls back open transactions and writes a checkpoint; an immediate one if that
        takes too long. Returns whether the postmaster has ended."""
        for number, seconds in ((signal.SIGINT, FAST_SECONDS), (signal.SIGQUIT, _IMMEDIATE_SECONDS)):
            give_up = time.monotonic() + seconds
            next_signal = 0.0
            while self._runs():
                now = time.monotonic()
                if now > give_up:
                    break
                if now >= next_signal:
                    # Repeat the signal: a postmaster that has just started may still ignore it, if its parent does.
                    self._signal(number)
                    next_signal = now + _AGAIN_SECONDS
                time.sleep(0.02)
            else:
                self.pid = self._child = None
                return True
        return False

    def _adopt(self) -> bool:
        postmaster = running_postmaster(self._layout.data)
        if postmaster is None:
            return False
        if self._child is not None and self._child.pid != postmaster.pid:
            self._child = None
        self.pid = postmaster.pid
        if postmaster.status == "stopping" or postmaster.sockets != recorded_folder(self._layout) or not self._reload():
            self._report("stopping a PostgreSQL that cannot be reached")
            if not self.stop():
                raise ConfigurationError(f"PostgreSQL, process {postmaster.pid}, does not stop")
            return False
        self._report(f"taking over PostgreSQL, process {postmaster.pid}")
        self._wait_until_ready()
        return True

    def _reload(self) -> bool:
        """Let an adopted postmaster read the settings again. False if its socket does not exist."""
        folder = recorded_folder(self._layout)
        if folder is None or not socket_in(folder).exists():
            return False
        self._signal(signal.SIGHUP)
        return True

    def _write_settings(self) -> None:
        make_owned_folder(self._layout.log, self._account)
        configured = run([self._programs.path("pg_config"), "--configure"], self._account).stdout
        text = settings_text(host_memory(), lz4="--with-lz4" in configured)
        write_file(self._layout.settings, text, 0o644 if self._account.switch else 0o600)

    def _launch(self) -> None:
        layout = self._layout
        sockets = socket_folder(layout, self._account)
        command = [self._programs.path("postgres"), "-D", str(layout.data), "-p", str(PORT), "-k", str(sockets)]
        # These are on the command line, so that no ALTER SYSTEM can open the server to others.
        command += ["-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"]
        stale = read_postmaster(layout.data)
        # The number in a stale file may belong to another process by now. This variable tells PostgreSQL that this
        # process is not a postmaster. Removing the file would also remove the check for orphans on the shared memory.
        extra = {"PG_GRANDPARENT_PID": str(stale.pid)} if stale is not None and is_alive(stale.pid) else {}
        prune_logs(layout.log)
        with explained("cannot write PostgreSQL's first messages"):
            layout.start_log.unlink(missing_ok=True)
            handle = os.open(layout.start_log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            give_to_owner(handle, layout.start_log)
        # An interruption before the child is known would leave a server that nobody stops.
        with open(handle, "wb") as output, signals_deferred():
            self._child = spawn(command, self._account, output, extra)
            self.pid = self._child.pid

    def _wait_until_ready(self) -> None:
        began = time.monotonic()
        next_report = began + _QUIET_SECONDS
        while not self._answers():
            now = time.monotonic()
            if not self._runs():
                raise ConfigurationError(f"PostgreSQL did not start: {why_it_ended(self._layout)}")
            if self._cancelled.is_set():
                raise Unavailable("the database was stopped while it was starting")
            if now - began > self._limit:
                last = last_messages(self._layout, 8)
                raise ConfigurationError(f"PostgreSQL is not ready after {self._limit:.0f} s, last messages:\n{last}")
            if now > next_report:
                next_report = now + _REPORT_EVERY_SECONDS
                last = last_messages(self._layout, 1)
                self._report(f"PostgreSQL is starting or recovering, {now - began:.0f} s: {last}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        postmaster = read_postmaster(self._layout.data)
        if postmaster is None or postmaster.pid != self.pid or postmaster.status != "ready":
            return False
        command = [self._programs.path("pg_isready"), "-q", "-t", "5", "-h", str(postmaster.sockets), "-p", str(PORT)]
        return run(command, self._account).returncode == 0

    def _runs(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return self.pid is not None and is_postmaster(self.pid, self._layout.data)

    def _signal(self, number: int) -> None:
        if self.pid is not None and self._runs():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
