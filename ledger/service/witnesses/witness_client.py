"""One witness as a log asks it: `add-checkpoint`, every status of it, and the proof of what it was shown before.

Nothing that a witness says is believed before it is checked, and none of it raises: an answer is one of `Answer`.
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from ledger.client.http import HttpAnswer as Reply
from ledger.client.http import HttpRequest, Reader
from ledger.core.log.add_checkpoint import AddCheckpoint, encode_request, log_id, parse_size
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.cosignature import cosigned_at
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import parse_note
from ledger.core.log.policy import Witness
from ledger.errors import InvalidNote, Unavailable, VerificationError

MAX_ANSWER: Final = 64 << 10
SKEW_SECONDS: Final = 300
"""By how much a witness's clock may differ from ours."""
TIMEOUT_SECONDS: Final = 10.0


class WitnessCosignature(NamedTuple):
    """The witness has signed: its line, verified."""

    line: str


class Conflict(NamedTuple):
    """The witness says that it has cosigned this size last; no one has signed that."""

    size: int


class Differs(NamedTuple):
    """The witness says that the checkpoint does not extend what it has cosigned."""

    why: str


class Failed(NamedTuple):
    """No answer that can be used; asking again may help."""

    why: str


Answer = WitnessCosignature | Conflict | Differs | Failed


class WitnessClient:
    """Asks one witness of a policy, over connections that are kept. `clock` gives POSIX seconds."""

    def __init__(
        self, witness: Witness, timeout: float = TIMEOUT_SECONDS, clock: Callable[[], float] = time.time
    ) -> None:
        self.name = witness.name
        self._verifier = witness.verifier
        self._clock = clock
        self._timeout = timeout
        self._reader = Reader.at(witness.url or "", "witness.url")

    async def close(self) -> None:
        await self._reader.close()

    async def add_checkpoint(self, request: AddCheckpoint) -> Answer:
        """What comes of showing the witness a checkpoint."""
        asked = self._clock()
        try:
            reply = await self._fetch("POST", "/add-checkpoint", encode_request(request).encode())
        except Unavailable as error:
            return Failed(error.message)
        match reply.status:
            case 200:
                return self._cosigned(request.note, reply.content, asked)
            case 409:
                size = parse_size(reply.content, reply.media_type)
                return Differs("has another root of this size") if size is None else Conflict(size)
            case 422:
                return Differs(f"refuses the proof: {reply.text}")
            case _:
                return Failed(f"answers {reply.status}: {reply.text}")

    async def shown(self, keys: LogKeys) -> Checkpoint | None:
        """The checkpoint that the witness says it has cosigned last, if a key of the log signed it in its time; else
        None. Only this proves that the log has shown it."""
        try:
            reply = await self._fetch("GET", f"/{log_id(keys.origin)}/checkpoint", None)
            found = keys.opened(reply.content.decode())
        except (Unavailable, InvalidNote, VerificationError, UnicodeDecodeError):
            return None
        return found if reply.status == 200 else None

    def _cosigned(self, note: str, body: bytes, asked: float) -> Answer:
        try:
            text = body.decode()
            times = cosigned_at(note + text, [self._verifier])
            lines = parse_note(f"-\n\n{text}").signatures
        except (InvalidNote, UnicodeDecodeError) as error:
            return Failed(f"answers what are no signature lines: {error}")
        except VerificationError as error:
            return Failed(f"answers with a signature that does not hold: {error.message}")
        if not times:
            return Failed("answers without a signature of its key")
        (at,) = times.values()
        if not asked - SKEW_SECONDS <= at <= self._clock() + SKEW_SECONDS:
            return Failed(f"says that it signed at {at}, which is not now")
        mine = [
            line for line, one in zip(text.rstrip("\n").split("\n"), lines, strict=True)
            if (one.name, one.key_hash) == (self._verifier.name, self._verifier.key_hash)
        ]
        return WitnessCosignature(mine[0] + "\n")

    async def _fetch(self, method: str, path: str, content: bytes | None) -> Reply:
        return await self._reader.fetch(path, MAX_ANSWER, self._timeout, HttpRequest(method, content=content))
