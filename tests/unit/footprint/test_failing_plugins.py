"""A plugin that raises or returns what it may not refuses its own record and harms nothing else."""

from typing import get_type_hints

import pytest
from support.memory import MemoryLedger
from support.sectors import MAKE, NAME, Make, Wrong
from support.site import END, START, Site, ore, raw

from ledger.core.record.kinds import Transformation
from ledger.engine.batch import Sequenced
from ledger.errors import LedgerError, PluginError

HOWS = get_type_hints(Wrong)["how"].__args__


@pytest.fixture
def site(memory: MemoryLedger) -> Site:
    made = Site(memory, "plant")
    made.product("good")
    return made


def record(site: Site, lot: str, process: str, activity: object) -> Transformation:
    return Transformation(
        issuer=site.id, nonce=site.ledger.nonce(), facility=site.facility, start=START, end=END, process=process,
        activity=raw(activity), supplies=[ore("1 KGM")],  # type: ignore[arg-type]  # any JSON
        outputs=[site.out(lot, "good", "1 KGM")],
    )


CASES: list[tuple[str, object, str]] = [(f"{NAME}.raising", Make(), "raising"), (f"{NAME}.nan", Make(), "nan")]
CASES += [(f"{NAME}.wrong", Wrong(how=how), how) for how in HOWS]


@pytest.mark.parametrize(("process", "activity"), [case[:2] for case in CASES], ids=[case[2] for case in CASES])
def test_the_record_is_refused_and_its_neighbours_go_through(
    memory: MemoryLedger, site: Site, process: str, activity: object
) -> None:
    verdicts = memory.post([
        (site.party, record(site, "before", MAKE, Make(co2="1"))),
        (site.party, record(site, "bad", process, activity)),
        (site.party, record(site, "after", MAKE, Make(co2="1"))),
    ])
    assert [type(verdict) for verdict in (verdicts[0], verdicts[2])] == [Sequenced, Sequenced]
    assert isinstance(verdicts[1], PluginError)
    assert verdicts[1].code in ("plugin-failed", "invalid-assessment", "unknown-gas", "invalid-matter")
    assert site.name("bad") not in memory.state.lots


def test_what_a_plugin_raised_is_told(memory: MemoryLedger, site: Site) -> None:
    before = memory.fingerprint()
    with pytest.raises(PluginError, match=r"works/1\.0\.0 failed on works\.raising: ValueError: the furnace"):
        site.make([site.out("x", "good", "1 KGM")], supplies=[ore("1 KGM")], route="raising")
    assert memory.fingerprint() == before


@pytest.mark.parametrize(("process", "activity", "field"), [
    (MAKE, {"co2": "1", "colour": "red"}, "activity"),
    (MAKE, {"co2": "NaN"}, "activity.co2"),
    (MAKE, {"co2": "1E5"}, "activity.co2"),
    (MAKE, {"co2": "-0"}, "activity.co2"),
    (MAKE, {"co2": 1}, "activity.co2"),
    (f"{NAME}.dance", {}, "process"),
    ("dance.make", {}, "process"),
])
def test_activities_that_are_none(
    memory: MemoryLedger, site: Site, process: str, activity: dict[str, object], field: str
) -> None:
    (verdict,) = memory.post([(site.party, record(site, "x", process, activity))])
    assert isinstance(verdict, LedgerError)
    assert (verdict.field or "").startswith(field)
