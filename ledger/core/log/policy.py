"""C2SP tlog-policy: the known logs and witnesses, and the quorum of witnesses that makes a checkpoint valid.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>...
    quorum <name>|none

A line may use only names that lines above it define. Each name is a member of at most one group, so that a witness
counts once. This parser also requires that the whole file is UTF-8 and that its last line ends in a newline, so that it
refuses a truncated file.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple, TypeVar

from ledger.core.log.checkpoint import Checkpoint, open_checkpoint
from ledger.core.log.cosignature import CosignatureVerifier, cosigned_at, parse_cosigner_vkey
from ledger.core.log.note import NoteVerifier, parse_vkey
from ledger.core.record.base import WITNESS_POLICY
from ledger.errors import InvalidInput, VerificationError

MAX_POLICY = 1_000_000
NONE = "none"
ACTIVATED: Final = WITNESS_POLICY
"""The name under which the registrar activates a log's policy: the activation's digest is the digest of the policy's
text. If the registrar retires it, the log has no witnesses any more."""
FORMAT: Final = "tlog-policy/v0"
"""The version of such an activation."""

_BLANK = re.compile(r"[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_RULE = "a policy file as C2SP tlog-policy defines it"
_Verifier = TypeVar("_Verifier")


class _Form(NamedTuple):
    """The form of a line, and how many words follow its first one; `most` None means any number."""

    text: str
    least: int
    most: int | None


_FORMS = {
    "log": _Form("log <vkey> [<url>]", 1, 2), "witness": _Form("witness <name> <vkey> [<url>]", 2, 3),
    "group": _Form("group <name> all|any|<k> <name>...", 3, None), "quorum": _Form("quorum <name>|none", 1, 1),
}


class LogKey(NamedTuple):
    """A log of the policy; the name of its key is the origin."""

    verifier: NoteVerifier
    url: str | None


class Witness(NamedTuple):
    """A witness; its name is valid only in this policy. `url` is its submission prefix."""

    name: str
    verifier: CosignatureVerifier
    url: str | None


class WitnessGroup(NamedTuple):
    """At least `needed` of the members, each a witness or a group."""

    needed: int
    members: tuple[str, ...]


class Policy(NamedTuple):
    """`groups` are ordered so that each names only earlier ones; `quorum` None requires no witness. `text` is the
    policy file."""

    logs: tuple[LogKey, ...]
    witnesses: tuple[Witness, ...]
    groups: Mapping[str, WitnessGroup]
    quorum: str | None
    text: bytes = b""

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the text, by which a log names its policy."""
        return hashlib.sha256(self.text).hexdigest()

    def satisfied(self, names: Collection[str]) -> bool:
        """Whether these witnesses are a quorum, by their names in the policy."""
        if self.quorum is None:
            return True
        reached = {witness.name for witness in self.witnesses} & set(names)
        for name, group in self.groups.items():
            if sum(member in reached for member in group.members) >= group.needed:
                reached.add(name)
        return self.quorum in reached

    def log(self, origin: str) -> list[NoteVerifier]:
        """The keys of the log of this name; an empty list if the policy does not have it."""
        return [log.verifier for log in self.logs if log.verifier.name == origin]

    def cosigned(self, note: str) -> dict[str, int]:
        """When each witness cosigned the note's checkpoint, in POSIX seconds by name. Raises VerificationError if a
        line by one of their keys does not hold."""
        times = cosigned_at(note, [witness.verifier for witness in self.witnesses])
        hashes = {witness.name: witness.verifier.key_hash for witness in self.witnesses}
        return {name: times[key_hash] for name, key_hash in hashes.items() if key_hash in times}

    def seen_by(self, times: Mapping[str, int]) -> int | None:
        """The time by which a quorum had cosigned, from the time of each witness; None if these witnesses are not a
        quorum. If every quorum has an honest member, the cosigned head existed by then."""
        for time in sorted(set(times.values())):
            if self.satisfied([name for name, at in times.items() if at <= time]):
                return time
        return None

    def past(self, times: Mapping[str, int]) -> int | None:
        """The latest time that every member of some quorum states as past; None if these witnesses are not a quorum. If
        every quorum has an honest member, this time has passed."""
        for time in sorted(set(times.values()), reverse=True):
            if self.satisfied([name for name, at in times.items() if at >= time]):
                return time
        return None


class CosignedHead(NamedTuple):
    """A checkpoint that a quorum of witnesses has cosigned; `times` in POSIX seconds, by the witness's name."""

    checkpoint: Checkpoint
    times: Mapping[str, int]


def open_cosigned(note: str, policy: Policy, verifier: NoteVerifier) -> CosignedHead:
    """The checkpoint in a note, if 1. the log's key `verifier` signed it, and it is of that log; 2. all lines by known
    witnesses hold; 3. those witnesses are a quorum. Raises VerificationError, with code `no-quorum` if step 3 fails.
    """
    checkpoint = open_checkpoint(note, verifier.name, verifier)
    times = policy.cosigned(note)
    if not policy.satisfied(times):
        raise VerificationError(
            f"{len(times)} of the {len(policy.witnesses)} known witnesses cosigned{': ' if times else ''}"
            f"{', '.join(times)}; this is not the quorum {policy.quorum!r}", code="no-quorum", field="policy",
            value=policy.quorum, rule="cosigned by the quorum of the policy",
        )
    return CosignedHead(checkpoint, times)


def parse_policy(data: bytes) -> Policy:
    """The policy in a file. Raises InvalidInput with code `invalid-policy` and the number of the line. The field is
    the keyword of the line (`log`, `witness`, `group` or `quorum`) and the part at fault, such as `witness.vkey`."""
    if len(data) > MAX_POLICY:
        raise _invalid(f"the policy: longer than {MAX_POLICY} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _invalid(f"line {data.count(10, 0, error.start) + 1} of the policy: not UTF-8") from None
    lines = text.split("\n")
    if lines.pop():
        raise _invalid(f"line {len(lines) + 1} of the policy: does not end in a newline; the file may be truncated")
    reader = _PolicyReader()
    for number, line in enumerate(lines, start=1):
        try:
            reader.read(line)
        except InvalidInput as error:
            raise _invalid(
                f"line {number} of the policy: {error.message}", error.field, error.value, error.rule,
            ) from None
    return reader.policy()._replace(text=data)


def _invalid(
    message: str, field: str | None = "policy", value: object = None, rule: str | None = _RULE
) -> InvalidInput:
    return InvalidInput(message, code="invalid-policy", field=field, value=value, rule=rule)


class _PolicyReader:
    """The definitions of the lines so far. Raises InvalidInput with the field, without the number of the line."""

    def __init__(self) -> None:
        self._logs: list[LogKey] = []
        self._witnesses: dict[str, Witness] = {}
        self._groups: dict[str, WitnessGroup] = {}
        self._quorum: list[str | None] = []
        self._keys: set[bytes] = set()
        self._members: set[str] = set()
        self._kinds: Mapping[str, Callable[..., None]] = {
            "log": self._log, "witness": self._witness, "group": self._group, "quorum": self._add_quorum,
        }

    def read(self, line: str) -> None:
        if _CONTROL.search(line):
            raise InvalidInput("control characters other than tab are not allowed", field="line", value=ascii(line),
                               rule="no control characters")
        keyword, *words = _BLANK.split(line.strip(" \t"))
        if not keyword or keyword.startswith("#"):
            return
        if keyword not in self._kinds:
            raise InvalidInput(f"unknown keyword {keyword[:40]!r}; allowed: log, witness, group, quorum", field="line",
                               value=keyword, rule="log, witness, group or quorum")
        form, least, most = _FORMS[keyword]
        if not least <= len(words) <= (most or len(words)):
            raise InvalidInput(f"malformed {keyword} line; its form is: {form}", field=keyword, value=line, rule=form)
        try:
            self._kinds[keyword](words)
        except InvalidInput as error:
            raise InvalidInput(error.message, field=f"{keyword}.{error.field}", value=error.value, rule=error.rule
                               ) from None

    def policy(self) -> Policy:
        if not self._quorum:
            raise _invalid("the policy: the quorum line is missing", "quorum", None, _FORMS["quorum"].text)
        return Policy(tuple(self._logs), tuple(self._witnesses.values()), self._groups, self._quorum[0])

    def _log(self, words: list[str]) -> None:
        verifier = _parsed(parse_vkey, words[0])
        self._add_key(b"log" + verifier.key.public_bytes_raw(), words[0])
        self._logs.append(LogKey(verifier, words[1] if len(words) > 1 else None))

    def _witness(self, words: list[str]) -> None:
        name = self._new(words[0])
        verifier = _parsed(parse_cosigner_vkey, words[1])
        self._add_key(verifier.material, words[1])
        self._witnesses[name] = Witness(name, verifier, words[2] if len(words) > 2 else None)

    def _group(self, words: list[str]) -> None:
        name, threshold, members = self._new(words[0]), words[1], words[2:]
        for member in members:
            self._defined(member, "member")
            if member in self._members:
                raise InvalidInput(f"{member[:80]!r} is already a member of a group", field="member", value=member,
                                   rule="a member of at most one group, so that a witness counts once")
            self._members.add(member)
        needed = {"all": len(members), "any": 1}.get(threshold)
        if needed is None:
            rule = f"all, any, or a number from 1 to {len(members)}"
            if not _NUMBER.fullmatch(threshold) or int(threshold) > len(members):
                raise InvalidInput(f"{threshold[:40]!r} is not {rule}", field="threshold", value=threshold, rule=rule)
            needed = int(threshold)
        self._groups[name] = WitnessGroup(needed, tuple(members))

    def _add_quorum(self, words: list[str]) -> None:
        if self._quorum:
            raise InvalidInput("a second quorum line", field="name", value=words[0], rule="one quorum line")
        self._quorum.append(None if words[0] == NONE else self._defined(words[0], "name"))

    def _new(self, name: str) -> str:
        if name == NONE or name in self._witnesses or name in self._groups:
            raise InvalidInput(f"the name {name[:80]!r} is reserved or already defined", field="name", value=name,
                               rule=f"a name of its own, other than {NONE}, for each witness and group")
        return name

    def _defined(self, name: str, field: str) -> str:
        if name not in self._witnesses and name not in self._groups:
            raise InvalidInput(f"no line above defines {name[:80]!r}", field=field, value=name,
                               rule="a witness or group of a line above")
        return name

    def _add_key(self, key: bytes, vkey: str) -> None:
        if key in self._keys:
            raise InvalidInput("an earlier line has the same key, under this or another name", field="vkey", value=vkey,
                               rule="a key of its own on each line")
        self._keys.add(key)


def _parsed(parse: Callable[[str], _Verifier], text: str) -> _Verifier:
    """A parsed vkey. The field of every error is `vkey`, since `name` means a name of the policy."""
    try:
        return parse(text)
    except InvalidInput as error:
        raise InvalidInput(error.message, field="vkey", value=text, rule=error.rule) from None
