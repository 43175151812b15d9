"""What a large revision was made of goes back to the system."""

import pytest

from ledger.service.posting.revision import reviser


@pytest.mark.parametrize(("pieces", "times"), [(10, 0), (5_000, 1)])
def test_after_large_revisions(pieces: int, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bool] = []
    monkeypatch.setattr(reviser, "give_back", lambda: given.append(True))
    held = [object() for _ in range(pieces)]
    reviser._let_go(held)
    assert held == []
    assert len(given) == times
