"""Supervises an embedded PostgreSQL: the process that owns it starts it, restarts it after a crash, and stops it."""

import atexit
import enum
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.errors import ConfigurationError, LedgerError
from ledger.store.embedded.account import account_for
from ledger.store.embedded.addresses import Addresses, addresses
from ledger.store.embedded.binaries import programs_for
from ledger.store.embedded.cluster import Cluster
from ledger.store.embedded.initialise import ensure_cluster
from ledger.store.embedded.layout import Layout, make_folders
from ledger.store.embedded.lock import OwnerLock
from ledger.store.embedded.messages import prune_logs, why_it_ended
from ledger.store.embedded.sockets import recorded_folder, remove_socket_folder

RESTART_DELAYS = (0.0, 1.0, 3.0, 10.0, 30.0)
"""Seconds before each attempt to restart PostgreSQL; all later ones wait as long as the last of these."""
START_LIMIT_SECONDS = 1800.0
_POLL_SECONDS = 0.2
_STEADY_SECONDS = 60.0
_PRUNE_SECONDS = 600.0
_log = logging.getLogger(__name__)


class ClusterState(enum.Enum):
    """`RESTARTING`: PostgreSQL has ended, and starts again as soon as it can; `failure` is why it could not so far.
    `FAILED`: its supervisor has; to continue, call `stop` and `start`."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    FAILED = "failed"


class EmbeddedPostgres:
    """PostgreSQL on the data folder `home`, owned by this process.

    - A home has one owner: a second `start` on the same home, in this or another process, raises `ConfigurationError`
      with the code `home-in-use`. Such a process must use `attach`.
    - `start` and `stop` block: call them in a thread from asynchronous code. An owner that ends normally stops
      PostgreSQL even without `stop`.
    - If the owner is killed without warning (SIGKILL, or SIGTERM without a handler), PostgreSQL continues to run.
      Nothing acknowledged is lost, `attach` still works, and the next `start` takes over the same server.
    - If PostgreSQL dies, a thread of this object restarts it, at the same addresses. It goes on trying: a full disk may
      have room again at any time.
    - `on_progress` receives messages about slow steps. After the first start, that thread calls it.
    - A forked child must not use its parent's object; `stop` does nothing in the child.
    """

    def __init__(
        self, home: Path, *, on_progress: Callable[[str], None] | None = None, start_limit: float = START_LIMIT_SECONDS
    ) -> None:
        self.state = ClusterState.STOPPED
        self.failure: LedgerError | None = None
        self._layout = Layout.at(home)
        self._report = on_progress or _log.info
        self._start_limit = start_limit
        self._mutex = threading.Lock()
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        self._cluster: Cluster | None = None
        self._lock: OwnerLock | None = None
        self._process = os.getpid()

    @property
    def addresses(self) -> Addresses:
        """Raises `ConfigurationError` before the first start and after `stop`."""
        sockets = recorded_folder(self._layout)
        if self._cluster is None or sockets is None:
            raise ConfigurationError(f"the database in {self._layout.home} is not running")
        return addresses(self._layout, sockets)

    @property
    def owner_url(self) -> str:
        return self.addresses.owner_url

    @property
    def app_url(self) -> str:
        return self.addresses.app_url

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster."""
        return None if self._cluster is None else self._cluster.pid

    def start(self) -> None:
        """Create the database if it does not exist. Return once it accepts connections, after a recovery if necessary.

        Raises `ConfigurationError`; then no server runs, and no half-made database remains.
        """
        with self._mutex:
            if self._cluster is not None:
                raise ConfigurationError(f"the database in {self._layout.home} was started already")
            self._process = os.getpid()
            self._stopping.clear()
            self.state = ClusterState.STARTING
            self.failure = None
            lock = OwnerLock(self._layout.owner_lock)
            try:
                make_folders(self._layout, account_for(self._layout.data))
                lock.acquire()
                self._cluster = self._first_start()
            except BaseException:
                self.state = ClusterState.STOPPED
                lock.release()
                raise
            self._lock = lock
            self.state = ClusterState.RUNNING
            atexit.register(self.stop)
            self._watcher = threading.Thread(
                target=self._watch, args=(self._cluster,), name="embedded-postgres", daemon=True
            )
            self._watcher.start()

    def stop(self) -> None:
        """Stop PostgreSQL and release the home. Does nothing if it was not started. Interrupts a running `start`."""
        self._end(leave=False)

    def leave(self) -> None:
        """Release the home, and leave PostgreSQL running for the next owner."""
        self._end(leave=True)

    def _end(self, *, leave: bool) -> None:
        if self._process != os.getpid():
            return
        self._stopping.set()
        with self._mutex:
            if self._cluster is None or self._lock is None:
                return
            if self._watcher is not None:
                self._watcher.join()
            if leave:
                _log.info("PostgreSQL, process %s, goes on for other processes", self._cluster.pid)
            elif self._cluster.stop():
                remove_socket_folder(self._layout)
            else:
                _log.error("PostgreSQL, process %s, does not stop; the next start will take it over", self._cluster.pid)
            atexit.unregister(self.stop)
            self._cluster = None
            self._lock.release()
            self.state = ClusterState.STOPPED

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _first_start(self) -> Cluster:
        account = account_for(self._layout.data)  # only now, under the lock: another process may have made the cluster
        programs = programs_for(account, self._report)
        ensure_cluster(self._layout, programs, account, self._report)
        cluster = Cluster(self._layout, programs, account, self._report, self._stopping, self._start_limit)
        try:
            _start_or_stop(cluster)
        except BaseException:
            if cluster.pid is None:
                remove_socket_folder(self._layout)
            raise
        return cluster

    def _watch(self, cluster: Cluster) -> None:
        try:
            self._keep_running(cluster)
        except Exception as error:
            self._give_up(ConfigurationError(f"the supervisor of PostgreSQL failed: {error}"))

    def _keep_running(self, cluster: Cluster) -> None:
        attempts = 0
        steady_at = prune_at = time.monotonic()
        while not self._stopping.wait(_POLL_SECONDS):
            now = time.monotonic()
            if now >= prune_at:
                prune_logs(self._layout.log)
                prune_at = now + _PRUNE_SECONDS
            if cluster.alive():
                attempts = 0 if now >= steady_at else attempts
                continue
            if self.state is ClusterState.RUNNING:
                self.state = ClusterState.RESTARTING
                _log.warning("PostgreSQL has ended and is restarted: %s", why_it_ended(self._layout))
            if self._stopping.wait(RESTART_DELAYS[min(attempts, len(RESTART_DELAYS) - 1)]):
                return
            attempts += 1
            if self._start_again(cluster):
                steady_at = time.monotonic() + _STEADY_SECONDS

    def _start_again(self, cluster: Cluster) -> bool:
        try:
            _start_or_stop(cluster)
        except LedgerError as error:
            if self.failure is None or error.message != self.failure.message:
                _log.warning("PostgreSQL could not be restarted: %s", error.message)
            self.failure = error
            return False
        self.failure = None
        self.state = ClusterState.RUNNING
        _log.warning("PostgreSQL runs again")
        return True

    def _give_up(self, failure: LedgerError) -> None:
        self.failure = failure
        self.state = ClusterState.FAILED
        _log.error("PostgreSQL is not restarted any more: %s", failure.message)


def _start_or_stop(cluster: Cluster) -> None:
    """Stop the server if its start fails or is interrupted, so that no unsupervised server remains."""
    try:
        cluster.start()
    except BaseException:
        cluster.stop()
        raise
