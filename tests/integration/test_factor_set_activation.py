"""Factor sets that a log begins with, and factor sets that the registrar puts into force later."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest
from support.server import Server, command, prepared_home

SET: Final = "factors-open"


@pytest.fixture
def home() -> Iterator[Path]:
    with prepared_home() as found:
        yield found


def state(server: Server) -> tuple[str | None, int | None]:
    """The version of the set in force, and its precedence."""
    (found,) = [one for one in httpx.get(f"{server.url}/v1/plugins", timeout=60).json() if one["name"] == SET]
    assert (found["kind"], found["installed"]) == ("factors", True)
    return found.get("inForce"), found.get("precedence")


def activate(server: Server, *options: str, code: int = 0) -> Any:
    done = command(server.home, "plugin", "activate", SET, "--url", server.url, "--json", *options)
    assert done.returncode == code, done.stderr
    return msgspec.json.decode(done.stdout) if not code else done.stderr


def test_a_new_log_begins_with_the_installed_sets(home: Path) -> None:
    with Server(home, CARBON_LEDGER_FACTOR_SETS="all") as server:
        version, precedence = state(server)
        assert (version is not None, precedence) == (True, 1)
        listed = command(home, "plugin", "list", "--url", server.url).stdout
        (line,) = [line for line in listed.splitlines() if line.startswith(SET)]
        assert line.split()[:5] == [SET, "factors", version, version, "1"]
        size = httpx.get(f"{server.url}/log/checkpoint", timeout=60).text.splitlines()[1]
    with Server(home, CARBON_LEDGER_FACTOR_SETS="all") as server:
        # A second start enters nothing.
        assert httpx.get(f"{server.url}/log/checkpoint", timeout=60).text.splitlines()[1] == size


def test_the_registrar_puts_a_set_into_force(home: Path) -> None:
    with Server(home) as server:
        assert state(server) == (None, None)
    # The setting concerns new logs: nothing may change the prices of this one.
    with Server(home, CARBON_LEDGER_FACTOR_SETS="all") as server:
        assert state(server) == (None, None)
        given = activate(server)
        assert (given["plugin"], given["precedence"], given["installed"]) == (SET, 1, True)
        assert state(server) == (given["version"], 1)
        assert "is in force already" in activate(server, code=1)
        assert (activate(server, "--precedence", "7")["precedence"], state(server)) == (7, (given["version"], 7))
        done = command(home, "plugin", "retire", SET, "--url", server.url)
        assert done.returncode == 0, done.stderr
        assert state(server) == (None, None)
        done = command(home, "plugin", "activate", "steel", "--precedence", "2", "--version", "9", "--digest", "0" * 64,
                       "--url", server.url)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert "'steel' is in force as a sector" in done.stderr


def test_another_value_of_the_setting_is_refused(home: Path) -> None:
    done = command(home, "config", "--home", str(home))
    assert (done.returncode, "factor_sets" in done.stdout) == (0, True), done.stderr
    with pytest.raises(RuntimeError, match="FACTOR_SETS"):
        Server(home, CARBON_LEDGER_FACTOR_SETS="some")
