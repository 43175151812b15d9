"""The client for one witness: `add-checkpoint` with all its statuses, and the checkpoint that the witness saw last.

Every answer of a witness is checked before it is used. No answer raises an error: each becomes one of `Answer`.
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from msgspec import Struct

from ledger.client.http import HttpAnswer as Reply
from ledger.client.http import HttpRequest, Reader
from ledger.core.log.add_checkpoint import AddCheckpoint, encode_request, log_id, parse_size
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.cosignature import cosigned_at
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import parse_note
from ledger.core.log.policy import Witness
from ledger.errors import InvalidNote, Unavailable, VerificationError
from ledger.host.clock import spelled

MAX_ANSWER: Final = 64 << 10
SKEW_SECONDS: Final = 300
"""The allowed difference between a witness's clock and ours."""
TIMEOUT_SECONDS: Final = 10.0


class WitnessCosignature(NamedTuple):
    """The witness has signed. `line` is its signature line, verified."""

    line: str


class Conflict(NamedTuple):
    """The witness says, without a signature, that it cosigned this size last."""

    size: int


class Differs(NamedTuple):
    """The witness says that the checkpoint does not extend the one that it has cosigned."""

    why: str


class Failed(NamedTuple):
    """The answer cannot be used. Another attempt may help."""

    why: str


Answer = WitnessCosignature | Conflict | Differs | Failed


class LastAnswer(Struct, frozen=True, kw_only=True):
    """The last answer of a witness to this server, in words, with its time. `cosigned`: whether it has signed."""

    name: str
    at: str
    answer: str
    cosigned: bool


LastAnswers = dict[str, LastAnswer]
"""The last answers of witnesses, by their names."""


class WitnessClient:
    """Asks one witness of a policy, over persistent connections. `clock` gives POSIX seconds. It enters its last answer
    into `answers`."""

    def __init__(
        self, witness: Witness, timeout: float = TIMEOUT_SECONDS, clock: Callable[[], float] = time.time,
        answers: LastAnswers | None = None,
    ) -> None:
        self.name = witness.name
        self._verifier = witness.verifier
        self._clock = clock
        self._timeout = timeout
        self._answers = {} if answers is None else answers
        # A witness knows the log by its signature. A session of the account that runs the server is no concern of it.
        self._reader = Reader.at(witness.url or "", "witness.url", anonymous=True)

    async def close(self) -> None:
        await self._reader.close()

    async def add_checkpoint(self, request: AddCheckpoint) -> Answer:
        """Shows the witness a checkpoint, and returns its answer."""
        answer = await self._ask(request)
        self._note(answer)
        return answer

    async def _ask(self, request: AddCheckpoint) -> Answer:
        asked_at = self._clock()
        try:
            reply = await self._fetch("POST", "/add-checkpoint", encode_request(request).encode())
        except Unavailable as error:
            return Failed(error.message)
        match reply.status:
            case 200:
                return self._cosigned(request.note, reply.content, asked_at)
            case 409:
                size = parse_size(reply.content, reply.media_type)
                return Differs("has another root for this size") if size is None else Conflict(size)
            case 422:
                return Differs(f"refuses the proof: {reply.text}")
            case _:
                return Failed(f"answers {reply.status}: {reply.text}")

    async def shown(self, keys: LogKeys) -> Checkpoint | None:
        """The checkpoint that the witness cosigned last, if a key of the log signed it while that key was valid; else
        None. Only the log's signature proves that the log has shown it."""
        try:
            reply = await self._fetch("GET", f"/{log_id(keys.origin)}/checkpoint", None)
            checkpoint = keys.opened(reply.content.decode())
        except Unavailable as error:
            self._note(Failed(error.message))
            return None
        except (InvalidNote, VerificationError, UnicodeDecodeError):
            return None
        return checkpoint if reply.status == 200 else None

    def _note(self, answer: Answer) -> None:
        self._answers[self.name] = LastAnswer(
            name=self.name, at=spelled(int(self._clock() * 1000)), answer=described(answer),
            cosigned=isinstance(answer, WitnessCosignature),
        )

    def _cosigned(self, note: str, body: bytes, asked_at: float) -> Answer:
        try:
            text = body.decode()
            times = cosigned_at(note + text, [self._verifier])
            lines = parse_note(f"-\n\n{text}").signatures
        except (InvalidNote, UnicodeDecodeError) as error:
            return Failed(f"the answer is not made of signature lines: {error}")
        except VerificationError as error:
            return Failed(f"the answer has an invalid signature: {error.message}")
        if not times:
            return Failed("the answer has no signature by the witness's key")
        (at,) = times.values()
        if not asked_at - SKEW_SECONDS <= at <= self._clock() + SKEW_SECONDS:
            return Failed(f"the signature states the time {at}, more than {SKEW_SECONDS} s from ours")
        mine = [
            line for line, one in zip(text.rstrip("\n").split("\n"), lines, strict=True)
            if (one.name, one.key_hash) == (self._verifier.name, self._verifier.key_hash)
        ]
        return WitnessCosignature(mine[0] + "\n")

    async def _fetch(self, method: str, path: str, content: bytes | None) -> Reply:
        return await self._reader.fetch(path, MAX_ANSWER, self._timeout, HttpRequest(method, content=content))


def described(answer: Answer) -> str:
    """The answer in words."""
    match answer:
        case Conflict(size):
            return f"says that it has signed size {size}"
        case Differs(why) | Failed(why):
            return why
        case _:
            return "has signed"
