"""A chain as a tree: what a server may answer in its place."""

from typing import Any

import msgspec
import pytest

from ledger.cli import main
from ledger.cli.client import Client

WHOLE: dict[str, Any] = {
    "directed": True, "multigraph": False, "graph": {"roots": ["urn:x:lot"]}, "edges": [
        {"source": "record", "target": "urn:x:lot", "quantity": "1", "unit": "KGM"}],
    "nodes": [
        {"id": "urn:x:lot", "kind": "lot", "quantity": "1", "unit": "KGM", "role": "product", "footprint": 1.0},
        {"id": "record", "kind": "record", "type": "consumption", "issuer": "urn:x", "from": 1, "to": 1,
         "process": "p", "start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z", "records": 1, "index": 1},
    ],
}


@pytest.mark.parametrize("change", [
    {"nodes": []}, {"nodes": [{"id": None}]}, {"nodes": 7}, {"edges": [{}]}, {"edges": [{"source": 1}]}, {"graph": {}},
    {"graph": {"roots": [["urn:x:lot"]]}}, {"nodes": [{"id": "urn:x:lot"}]},
    {"nodes": [{**WHOLE["nodes"][0], "footprint": "much"}], "edges": []},
])
def test_what_is_no_chain(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = msgspec.json.decode(msgspec.json.encode(WHOLE)) | change
    monkeypatch.setattr(Client, "get", lambda *_, **__: answer)
    assert main(["trace", "urn:x:lot", "--url", "http://127.0.0.1:1"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "the server's answer is not a chain" in told.err
    assert told.err.count("\n") == 1
