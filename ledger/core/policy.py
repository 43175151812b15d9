"""C2SP tlog-policy: which logs and witnesses are known, and how many witnesses make a checkpoint valid.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>...
    quorum <name>|none

A line names only what stands above it. Each name is a member of one group at most, so that a witness counts in one way.
Here a file is UTF-8 as a whole and its last line ends in a newline, so that one that is cut off is not read.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from ledger.core.checkpoint import Checkpoint, open_checkpoint
from ledger.core.cosignature import CosignatureVerifier, cosigned_at, parse_cosigner_vkey
from ledger.core.note import NoteVerifier, parse_vkey
from ledger.errors import InvalidInput, InvalidKey, InvalidNote, VerificationError

MAX_POLICY = 1_000_000
NONE = "none"

_BLANK = re.compile(r"[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_RULE = "a policy file as C2SP tlog-policy defines it"


class LogKey(NamedTuple):
    """A log that the policy knows; its name is the origin."""

    verifier: NoteVerifier
    url: str | None


class Witness(NamedTuple):
    """A witness by its name in the policy, which means nothing elsewhere. `url` is its submission prefix."""

    name: str
    verifier: CosignatureVerifier
    url: str | None


class Group(NamedTuple):
    """`needed` of the members, each a witness or a group."""

    needed: int
    members: tuple[str, ...]


class Policy(NamedTuple):
    """`groups` stand in an order in which each names only earlier ones; `quorum` None asks for no witness."""

    logs: tuple[LogKey, ...]
    witnesses: tuple[Witness, ...]
    groups: Mapping[str, Group]
    quorum: str | None

    def satisfied(self, names: Collection[str]) -> bool:
        """Whether these witnesses are a quorum, by their names in the policy."""
        if self.quorum is None:
            return True
        reached = {one.name for one in self.witnesses} & set(names)
        for name, group in self.groups.items():
            if sum(member in reached for member in group.members) >= group.needed:
                reached.add(name)
        return self.quorum in reached

    def log(self, origin: str) -> list[NoteVerifier]:
        """The keys of the log of this name; none where the policy does not know it."""
        return [one.verifier for one in self.logs if one.verifier.name == origin]

    def cosigned(self, note: str) -> dict[str, int]:
        """When each witness cosigned the note's checkpoint, in POSIX seconds by name. Raises VerificationError where a
        line by one of their keys does not hold."""
        times = cosigned_at(note, [one.verifier for one in self.witnesses])
        return {one.name: times[one.verifier.key_hash] for one in self.witnesses if one.verifier.key_hash in times}


class Cosigned(NamedTuple):
    """A checkpoint that a quorum of witnesses has seen; `times` in POSIX seconds by the witness's name."""

    checkpoint: Checkpoint
    times: Mapping[str, int]


def open_cosigned(note: str, policy: Policy, verifier: NoteVerifier) -> Cosigned:
    """The checkpoint in a note, if 1. the log's key `verifier` signed it, and it is of that log; 2. all lines by known
    witnesses hold; 3. those witnesses are a quorum. Raises VerificationError with code `no-quorum` where they are not.
    """
    checkpoint = open_checkpoint(note, verifier.name, verifier)
    times = policy.cosigned(note)
    if not policy.satisfied(times):
        raise VerificationError(
            f"of the {len(policy.witnesses)} known witnesses {len(times)} cosigned: {', '.join(times) or 'none'}; "
            f"that is no quorum ({policy.quorum})", code="no-quorum", field="policy", value=policy.quorum,
            rule="cosigned by the quorum of the policy",
        )
    return Cosigned(checkpoint, times)


def parse_policy(data: bytes) -> Policy:
    """The policy in a file. Raises InvalidInput with code `invalid-policy` and the number of the line."""
    if len(data) > MAX_POLICY:
        raise _invalid(None, f"longer than {MAX_POLICY} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _invalid(data.count(b"\n", 0, error.start) + 1, "not UTF-8") from None
    lines = text.split("\n")
    if lines.pop():
        raise _invalid(len(lines) + 1, "does not end in a newline: the file may be cut off")
    reader = _Reader()
    for number, line in enumerate(lines, start=1):
        try:
            reader.read(line)
        except (InvalidNote, InvalidKey) as error:
            raise _invalid(number, error.message) from None
        except ValueError as error:
            raise _invalid(number, str(error)) from None
    return reader.policy()


def _invalid(number: int | None, what: str) -> InvalidInput:
    where = "the policy" if number is None else f"line {number} of the policy"
    return InvalidInput(f"{where}: {what}", code="invalid-policy", field="policy", value=number, rule=_RULE)


class _Reader:
    """What the lines so far have defined. Raises ValueError with the reason."""

    def __init__(self) -> None:
        self._logs: list[LogKey] = []
        self._witnesses: dict[str, Witness] = {}
        self._groups: dict[str, Group] = {}
        self._quorum: list[str | None] = []
        self._keys: set[bytes] = set()
        self._members: set[str] = set()
        self._kinds: Mapping[str, Callable[..., None]] = {
            "log": self._log, "witness": self._witness, "group": self._group, "quorum": self._add_quorum,
        }

    def read(self, line: str) -> None:
        if _CONTROL.search(line):
            raise ValueError("control characters other than tab are not allowed")
        keyword, *words = _BLANK.split(line.strip(" \t"))
        if not keyword or keyword.startswith("#"):
            return
        if keyword not in self._kinds:
            raise ValueError(f"begins with {keyword[:40]!r}, not with log, witness, group or quorum")
        self._kinds[keyword](words)

    def policy(self) -> Policy:
        if not self._quorum:
            raise _invalid(None, "has no quorum line")
        return Policy(tuple(self._logs), tuple(self._witnesses.values()), self._groups, self._quorum[0])

    def _log(self, words: list[str]) -> None:
        if not 1 <= len(words) <= 2:
            raise ValueError("a log line is: log <vkey> [<url>]")
        verifier = parse_vkey(words[0])
        self._add_key(b"log" + verifier.key.public_bytes_raw())
        self._logs.append(LogKey(verifier, words[1] if len(words) > 1 else None))

    def _witness(self, words: list[str]) -> None:
        if not 2 <= len(words) <= 3:
            raise ValueError("a witness line is: witness <name> <vkey> [<url>]")
        name = self._new(words[0])
        verifier = parse_cosigner_vkey(words[1])
        self._add_key(verifier.material)
        self._witnesses[name] = Witness(name, verifier, words[2] if len(words) > 2 else None)

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise ValueError("a group line is: group <name> all|any|<k> <name>...")
        name, threshold, members = self._new(words[0]), words[1], words[2:]
        for member in members:
            self._defined(member)
            if member in self._members:
                raise ValueError(f"{member[:80]!r} is a member of a group already")
            self._members.add(member)
        needed = {"all": len(members), "any": 1}.get(threshold)
        if needed is None:
            if not _NUMBER.fullmatch(threshold) or int(threshold) > len(members):
                raise ValueError(f"{threshold[:40]!r} is not all, any, or a number from 1 to {len(members)}")
            needed = int(threshold)
        self._groups[name] = Group(needed, tuple(members))

    def _add_quorum(self, words: list[str]) -> None:
        if len(words) != 1:
            raise ValueError("a quorum line is: quorum <name>|none")
        if self._quorum:
            raise ValueError("a second quorum line")
        self._quorum.append(None if words[0] == NONE else self._defined(words[0]))

    def _new(self, name: str) -> str:
        if name == NONE or name in self._witnesses or name in self._groups:
            raise ValueError(f"the name {name[:80]!r} is taken")
        return name

    def _defined(self, name: str) -> str:
        if name not in self._witnesses and name not in self._groups:
            raise ValueError(f"no line above defines {name[:80]!r}")
        return name

    def _add_key(self, key: bytes) -> None:
        if key in self._keys:
            raise ValueError("an earlier line has the same key, under whichever name")
        self._keys.add(key)
