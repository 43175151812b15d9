"""The kit for plugin tests runs a record as the ledger does."""

from decimal import Decimal

import msgspec
import pytest
from support.raising import raised
from support.sectors import works

from ledger.errors import PluginError
from ledger.sdk.testing import context, lot, output, run, supply


def test_a_record_by_hand() -> None:
    """100 kg CO2 over 60 and 40 kg; 80 kg of post-consumer scrap among 100 kg of steel: recycled 0.8 of each."""
    given = context(
        "works.make", inputs=(lot("80 KGM", "waste", materials={"steel": "1"}),),
        supplies=(supply("ore", "0.02 TNE", nature=True),),
        outputs=(output("60 KGM", materials={"steel": "1"}), output("40 KGM", "coProduct", materials={"steel": "1"})),
    )
    assert ([one.index for one in given.supplies], given.supplies[0].mass) == ([0], Decimal(20))
    found = run(works(), given, {"co2": "100"})
    assert (found.footprint, [one["fossilGhgEmissions"] for one in found.outputs]) == (100.0, [60.0, 40.0])
    held = [one["recycledPostConsumer:steel"] for one in found.contents.outputs]
    assert (held, found.findings) == (pytest.approx([48.0, 32.0], rel=1e-12), {})


def test_what_is_wrong_raises_as_on_the_ledger() -> None:
    given = context("works.make", outputs=(output("1 KGM"),))
    assert "unknown" in str(raised(msgspec.ValidationError, run, works(), given, {"unknown": "1"}))
    assert "no route 'melt'" in str(raised(PluginError, run, works(), context("works.melt")))
    assert "phlogiston" in str(raised(
        PluginError, run, works(), context("works.wrong", outputs=(output("1 KGM"),)), {"how": "gas"}
    ))
