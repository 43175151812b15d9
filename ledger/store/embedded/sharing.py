"""The embedded PostgreSQL for one of several processes on a home: whoever comes first runs it, the others use it.

A server, a command that looks at the ledger, and `psql` may begin and end in any order. The process that runs
PostgreSQL stops it at its end only if no other process uses it; otherwise it leaves it running, and one of the others
takes it over. So does another one if the process is killed.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ledger.errors import ConfigurationError, LedgerError
from ledger.store.embedded.addresses import Addresses, attach
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.lock import HOME_IN_USE, UserLock, is_owned
from ledger.store.embedded.supervisor import EmbeddedPostgres

_LOOK_SECONDS: Final = 0.5
_PAUSE_SECONDS: Final = 10.0
_log = logging.getLogger(__name__)


class SharedPostgres:
    """PostgreSQL on the data folder `home`, run or used by this process. `start` and `stop` block. One that another
    process runs is awaited for `patience` seconds."""

    def __init__(
        self, home: Path, *, on_progress: Callable[[str], None] | None = None, patience: float = 60.0
    ) -> None:
        self._home = home
        self._layout = Layout.at(home)
        self._patience = patience
        self._server = EmbeddedPostgres(home, on_progress=on_progress)
        self._users = UserLock(self._layout.users_lock)
        self._runs = False
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self) -> Addresses:
        """Returns the addresses as soon as PostgreSQL accepts connections. Raises ConfigurationError or Unavailable."""
        while not self._take():
            # The process that runs it may be stopping it: then this waits until it has ended.
            self._users.acquire()
            try:
                if is_owned(self._layout.owner_lock):
                    used = attach(self._home, seconds=self._patience)
                    self._watcher = threading.Thread(target=self._watch, name="shared-postgres", daemon=True)
                    self._watcher.start()
                    return used
            except BaseException:
                self._users.release()
                raise
            self._users.release()
        return self._server.addresses

    def stop(self) -> None:
        """Stops PostgreSQL if no other process uses it."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
        self._users.release()
        if not self._runs and not is_owned(self._layout.owner_lock):
            # The process that ran it has left it to its users, and this is the last one.
            self._take()
        if not self._runs:
            return
        with self._users.alone() as alone:
            if alone:
                self._server.stop()
            else:
                self._server.leave()

    def _take(self) -> bool:
        """Whether this process runs it now. Raises ConfigurationError if PostgreSQL cannot be started."""
        try:
            self._server.start()
        except ConfigurationError as error:
            if error.code != HOME_IN_USE:
                raise
            return False
        self._runs = True
        return True

    def _watch(self) -> None:
        """Takes PostgreSQL over when the process that runs it has ended."""
        wait = _LOOK_SECONDS
        while not self._stopping.wait(wait):
            wait = _LOOK_SECONDS
            try:
                if is_owned(self._layout.owner_lock) or not self._take():
                    continue
            except (LedgerError, OSError) as error:
                _log.error("the database could not be taken over and is tried again: %s", error)
                wait = _PAUSE_SECONDS
                continue
            self._users.release()
            _log.warning("this process runs the database now, since the process that ran it has ended")
            return
