"""A log that an earlier version began: its records stand, stricter rules come with their activation."""

import msgspec
import pytest
from msgspec import Raw
from support.inside import Inside, inside
from support.server import Server, command, prepared_home
from support.witness import registry
from support.workshop import Workshop

from ledger.admission.rules import NEWEST, RULES, VERSIONS
from ledger.core.record import canonical
from ledger.core.record.kinds import Activation, Amendment, AnyRecord
from ledger.core.record.revisions import Change
from ledger.errors import LedgerError
from ledger.service import setup
from ledger.service.queries.plugins import rules_answer
from ledger.service.queries.records import read_plugins

FAR = {"start": "9998-01-01T00:00:00Z", "end": "9999-01-01T00:00:00Z"}


def enrolled(ledger: Inside) -> Workshop:
    shop = Workshop("shop")
    ledger.post([shop.enrolment(ledger), *shop.opening()])
    return shop


def activation(ledger: Inside) -> tuple[object, AnyRecord]:
    registrar = ledger.registrar
    return registrar, Activation(issuer=registrar.id, nonce="AAAAAAAAAAAAAAAAAAAAAA", plugin=RULES,
                                 version=NEWEST.name, digest=NEWEST.digest)


def refusals(ledger: Inside, *posted: object) -> list[str | None]:
    answers = ledger.run(ledger.submit(posted))  # type: ignore[arg-type]
    return [one.code if isinstance(one, LedgerError) else None for one in answers]


def test_an_older_log_takes_stricter_rules_from_their_activation_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of before stay, can be amended by their own rules, and the whole log audits."""
    monkeypatch.setattr(setup, "NEWEST", VERSIONS[0])
    with prepared_home() as home, inside(home) as ledger:
        shop = enrolled(ledger)
        early, below = shop.make({"early": "10"}, ore="10", **FAR), shop.make({"below": "5"}, {"early": "5"})
        assert refusals(ledger, early, below) == [None, None]
        assert ledger.run(read_plugins(ledger.ledger.pool, registry()))[0].in_force == VERSIONS[0].name
        late = shop.make({"late": "10"}, ore="10", **FAR)
        assert refusals(ledger, activation(ledger), late) == [None, "instant-range"]
        assert refusals(ledger, late, shop.make({"usual": "1"}, ore="1")) == ["instant-range", None]
        digest = canonical.digest(canonical.encode(early[1])).hex()
        more = Amendment(issuer=shop.id, nonce=shop.nonce(), reason="a meter was misread", changes=[
            Change(record=digest, fields={"activity": Raw(b'{"co2":"3"}')})])
        assert refusals(ledger, shop.signed(more)) == [None]
        report = ledger.audited()
        assert report.ok, report.findings
        assert [one.version for one in report.rules] == [NEWEST.name]
        assert ledger.run(read_plugins(ledger.ledger.pool, registry()))[0].in_force == NEWEST.name


def test_a_new_ledger_begins_with_the_newest() -> None:
    with prepared_home() as home, Server(home) as server:
        listed = command(home, "plugin", "list", "--url", server.url, "--json")
        first = next(one for one in msgspec.json.decode(listed.stdout) if one["name"] == RULES)
        assert (first["inForce"], first["installed"]) == (NEWEST.name, True)
        audited = command(home, "audit", server.url, "--vkey", server.vkey)
        assert f"rules       version {NEWEST.name} from entry 2 on" in audited.stdout
        again = command(home, "plugin", "activate", RULES, "--url", server.url)
        assert (again.returncode, "in force already" in again.stderr) == (1, True)


def test_what_is_installed_says_which_rules_it_knows() -> None:
    answer = rules_answer()
    assert (answer.version, answer.digest, answer.in_force) == (NEWEST.name, NEWEST.digest, None)
