"""What is printed of figures by a sector's method."""

import pytest

from ledger.answers.stored import ChainLineAnswer, ChainMethodAnswer
from ledger.cli.buyer.method_report import chain_method_report
from ledger.cli.console import show


def test_a_sectors_method(capsys: pytest.CaptureFixture[str]) -> None:
    show(*chain_method_report(ChainMethodAnswer(
        lot="urn:example:lot", method="tables.bought/1", plugin="tables/2.0.0", digest="ab" * 32,
        names={"en": "What was bought", "zh": "外购"}, at=12, footprint=1234.5, stored=1000.0, questioned=7.0,
        lines=[ChainLineAnswer(name="ore", amount=1200.0, what="out of the mine"),
               ChainLineAnswer(name="own", amount=34.5, what="")],
        notes=["roughly"], pool="urn:example:pool",
    )))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:3] == [
        "footprint of urn:example:lot by tables.bought/1", "What was bought, plugin tables/2.0.0, as of 12 entries",
        "1,234.500 kg CO2e; stored 1,000.000 kg CO2e",
    ]
    assert lines[3] == "7.000 kg CO2e questioned in the stored figure; `footprint` lists the findings"
    assert [line.split() for line in lines[4:7]] == [
        ["term", "kg", "CO2e", "meaning"], ["ore", "1,200.000", "out", "of", "the", "mine"], ["own", "34.500"],
    ]
    assert lines[7:] == ["of the pool urn:example:pool", "note: roughly"]
