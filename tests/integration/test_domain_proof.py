"""Domains of names are proved by TXT records of a real DNS server on this host."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from support.cli import Done, Served, run, served, temporary_folder
from support.clusters import copy_cluster
from support.name_server import name_server

from ledger.cli.registrar.domain_proof import check_domains, domains_of
from ledger.errors import InvalidInput, LedgerError, Refused, Unavailable

KEYID: Final = "ab" * 32
RECORDS: Final[dict[str, list[str]]] = {}
"""TXT texts by name."""
FAILING: Final = "_carbon-ledger.failing.example."


def texts_of(name: str, kind: str) -> Sequence[str] | None:
    if name == FAILING:
        raise KeyError(name)
    return RECORDS.get(name) if kind == "TXT" else None


@pytest.fixture(scope="module")
def resolver() -> Iterator[str]:
    """The address of a server that answers from RECORDS."""
    with name_server(texts_of) as server:
        yield server


def test_the_domains_of_names() -> None:
    names = ["https://mill.example/", "http://Mill.example", "did:web:forge.example:users",
             "did:web:port.example%3A8443", "tag:tag.example,2024:", "https://mill.example/more/", "https://id.gs1.org/414/9506000134352/",
             "urn:example:mill:", "https://host.example:8443/x"]
    assert domains_of(names) == ["mill.example", "forge.example", "port.example", "tag.example", "host.example"]


@pytest.mark.parametrize("texts", [[f'"keyid={KEYID}"'], ['"v=spf1 -all"', f'"keyid={KEYID}"'],
                                   [f'"keyid={KEYID[:20]}" "{KEYID[20:]}"']])
def test_a_record_with_the_key_proves_a_domain(resolver: str, texts: list[str]) -> None:
    """Beside others, and in several parts."""
    RECORDS["_carbon-ledger.mill.example."] = texts
    assert check_domains(["https://mill.example/", "urn:example:mill"], KEYID, resolver) == ["mill.example"]


@pytest.mark.parametrize(("name", "texts", "error", "code"), [
    ("https://other.example/", [f'"keyid={"cd" * 32}"'], Refused, "domain-unproved"),
    ("https://other.example/", [f'"{KEYID}"'], Refused, "domain-unproved"),
    ("https://other.example/", [f'"keyid={KEYID}x"'], Refused, "domain-unproved"),
    ("https://none.example/", None, Refused, "domain-unproved"),
    ("https://failing.example/", None, Unavailable, "dns-down"),
    ("urn:example:mill:", None, InvalidInput, "no-domain"),
    ("https://id.gs1.org/414/9506000134352/", None, InvalidInput, "no-domain"),
])
def test_a_domain_without_it_is_not_proved(
    resolver: str, name: str, texts: list[str] | None, error: type[LedgerError], code: str
) -> None:
    if texts is not None:
        RECORDS["_carbon-ledger.other.example."] = texts
    with pytest.raises(error) as caught:
        check_domains([name], KEYID, resolver)
    assert (caught.value.code, caught.value.field) == (code, "dns")


def test_the_parent_domain_proves_no_other(resolver: str) -> None:
    RECORDS["_carbon-ledger.example."] = [f'"keyid={KEYID}"']
    with pytest.raises(Refused):
        check_domains(["https://sub.example/"], KEYID, resolver)


@pytest.mark.parametrize("server", ["nowhere", "127.0.0.1:x", "127.0.0.1:70000000"])
def test_a_malformed_resolver_is_named(server: str) -> None:
    with pytest.raises(LedgerError) as caught:
        check_domains(["https://mill.example/"], KEYID, server)
    assert caught.value.field == "dns-server"


@pytest.fixture(scope="module")
def house() -> Iterator[Served]:
    with temporary_folder() as folder:
        copy_cluster(folder / "home")
        assert run("init", "--home", folder / "home").code == 0
        with served(folder / "home", "--access", "open") as server:
            yield server


def enrol(house: Served, key: Path, *options: str) -> Done:
    return run("enrol", "--key", key, "--id", "https://shop.example/", "--prefix", "https://shop.example/", *options,
               "--home", house.home, CARBON_LEDGER_URL=house.url, CARBON_LEDGER_ORIGIN=house.origin)


def test_the_registrar_enrols_only_with_the_proof(house: Served, resolver: str) -> None:
    key = house.home.parent / "shop.pem"
    assert run("key", "new", key).code == 0
    shown: dict[str, Any] = json.loads(run("key", "show", key, "--json").out)
    asked = ("--dns", "--dns-server", resolver)
    refused = enrol(house, key, *asked)
    assert (refused.code, refused.out) == (1, "")
    assert f"a TXT record at _carbon-ledger.shop.example: keyid={shown['keyid']}" in refused.err
    assert (enrol(house, key, "--dns-server", resolver).code, house.process.poll()) == (2, None)
    RECORDS["_carbon-ledger.shop.example."] = [f'"keyid={shown["keyid"]}"']
    assert json.loads(enrol(house, key, *asked, "--json").succeeded().out)["domains"] == ["shop.example"]
