"""Brightway as the judge of burdens: `bw2calc` loads activities, and solves for any lot; its matrices for all of them.

Lots are activities and, one whole lot of each, their products. Each burden is a biosphere flow of its own, with the
factor 1. A second flow a burden has the absolute amounts: what the burden would be if nothing in it cancelled.
"""

import importlib
import warnings
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from support.activities import Activity

Floats = NDArray[numpy.float64]
Entries = Sequence[tuple[int, int, float]]


def quietly(name: str) -> ModuleType:
    """A module of Brightway, which warns at its import where there is no faster solver than SciPy's."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\s*It seems like you have an", UserWarning)
        return importlib.import_module(name)


class Scores(NamedTuple):
    """Lots x burdens, of whole lots: the burdens, and what they would be if nothing cancelled."""

    burdens: Floats
    gross: Floats


class System:
    """Activities as Brightway has loaded and factorised them. `lots` are in the order of the activities."""

    def __init__(self, activities: Sequence[Activity], burdens: Sequence[str]) -> None:
        self.lots = [one.lot for one in activities]
        self.burdens = burdens
        self._numbers = {lot: i for i, lot in enumerate(self.lots, start=1)}
        first = len(self.lots) + 1
        self._flows = {(burden, gross): first + 2 * i + gross for i, burden in enumerate(burdens) for gross in (0, 1)}
        self.lca = quietly("bw2calc").LCA({1: 1.0}, data_objs=[self._package(activities)])
        self.lca.lci(factorize=True)
        self.lca.lcia()

    def _package(self, activities: Sequence[Activity]) -> Any:
        numbers, flows = self._numbers, self._flows
        products = [(number, number, 1.0) for number in numbers.values()]
        takes = [(numbers[source], numbers[one.lot], float(part))
                 for one in activities for source, part in one.takes.items()]
        emits = [(flows[burden, gross], numbers[one.lot], float(abs(amount) if gross else amount))
                 for one in activities for burden, amount in one.emits.items() for gross in (0, 1)]
        factors = [(flow, flow, 1.0) for flow in flows.values()]
        return datapackage({
            ("technosphere_matrix", False): products, ("technosphere_matrix", True): takes,
            ("biosphere_matrix", False): emits, ("characterization_matrix", False): factors,
        })

    def scores(self) -> Scores:
        """Of all lots: Brightway's three matrices, solved transposed, once for each burden instead of for each lot."""
        lca = self.lca
        rows = [lca.dicts.product[number] for number in self._numbers.values()]
        found = numpy.zeros((len(self.lots), 2 * len(self.burdens)))
        # A burden that nothing emits has no row: it is zero everywhere.
        known = {i: lca.dicts.biosphere[flow] for i, flow in enumerate(self._flows.values())
                 if flow in lca.dicts.biosphere}
        characterized = (lca.characterization_matrix @ lca.biosphere_matrix).toarray()
        amounts = splu(lca.technosphere_matrix.T.tocsc()).solve(characterized[list(known.values())].T)
        found[:, list(known)] = amounts[rows]
        return Scores(found[:, 0::2], found[:, 1::2])

    def supply(self, lot: str) -> dict[str, float]:
        """How much of each lot is in one whole `lot`, itself included: the supply array of one ordinary calculation."""
        lca = self.lca
        lca.lci({self._numbers[lot]: 1.0})
        return {name: float(lca.supply_array[lca.dicts.activity[number]]) for name, number in self._numbers.items()}

    def score(self, lot: str) -> dict[str, float]:
        """The burdens of one whole `lot` by one ordinary calculation, inventory and characterisation."""
        lca = self.lca
        lca.lci({self._numbers[lot]: 1.0})
        lca.lcia_calculation()
        amounts = numpy.asarray(lca.characterized_inventory.sum(axis=1)).ravel()
        return {burden: float(amounts[lca.dicts.biosphere[self._flows[burden, 0]]])
                for burden in self.burdens if self._flows[burden, 0] in lca.dicts.biosphere}


def datapackage(matrices: Mapping[tuple[str, bool], Entries]) -> Any:
    """A datapackage in memory: entries (row, column, amount) by the matrix, and whether their signs are turned."""
    processing = quietly("bw_processing")
    package = processing.create_datapackage()
    for i, ((matrix, turned), entries) in enumerate(matrices.items()):
        package.add_persistent_vector(
            matrix=matrix, name=f"entries-{i}",
            indices_array=numpy.array([(row, column) for row, column, _ in entries], processing.INDICES_DTYPE),
            data_array=numpy.array([amount for _, _, amount in entries]),
            flip_array=numpy.full(len(entries), turned),
        )
    return package
