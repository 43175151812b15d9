"""Running PostgreSQL's programs under an account, and reading what they complain about."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from ledger.errors import ConfigurationError
from ledger.store.embedded.account import Account

# Nothing of the caller's environment: PGDATA, PGPORT and the like would redirect the programs, and other languages
# would make their messages unreadable to `fault`.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_FAULT = re.compile(r"FATAL:|PANIC:|error:|terminated by|No space left|cannot execute|ERROR:")


def run(
    command: Sequence[str], account: Account, *, text: str = "", seconds: float = 60,
    extra: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run to the end with `text` as input. The caller looks at the exit code."""
    try:
        return subprocess.run(
            list(command), input=text, capture_output=True, text=True, errors="replace", check=False, timeout=seconds,
            cwd="/", env={**_ENVIRONMENT, **(extra or {})}, umask=0o077, user=account.uid if account.switch else None,
            group=account.gid if account.switch else None, extra_groups=[] if account.switch else None,
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigurationError(f"{Path(command[0]).name} did not finish within {seconds:.0f} s") from error
    except OSError as error:
        raise _cannot_run(command[0], account, error) from error


def spawn(
    command: Sequence[str], account: Account, output: IO[bytes], extra: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that an interrupt typed at our terminal does not reach it first."""
    try:
        return subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/",
            env={**_ENVIRONMENT, **extra}, umask=0o077, start_new_session=True,
            user=account.uid if account.switch else None, group=account.gid if account.switch else None,
            extra_groups=[] if account.switch else None,
        )
    except OSError as error:
        raise _cannot_run(command[0], account, error) from error


def fault(output: str) -> str:
    """The line that tells most about a failed command: the first complaint; later ones are its consequences."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return next(filter(_FAULT.search, lines), lines[-1] if lines else "no message")


def last_fault(lines: Sequence[str]) -> str:
    """The same of a server, whose earlier complaints may be about something else."""
    return next(filter(_FAULT.search, reversed(lines)), lines[-1] if lines else "no message")


def _cannot_run(program: str, account: Account, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"cannot run {program} as {account.name}: {error.strerror}")
