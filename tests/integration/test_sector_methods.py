"""A sector's own method where a method of the catalogue may be asked for."""

from collections.abc import Iterator
from typing import Any

import networkx
import pytest
from support.inside import Inside, inside
from support.parties import enrolment
from support.sectors import Make
from support.server import prepared_home
from support.workshop import Workshop

from ledger.answers.methods import MethodAnswer, PluginMethod
from ledger.answers.stored import ChainMethodAnswer
from ledger.engine.sectors import Installed, Registry
from ledger.errors import InvalidInput
from ledger.footprint.derived.methods.catalogue import METHODS
from ledger.sdk import ChainFigure, ChainLine, ChainMethod, Sector
from ledger.service.queries.methods.catalogue import catalogue, run_method
from ledger.service.queries.questions import LotQuestion, MethodChoice


def stored(chain: "networkx.DiGraph[str]", lot: str) -> ChainFigure:
    figure = chain.nodes[lot]["footprint"]
    return ChainFigure(total=figure, lines=(ChainLine(name="stored", amount=figure),))


REGISTRY = Registry([Installed(
    Sector(name="tables", version="2.0.0", en="Tables", zh="表", routes={},
           methods={"stored": ChainMethod(version="1", en="As stored", zh="存储", footprint=stored)}),
    "ab" * 32, "tests",
)])


class Asked:
    """A lot of 100 kg with 80 kg CO2."""

    def __init__(self, inner: Inside) -> None:
        self._inner = inner
        shop = Workshop("sector-methods")
        inner.post([(inner.registrar, enrolment(shop.party, inner.registrar, inner.origin, shop.nonce()))])
        inner.post([*shop.opening(), shop.make({"pot": "100"}, ore="100", activity=Make(co2="80"))])
        self.lot = shop.name("pot")

    def __call__(self, method: str, **more: Any) -> MethodAnswer | ChainMethodAnswer:
        pool, choice = self._inner.ledger.pool, MethodChoice(method, **more)
        return self._inner.run(run_method(pool, REGISTRY, LotQuestion(self.lot), choice))


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    with prepared_home() as home, inside(home) as inner:
        yield Asked(inner)


def test_the_name_says_whose_method_it_is(asked: Asked) -> None:
    own = asked("tables.stored/1")
    assert isinstance(own, ChainMethodAnswer)
    assert (own.footprint, own.method, own.plugin) == (80, "tables.stored/1", "tables/2.0.0")
    ours = asked("cut-off/1")
    assert isinstance(ours, MethodAnswer)
    assert (ours.footprint, ours.default, ours.method, ours.gwp) == (80, 80, "cut-off/1", "AR6")


@pytest.mark.parametrize("method", ["tables.stored/2", "tables.magic/1", "nobody.stored/1", "stored/1", ""])
def test_an_unknown_method_is_told_all_that_there_are(asked: Asked, method: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        asked(method)
    error = caught.value
    assert (error.code, error.field, error.value) == ("unknown-method", "method", method)
    assert error.rule == f"one of: {', '.join(one.name for one in METHODS)}, tables.stored/1"


@pytest.mark.parametrize(("more", "field", "value"), [
    ({"gwp": "AR5"}, "gwp", "AR5"), ({"allocation": "mass"}, "allocation", "mass"),
    ({"parameters": ["a=1", "b=2"]}, "parameter", "a=1, b=2"),
])
def test_a_sectors_method_chooses_for_itself(asked: Asked, more: dict[str, Any], field: str, value: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        asked("tables.stored/1", **more)
    assert (caught.value.code, caught.value.field, caught.value.value) == ("fixed-by-method", field, value)


def test_the_catalogue_lists_it() -> None:
    names = {"en": "As stored", "zh": "存储"}
    assert catalogue(REGISTRY).plugin_methods == (
        PluginMethod(name="tables.stored/1", plugin="tables/2.0.0", names=names),
    )
