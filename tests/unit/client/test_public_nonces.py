"""The nonces of published examples are in no template, and no command or library signs a record with them."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import main
from ledger.client.sheets.columns import Tree
from ledger.client.sheets.signing import RowSigner
from ledger.client.sheets.template import Guides, example_of
from ledger.client.signing import RecordSigner
from ledger.core.record import canonical
from ledger.engine.sectors import Registry
from ledger.errors import InvalidInput
from ledger.host.files.key_files import new_key, write_key
from ledger.registry.reference.catalogue import Catalogue
from ledger.registry.reference.examples import examples

ORIGIN, ISSUER = "log.example", "urn:example:mill"
CATALOGUE = Catalogue(Registry())
PUBLIC = {record["nonce"] for records in examples().values() for record in records if "nonce" in record}
SITE = {"type": "facility", "id": "urn:example:mill:site", "country": "CN", "nonce": min(PUBLIC)}


def template(name: str) -> list[Tree]:
    return example_of(CATALOGUE.reference(name), Guides(CATALOGUE.reference), ISSUER, whole=True)


def test_a_template_has_nonces_of_its_own() -> None:
    assert len(PUBLIC) > 3
    own: list[str] = []
    for name in examples():
        for _ in range(2):
            own += [tree["nonce"] for tree in template(name) if "nonce" in tree]
    assert len(own) >= 2 * len(PUBLIC)
    assert len(set(own)) == len(own)
    assert not PUBLIC & set(own)


def test_its_records_refer_to_each_other_all_the_same() -> None:
    *before, amendment = template("amendment")
    digests = [canonical.digest(canonical.encode({**tree, "issuer": ISSUER})).hex() for tree in before]
    assert amendment["changes"][0]["record"] in digests


@pytest.mark.parametrize("signed", [
    lambda: RowSigner(new_key(), ORIGIN, ISSUER, b"x" * 32).written(SITE),
    lambda: RecordSigner(new_key(), ORIGIN, ISSUER).sign(SITE),
])
def test_no_signer_takes_the_nonce_of_an_example(signed: Any) -> None:
    with pytest.raises(InvalidInput, match="published example") as error:
        signed()
    assert (error.value.code, error.value.field, error.value.value) == ("public-nonce", "nonce", SITE["nonce"])
    assert error.value.rule == "no nonce: signing adds a random one"


def test_no_command_signs_with_the_nonce_of_an_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, source, output = tmp_path / "key.pem", tmp_path / "site.json", tmp_path / "signed"
    write_key(key, new_key())
    source.write_text(json.dumps(SITE))
    options = ["--key", str(key), "--issuer", ISSUER, "--origin", ORIGIN, "-o", str(output)]
    assert main(["sign", str(source), *options]) == 1
    assert "field nonce: " in (told := capsys.readouterr().err)
    assert "published example" in told
    assert not output.exists()
    source.write_text(json.dumps({name: text for name, text in SITE.items() if name != "nonce"}))
    assert main(["sign", str(source), *options]) == 0
