"""The week of a recovery, by version 2 of the rules: on time that a quorum has cosigned, or that entries of seven days
confirm. A clock that is set forward shows neither."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest
from unit.admission.test_keys import complete, object_to, request
from unit.admission.world import FORGE, MILL, ORIGIN, World, activation, digest_of, product

from ledger.admission.kinds.key_change import RECOVERY_DELAY
from ledger.admission.state import CONFIRMING_DAYS, DAY
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.cosignature import CosignatureVerifier, Cosigner, cosignature_line
from ledger.core.log.entry import parse_entry
from ledger.core.log.inclusion_proof import encode_proof
from ledger.core.log.merkle import inclusion_path, leaf_hash, tree_root
from ledger.core.log.note import NoteSigner, sign_note
from ledger.core.log.policy import ACTIVATED, FORMAT, parse_policy
from ledger.core.record.kinds import Activation, KeyChange, WeekEvidence
from ledger.core.signatures.signing import SigningKey
from ledger.engine.batch import Sequenced

NAMES: Final = ("alpha", "beta", "gamma")
KEYS: Final = {name: SigningKey.from_seed(hashlib.sha256(name.encode()).digest()).private for name in NAMES}
LOG: Final = NoteSigner(ORIGIN, SigningKey.from_seed(b"\7" * 32).private)  # type: ignore[arg-type]
NOON: Final = 1_800_000_000
WEEK: Final = RECOVERY_DELAY // 1000
_names = iter(range(1 << 30))


def policy(quorum: int = 2) -> str:
    lines = [f"witness {name} {CosignatureVerifier(f'{name}.test', key.public_key()).vkey}\n"  # type: ignore[arg-type]
             for name, key in KEYS.items()]
    return "".join(lines) + f"group all {quorum} {' '.join(NAMES)}\nquorum all\n"


def witnesses(text: str, **fields: Any) -> Activation:
    return activation(ACTIVATED, version=FORMAT, digest=parse_policy(text.encode()).digest, **fields)


def proved(entry: bytes, index: int, times: Mapping[str, int], *, size: int | None = None, origin: str = ORIGIN) -> str:
    """The entry in a head that each of these witnesses has cosigned at its time."""
    leaves = [hashlib.sha256(bytes([number])).digest() for number in range(size or index + 1)]
    leaves[index] = leaf_hash(entry)
    head = Checkpoint(origin, len(leaves), tree_root(leaves))
    signer = NoteSigner(origin, SigningKey.from_seed(b"\7" * 32).private)  # type: ignore[arg-type]
    lines = [cosignature_line(Cosigner(f"{name}.test", KEYS[name], time), head.text())  # type: ignore[arg-type]
             for name, time in times.items()]
    return encode_proof(index, inclusion_path(leaves, index), sign_note(head.text(), [signer]) + "".join(lines))


class Asked:
    """A request that stands on the log of a world with witnesses."""

    def __init__(self, world: World, text: str | None = None) -> None:
        self.text = text or policy()
        self.record = request()
        world.admit(witnesses(self.text))
        ((verdict,), _) = world.run(self.record)
        assert isinstance(verdict, Sequenced)
        self.entry, self.index = verdict.entry, verdict.index

    def completion(self, since: Mapping[str, int], until: Mapping[str, int], **other: Any) -> KeyChange:
        """On what each witness has cosigned when; `other` fields of the evidence instead."""
        return complete(self.record, evidence=WeekEvidence(**{
            "policy": self.text, "entry": base64.b64encode(self.entry).decode(),
            "first": proved(self.entry, self.index, since), "last": proved(self.entry, self.index, until), **other,
        }))


def at(time: int, names: Sequence[str] = NAMES) -> dict[str, int]:
    return dict.fromkeys(names, time)


def day_by_day(world: World, days: Sequence[int]) -> None:
    """An entry after each of these many days."""
    for one in days:
        world.time += one * DAY
        world.admit(product(f"thing-{next(_names)}", by=FORGE))


# Without witnesses


def test_a_clock_set_forward_counts_for_a_day(world: World) -> None:
    """However far it is set, and in one batch with the completion."""
    asked = request()
    world.admit(asked)
    world.time += 52 * RECOVERY_DELAY
    world.refuse(complete(asked), "recovery-early", "recovery", 1)
    verdicts, _ = world.run(product(f"thing-{next(_names)}", by=FORGE), complete(asked))
    assert [getattr(verdict, "code", None) for verdict in verdicts] == [None, "recovery-early"]


def test_seven_entries_each_a_day_after_the_one_before(world: World) -> None:
    asked = request()
    world.admit(asked)
    day_by_day(world, [1] * (CONFIRMING_DAYS - 1))
    world.time += DAY - 1
    world.refuse(complete(asked), "recovery-early", "recovery", CONFIRMING_DAYS - 1)
    world.time += 1
    world.admit(complete(asked))


def test_days_without_entries_only_take_longer(world: World) -> None:
    asked = request()
    world.admit(asked)
    day_by_day(world, [3, 1, 20, 2, 1])
    world.time += 30 * DAY
    world.refuse(complete(asked), "recovery-early", "recovery", 6)
    day_by_day(world, [0, 1])
    world.admit(complete(asked))


def test_many_entries_of_a_day_count_once(world: World) -> None:
    asked = request()
    world.admit(asked)
    for _ in range(20):
        world.time += DAY // 10
        world.admit(product(f"thing-{next(_names)}", by=FORGE))
    world.refuse(complete(asked), "recovery-early", "recovery", 2)


# With witnesses


def test_two_heads_cosigned_a_week_apart(world: World) -> None:
    """The log's own clock says nothing of it."""
    asked = Asked(world)
    early = asked.completion(at(NOON), at(NOON + WEEK - 1))
    world.refuse(early, "recovery-early", "evidence.last", NOON + WEEK - 1)
    world.time += 52 * RECOVERY_DELAY
    world.refuse(early, "recovery-early", "evidence.last")
    world.refuse(complete(asked.record), "recovery-evidence", "evidence")
    world.admit(asked.completion(at(NOON), at(NOON + WEEK)))


@pytest.mark.parametrize(("first", "last", "held"), [
    # One of three lies, and two are a quorum: neither its early nor its late word counts.
    ({**at(NOON), "gamma": NOON - WEEK}, at(NOON + 1), False),
    (at(NOON), {**at(NOON + 1), "gamma": NOON + 2 * WEEK}, False),
    ({"alpha": NOON, "gamma": NOON - WEEK}, {"alpha": NOON + 1, "gamma": NOON + WEEK}, False),
    ({"alpha": NOON, "beta": NOON}, {"beta": NOON + WEEK, "gamma": NOON + WEEK}, True),
])
def test_as_long_as_a_quorum_has_an_honest_member(
    world: World, first: dict[str, int], last: dict[str, int], held: bool
) -> None:
    record = Asked(world).completion(first, last)
    if held:
        world.admit(record)
    else:
        world.refuse(record, "recovery-early", "evidence.last")


def test_evidence_that_is_none(world: World) -> None:
    asked = Asked(world)
    first, last = at(NOON), at(NOON + WEEK)
    other = parse_entry(asked.entry)._replace(digest=bytes(32)).to_bytes()
    weaker = policy(1)
    alone = at(NOON + WEEK, ["alpha"])
    wrong = [
        asked.completion(first, alone), asked.completion(alone, last),
        asked.completion(first, last, policy=weaker), asked.completion(first, last, policy="quorum none\n"),
        asked.completion(first, last, policy="no policy"),
        asked.completion(first, last, entry=base64.b64encode(other).decode()),
        asked.completion(first, last, entry="AA=="),
        asked.completion(first, last, first="no proof"),
        asked.completion(first, last, first=proved(other, asked.index, first)),
        asked.completion(first, last, last=proved(asked.entry, asked.index, last, size=200)),
        asked.completion(first, last, last=proved(asked.entry, asked.index, last, origin="other.example/log")),
    ]
    for record in wrong:
        world.refuse(record, "recovery-evidence", "evidence")
    world.admit(asked.completion(first, last))


def test_other_witnesses_end_what_waits(world: World) -> None:
    """Else a registrar would name its own, and they would have seen a week pass; `none` at all would do as well."""
    for change in (witnesses(policy(1)), witnesses(policy(), retired=True)):
        asked = Asked(world)
        world.admit(change)
        world.refuse(asked.completion(at(NOON), at(NOON + WEEK)), "no-recovery", "request", digest_of(asked.record))
        assert (ACTIVATED in world.state.plugins) != change.retired


def test_an_objection_ends_it_all_the_same(world: World) -> None:
    asked = Asked(world)
    world.admit(object_to(asked.record))
    world.refuse(asked.completion(at(NOON), at(NOON + WEEK)), "no-recovery", "request")
    assert world.state.keys[MILL.key.keyid].active
