"""The check of settings that are valid but dangerous."""

import ipaddress
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from ledger.service.configuration.catalogue import CONFIG, SETTINGS, nearest, unknown_variables
from ledger.service.configuration.file import NAME
from ledger.service.configuration.named_files import file_faults
from ledger.service.doctor.installation import DoctorFinding, Installation
from ledger.service.settings import EVERYBODY, MIN_WORKERS, Settings
from ledger.store.anchor import is_object
from ledger.store.embedded.settings import MIB, host_memory
from ledger.store.psql import parameters_of

PROCESS_MIB: Final = 280
WORKER_MIB: Final = 45
"""Memory that a server process and a worker take, about."""
_VOLATILE: Final = ("/dev/shm", "/run", "/tmp", "/var/run")  # noqa: S108 - compared, not used
_ENCRYPTED: Final = ("require", "verify-ca", "verify-full")


class _Danger(NamedTuple):
    message: str
    remedy: str


async def check_settings(here: Installation) -> DoctorFinding:
    """No setting endangers data, secrets or the operation, and the files that settings name can be read. All dangers
    are in the one finding."""
    unreadable = list(file_faults(here.settings))
    if unreadable:
        return DoctorFinding("settings", "error", "; ".join(fault.message for fault in unreadable),
                             "; ".join(dict.fromkeys(fault.rule for fault in unreadable if fault.rule)))
    dangers = [*_unknown(here), *_exposed(here), *_weak(here.settings), *_volatile(here.settings),
               *_memory(here.settings)]
    if dangers:
        return DoctorFinding("settings", "warning", "; ".join(danger.message for danger in dangers),
                             "; ".join(danger.remedy for danger in dangers))
    return DoctorFinding("settings", "ok", "no setting is dangerous; `carbon-ledger config` lists all")


def _unknown(here: Installation) -> Iterator[_Danger]:
    names = [setting.variable_name for setting in SETTINGS if setting.variable_name is not None]
    for name in unknown_variables(here.environment):
        yield _Danger(f"no setting has the variable {name}", f"such as {nearest(name, names)}, or unset it")


def _exposed(here: Installation) -> Iterator[_Danger]:
    """Files that steer the ledger and that others can change."""
    chosen = here.environment.get(CONFIG)
    file = Path(chosen).expanduser() if chosen else here.settings.home / NAME
    chosen_files = (here.settings.policy, here.settings.tls_cert, here.settings.tls_key, here.settings.ca)
    for path in (file, *chosen_files):
        if path is not None and path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o022:
            yield _Danger(f"other accounts can change {path}", f"chmod go-w '{path}'")


def _weak(settings: Settings) -> Iterator[_Danger]:
    if settings.access == EVERYBODY and not _is_loopback(settings.host):
        yield _Danger(f"the server listens at {settings.host}, and the ledger is open: anyone who reaches the port can "
                      "read everything", "access = parties, or listen at 127.0.0.1")
    if settings.database_url is not None:
        parameters = parameters_of(settings.database_url)
        host, mode = parameters.get("host", ""), parameters.get("sslmode", "prefer")
        if host and not host.startswith("/") and not _is_loopback(host) and mode not in _ENCRYPTED:
            yield _Danger(f"sslmode={mode} allows unencrypted connections to the database at {host}",
                          "add sslmode=verify-full to the address of the database")


def _volatile(settings: Settings) -> Iterator[_Danger]:
    places = [("home", str(settings.home))]
    if not is_object(settings.anchor_at):
        places.append(("anchor", settings.anchor_at))
    for name, place in places:
        path = os.path.realpath(place)
        if any(path == folder or path.startswith(f"{folder}/") for folder in _VOLATILE):
            yield _Danger(f"the {name} {path} is in a folder that a restart of the host may empty",
                          f"choose another place for the {name}")


def _memory(settings: Settings) -> Iterator[_Danger]:
    workers = settings.workers or max(MIN_WORKERS, (os.cpu_count() or 1) // settings.processes)
    needed = settings.processes * (PROCESS_MIB + workers * WORKER_MIB)
    available = host_memory() // MIB
    if needed > available:
        yield _Danger(f"{settings.processes} server processes with {workers} workers each take some {needed} MiB, but "
                      f"this host has {available} MiB", "lower `processes` or `workers`")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
