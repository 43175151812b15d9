"""A finding shows in every answer about a figure: in the maker's own, and in all answers downstream of it."""

from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from support.doubtful_routes import CASES, Doubtful, doubtful_records
from support.server import Server, prepared_home

PRIVATE: Final = frozenset({"message", "value", "unit", "usual", "possible", "factor"})
"""Fields of a finding that stay with its issuer."""


class Posted:
    """The server, and the cases on it."""

    def __init__(self, server: Server, cases: dict[str, Doubtful]) -> None:
        self.server = server
        self.cases = cases

    def get(self, path: str, **parameters: Any) -> Any:
        response = httpx.get(f"{self.server.url}{path}", params=parameters, timeout=60)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture(scope="module")
def posted() -> Iterator[Posted]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_FACTOR_SETS="all") as server:
        yield Posted(server, doubtful_records(server))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, posted: Posted) -> Doubtful:
    found: Doubtful = posted.cases[request.param]
    return found


def listed(answer: Any, code: str) -> dict[str, Any]:
    """The finding with this code in an answer that others than its issuer may read."""
    (finding,) = [one for one in answer["findings"] if one["code"] == code]
    assert finding["severity"] in ("note", "warning")
    assert not PRIVATE & set(finding)
    return dict(finding)


def test_the_record_states_all(posted: Posted, case: Doubtful) -> None:
    answer = posted.get(f"/v1/records/{case.receipt.digest}")
    (finding,) = [one for one in answer["findings"] if one["code"] == case.code]
    assert finding["message"]
    (revision,) = answer["revisions"]
    assert case.code in {one["code"] for one in revision["findings"]}
    if case.name == "declared":
        assert answer["questioned"] == finding["amount"] > 1000
        assert revision["questioned"] == pytest.approx(finding["amount"] - 1)
        assert (finding["value"], finding["factor"].partition("@")[0]) == (10.0, "factors-open")


def test_lots(posted: Posted, case: Doubtful) -> None:
    (own,) = posted.get("/v1/lots", lot=case.lot)
    assert listed(own, case.code)["record"] == case.receipt.index
    (part,) = posted.get("/v1/lots", lot=case.part)
    assert part["questioned"] == pytest.approx(own["questioned"] / 8)
    assert case.code not in {one["code"] for one in part.get("findings", [])}


def test_footprints(posted: Posted, case: Doubtful) -> None:
    own = posted.get("/v1/footprint", lot=case.lot)
    assert listed(own, case.code)["own"] is True
    assert own["questioned"] == own["lot"]["questioned"]
    for lot, part in ((case.delivered, 4), (case.part, 8)):
        answer = posted.get("/v1/footprint", lot=lot)
        finding = listed(answer, case.code)
        assert finding["record"] == case.receipt.index
        assert "own" not in finding
        assert finding["recordBurdens"] == pytest.approx(listed(own, case.code)["recordBurdens"] / part)
        assert answer["questioned"] == pytest.approx(own["questioned"] / part)
        assert sum(one.get("questioned", 0.0) for one in answer["findings"]) == pytest.approx(answer["questioned"])
        assert "log's key" in answer["findingsNote"]
        if case.name == "declared":
            assert answer["title"] == "questioned footprint"
            assert answer["questionedShare"] > 0.9
