"""The server processes of a home, and the condition that each of them states: whether it is ready, how long entries
have waited for publication, the last answer of each witness, and whether posts fail."""

import asyncio
import socket
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ledger.host.serving import ServerProcess, serving, state_of
from ledger.service.witnesses.witness_client import LastAnswer

STATE_SECONDS: Final = 2.0
"""A server that has not read its log by then is not ready."""
_ANSWER_SECONDS: Final = 3.0


class Hindrance(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a server is not ready: the code of the problem, its message, and the rule that is not kept."""

    code: str
    message: str
    rule: str | None = None


class FailedPosts(Struct, frozen=True, kw_only=True):
    """The records posted last were answered with an error of the server. `at`: when; `seconds`: how long ago."""

    at: str
    seconds: int
    message: str


class ServerState(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`unready`: why `/health/ready` answers 503; absent if it answers 200. `unpublished_seconds`: the age of the
    oldest entry without a published checkpoint. `unpublishing`: why this process publishes nothing. `failing`: absent
    if the records posted last were answered."""

    size: int | None = None
    published: int | None = None
    unready: Hindrance | None = None
    unpublished_seconds: int = 0
    unpublishing: str | None = None
    failing: FailedPosts | None = None
    witnesses: list[LastAnswer] = []


class ServerStatus(ServerProcess, frozen=True, kw_only=True, omit_defaults=True):
    """A running server process. `silent`: why it does not state its condition."""

    state: ServerState | None = None
    silent: str | None = None


async def ask_servers(home: Path) -> list[ServerStatus]:
    """The server processes of a home with their conditions. Raises OSError if the home cannot be read."""
    return list(await asyncio.gather(*[_asked(home, process) for process in serving(home)]))


async def _asked(home: Path, process: ServerProcess) -> ServerStatus:
    state, silent = None, None
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            state = msgspec.json.decode(await state_of(home, process), type=ServerState)
    except TimeoutError:
        silent = f"it has not answered within {_ANSWER_SECONDS:g} s"
    except (OSError, msgspec.MsgspecError) as error:
        silent = f"it does not answer: {error}" if process.host == socket.gethostname() else "it runs on another host"
    return ServerStatus(**msgspec.structs.asdict(process), state=state, silent=silent)


def last_answers(servers: list[ServerStatus]) -> dict[str, LastAnswer]:
    """The newest answer of each witness to one of these servers, by its name."""
    answers = [answer for server in servers if server.state is not None for answer in server.state.witnesses]
    return {answer.name: answer for answer in sorted(answers, key=lambda one: one.at)}
