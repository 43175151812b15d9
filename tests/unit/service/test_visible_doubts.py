"""The doubts about records behind a figure, as a caller may read them who does not see all of these records."""

from typing import Final

from ledger.access.rights import Rights
from ledger.answers.stored import DoubtAnswer
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.doubts import DOUBTED, SHOWN, limitation, visible_doubts

MILL: Final = Sight(Rights(own=frozenset({"mill"})))


def doubt(index: int, issuer: str) -> DoubtAnswer:
    return DoubtAnswer(index=index, record="0" * 64, issuer=issuer, key="1" * 64, since=1, reported=90)


def test_own_records_are_named_and_hidden_ones_are_not() -> None:
    own, other = doubt(7, "mill"), doubt(8, "pit")
    assert visible_doubts(MILL, [own, other], [limitation(own), limitation(other)]) == (
        [own], [limitation(own), DOUBTED])
    assert visible_doubts(MILL, [own], [limitation(own)]) == ([own], [limitation(own)])
    # The record that made the lot is known to whoever received it.
    assert visible_doubts(MILL, [other], [limitation(other)], 8) == ([other], [limitation(other)])


def test_all_doubts_are_counted() -> None:
    own = [doubt(index, "mill") for index in range(SHOWN + 5)]
    stated = [*map(limitation, own[:SHOWN]), "5 more records behind this figure are in doubt."]
    assert visible_doubts(MILL, own, stated) == (own, stated)


def test_records_that_were_not_examined_are_said_to_be_so() -> None:
    stated = ["only 3 records behind this figure were looked at for signatures in doubt."]
    assert visible_doubts(MILL, [], stated) == ([], [DOUBTED])
    assert "not looked at" in DOUBTED
    assert visible_doubts(EVERYTHING, [], stated) == ([], stated)
