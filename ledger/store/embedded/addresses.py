"""The connection addresses of a running cluster."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from ledger.errors import ConfigurationError, Unavailable
from ledger.store.embedded.layout import APP_ROLE, DATABASE, OWNER_ROLE, Layout, explained
from ledger.store.embedded.lock import is_owned
from ledger.store.embedded.pidfile import running_postmaster
from ledger.store.embedded.sockets import PORT


@dataclass(frozen=True)
class Addresses:
    """URLs for `asyncpg.connect`: for the role that owns database and schema, and for the restricted role."""

    sockets: Path
    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)


def addresses(layout: Layout, sockets: Path) -> Addresses:
    return Addresses(sockets, _url(layout, OWNER_ROLE, sockets), _url(layout, APP_ROLE, sockets))


def attach(home: Path, *, seconds: float = 60.0) -> Addresses:
    """The addresses of the cluster that another process runs on this home. Waits if the cluster is just starting.

    Raises `ConfigurationError` if no process runs it, `Unavailable` if it is not ready in time.
    """
    layout = Layout.at(home)
    give_up = time.monotonic() + seconds
    while True:
        owned = is_owned(layout.owner_lock)
        postmaster = running_postmaster(layout.data)
        if postmaster is not None and postmaster.status == "ready" and postmaster.sockets is not None:
            return addresses(layout, postmaster.sockets)
        if postmaster is None and not owned:
            raise ConfigurationError(f"no database runs in {layout.home}")
        if time.monotonic() > give_up:
            raise Unavailable(f"the database in {layout.home} is not ready after {seconds:.0f} s")
        time.sleep(0.1)


def _url(layout: Layout, role: str, sockets: Path) -> str:
    with explained(f"cannot read the password of {role}"):
        password = layout.password(role).read_text(encoding="ascii").strip()
    return f"postgresql://{role}:{quote(password, safe='')}@/{DATABASE}?host={quote(str(sockets))}&port={PORT}"
