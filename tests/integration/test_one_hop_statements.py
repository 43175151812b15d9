"""Statements for whoever received a lot: the committed figure with the proof of that leaf, and nothing of how it is
made. The maker's own statements show the inputs as far as its suppliers show them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from support.recipes import OF_MILL, Secrets, leaks, secrets
from support.revising import amend, change
from support.sectors import Make

from ledger.cli.root import cli
from ledger.client.verify.bundle import TOTALS
from ledger.core.receipts.bundle import TAG, Bundle
from ledger.core.receipts.statement import Claims, read_statement, sign_statement
from ledger.core.receipts.statement_steps import Proven
from ledger.errors import VerificationError
from ledger.footprint.derived.statements import check_statement


@pytest.fixture(scope="module")
def chain() -> Iterator[Secrets]:
    with secrets() as made:
        yield made


@pytest.fixture(scope="module", params=["posted", "amended"])
def stated(request: pytest.FixtureRequest, chain: Secrets) -> Secrets:
    """The chain before and after an amendment that revises all figures downstream."""
    if request.param == "amended":
        chain.inside.post([amend(chain.mill, change(chain.posted["steel"], activity=Make(co2="88.5")))])
    return chain


def statement(chain: Secrets, caller: str, lot: str) -> bytes:
    answer = chain.callers.get(caller, "/v1/statement", {"lot": lot})
    assert answer.status_code == 200, answer.text
    return answer.content


def checked(chain: Secrets, content: bytes) -> Proven:
    return check_statement(read_statement(content), chain.inside.vkey)


def test_the_receiver_gets_the_committed_figure(stated: Secrets) -> None:
    content = statement(stated, stated.forge.id, stated.steel)
    proven = checked(stated, content)
    assert leaks(content, (*OF_MILL, stated.mill.name("steel"))) == []
    claims = proven.claims
    assert proven.assessment is None
    assert (claims.share, claims.assessment, claims.inputs, claims.named) == (None, None, [], [])
    assert [record.index for record in claims.records] == [claims.record]
    whole = checked(stated, statement(stated, stated.mill.id, stated.steel)).claims
    assert claims.figure == whole.figure
    assert claims.result == whole.result


def test_the_maker_gets_the_leaf_of_its_input(stated: Secrets) -> None:
    content = statement(stated, stated.forge.id, stated.forge.name("gear"))
    proven = checked(stated, content)
    assert leaks(content, OF_MILL) == []
    assert proven.assessment is not None
    assert [lot.lot for lot in proven.inputs] == [stated.steel]
    assert [taken.shown.index for taken in proven.claims.inputs] == [1]


def test_the_buyer_gets_nothing_of_two_hops(stated: Secrets) -> None:
    content = statement(stated, stated.buyer.id, stated.gear)
    assert leaks(content, (*OF_MILL, stated.mill.id, stated.forge.name("gear"))) == []
    assert checked(stated, content).lot.lot == stated.gear


def test_another_method_needs_the_whole_chain(chain: Secrets) -> None:
    answer = chain.callers.get(chain.forge.id, "/v1/statement", {"lot": chain.steel, "gwp": "AR5"})
    assert (answer.status_code, answer.json()["code"]) == (403, "hidden-parts")


@pytest.mark.parametrize(("field", "value", "step"), [
    ("share", "1.0", 1), ("assessment", None, 5), ("figure.footprint", "1.0", 6), ("figure.title", "footprint!", 6),
    ("validUntil", "2031-01-01T00:00:00Z", 6), ("figure.burdens", {}, 5), ("plugin", "other/1", 5),
])
def test_a_changed_statement_is_refused(chain: Secrets, field: str, value: Any, step: int) -> None:
    """Also one that the log's key has signed."""
    signers = chain.inside.ledger.publication.signers
    tree = msgspec.json.decode(read_statement(statement(chain, chain.forge.id, chain.steel)).claims)
    part, _, name = field.rpartition(".")
    (tree[part] if part else tree)[name] = tree["result"] if field == "assessment" else value
    if field == "assessment":
        tree["share"] = "1.0"
    signed = sign_statement(msgspec.json.decode(msgspec.json.encode(tree), type=Claims), *signers)
    with pytest.raises(VerificationError) as raised:
        check_statement(signed, chain.inside.vkey)
    assert raised.value.step == step


def test_verify_says_what_it_proves(chain: Secrets, tmp_path: Path) -> None:
    file = tmp_path / "statement.json"
    file.write_bytes(statement(chain, chain.forge.id, chain.steel))
    result = CliRunner().invoke(cli, ["verify", str(file), "--vkey", chain.inside.vkey, "--on", "2025-06-01"])
    assert result.exit_code == 0, result.output
    assert "6. the figure recomputes" in result.output
    assert ": not shown, only the committed figure" in result.output
    assert "the statement shows the figure, not how it is made" in result.output


def test_a_bundle_says_what_its_statement_proves(chain: Secrets, tmp_path: Path) -> None:
    receipt = chain.callers.get(chain.forge.id, f"/v1/records/{chain.digests['sent']}/proof")
    bundle = Bundle(bundle=TAG, receipt=msgspec.Raw(receipt.content),
                    statement=msgspec.Raw(statement(chain, chain.forge.id, chain.steel)))
    content = msgspec.json.encode(bundle)
    assert leaks(content, OF_MILL) == []
    file = tmp_path / "bundle.json"
    file.write_bytes(content)
    result = CliRunner().invoke(cli, ["verify", str(file), "--vkey", chain.inside.vkey, "--on", "2025-06-01"])
    assert result.exit_code == 0, result.output
    assert f"belongs to this record: {TOTALS}" in result.output
    assert chain.steel in result.output


def test_bodies_recompute_nothing_of_such_a_statement(chain: Secrets, tmp_path: Path) -> None:
    file = tmp_path / "statement.json"
    file.write_bytes(statement(chain, chain.forge.id, chain.steel))
    result = CliRunner().invoke(cli, ["verify", str(file), "--vkey", chain.inside.vkey, "--on", "2025-06-01",
                                      "--bodies", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "7. the bodies give the same parts, share, assessment and results: not recomputed" in result.output
    assert "not recomputed: the statement does not show how the figure is made" in result.output
