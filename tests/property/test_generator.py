"""What tests and benchmarks rest on: records stream, repeat, are admissible, and have the promised shape."""

import itertools

import pytest
from support.generator import generate, parties, transformations
from support.memory import MemoryLedger
from support.networks import book_of, network
from support.sectors import registry

from ledger.core.record import canonical
from ledger.core.record.kinds import Transformation


@pytest.mark.parametrize(("inputs", "outputs", "signers"), [(2, 2, 1), (2, 2, 7), (3, 4, 2), (1, 1, 3)])
def test_transformations_have_exactly_the_inputs_and_outputs_asked_for(
    inputs: int, outputs: int, signers: int
) -> None:
    memory = MemoryLedger(registry())
    members = parties(3, 400, signers)
    memory.admit(members)
    posted = list(transformations(3, 400, inputs, outputs, signers))
    memory.must(*posted)
    book_of(memory, figures=False)
    made = [(signer, record) for signer, record in posted if isinstance(record, Transformation) and record.inputs]
    assert len(made) == 400
    assert {(len(record.inputs), len(record.outputs)) for _, record in made} == {(inputs, outputs)}
    for signer, record in made:
        assert all(flow.lot.startswith(signer.prefix) for flow in record.inputs)
    assert {signer.id for signer, _ in made} == {member.id for member in members}


@pytest.mark.parametrize(("size", "organizations"), [(0, None), (1, 2), (500, None), (900, 12)])
def test_every_record_is_admitted(size: int, organizations: int | None) -> None:
    memory = network(11, size, organizations)
    book_of(memory, figures=False)


def test_a_seed_gives_the_same_records() -> None:
    first, second, other = (
        [canonical.encode(record) for _, record in generate(seed, 200)] for seed in (5, 5, 6)
    )
    assert first == second != other


def test_records_stream() -> None:
    """The first thousand of a million come at once."""
    assert len(list(itertools.islice(generate(1, 1_000_000), 1_000))) == 1_000
