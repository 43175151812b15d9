"""Runs PostgreSQL's programs under an account, and finds the fault in their messages."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from ledger.errors import ConfigurationError
from ledger.store.embedded.account import Account

# The programs do not inherit the caller's environment: PGDATA, PGPORT and the like would redirect them, and `fault`
# cannot read messages in other languages.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_FAULT = re.compile(r"FATAL:|PANIC:|error:|terminated by|No space left|cannot execute|ERROR:")


def run(
    command: Sequence[str], account: Account, *, text: str = "", seconds: float = 60,
    extra: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end with `text` as input. The caller checks the exit code."""
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
    """Start a server in a separate session, so that an interrupt from our terminal does not reach it first."""
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
    """The most informative line of a failed command: its first error, because later errors are consequences."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return next(filter(_FAULT.search, lines), lines[-1] if lines else "no message")


def last_fault(lines: Sequence[str]) -> str:
    """The same for a server: its last error, because earlier errors may have other causes."""
    return next(filter(_FAULT.search, reversed(lines)), lines[-1] if lines else "no message")


def _cannot_run(program: str, account: Account, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"cannot run {program} as {account.name}: {error.strerror}")
