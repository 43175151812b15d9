"""A third party's sector: one file and one pyproject outside this repository, installed with pip, and it computes."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import msgspec
import pytest
from msgspec import Raw
from support.bricks import MODULE, PYPROJECT, bricks, install, release
from support.server import Server, command, prepared_home
from support.workshop import Workshop

from ledger.core.receipts.receipt import Receipt, verify_receipt


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release(tmp_path_factory.mktemp("brickworks") / "source", "2.3.0")


@pytest.fixture
def home() -> Iterator[Path]:
    with prepared_home() as found:
        yield found


def check_audit(server: Server, installed: list[Path]) -> str:
    done = command(server.home, "audit", server.url, "--vkey", server.vkey, installed=installed)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_sector_from_elsewhere(source: Path, home: Path, tmp_path: Path) -> None:
    """Listed, activated by `serve` on a new home, and its figures are in receipts like any other's."""
    target = tmp_path / "site"
    install(source, target)
    listed = command(home, "plugin", "list", "--json", installed=[target])
    assert listed.returncode == 0, listed.stderr
    (told,) = [one for one in msgspec.json.decode(listed.stdout) if one["name"] == "bricks"]
    assert (told["version"], told["names"]) == ("2.3.0", {"en": "Bricks", "zh": "砖瓦"})
    assert told["routes"] == {"kiln": {"en": "Firing in a kiln", "zh": "窑烧"}}
    with Server(home, installed=[target]) as server:
        (told,) = [one for one in httpx.get(f"{server.url}/v1/plugins").json() if one["name"] == "bricks"]
        assert (told["inForce"], told["installed"]) == ("2.3.0", True)
        shop = Workshop("kiln")
        (*_, receipt) = server.post([shop.enrolment(server), *shop.opening(), bricks(shop, "bricks")])
        (lot,) = verify_receipt(receipt, server.vkey).lots
        assert lot.plugin == "bricks/2.3.0"
        assert Decimal(lot.burdens["fossilGhgEmissions"]) == pytest.approx(Decimal(12) * 44 / 12)
        answer = httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name("bricks")}).json()
        assert answer["footprint"] == pytest.approx(44)
        wrong = msgspec.structs.replace(bricks(shop, "more")[1], activity=Raw(b'{"carbonate":"0"}'))
        (problem,) = server.submit(server.envelopes([(shop.party, wrong)]))
        assert not isinstance(problem, Receipt)
        assert problem["field"] == "activity.carbonate"
        assert "not recomputed" not in check_audit(server, [target])


@pytest.mark.parametrize(("broken", "said"), [
    ("raise RuntimeError('no kiln here')\n", "plugin bricks cannot be loaded: RuntimeError: no kiln here"),
    ("def plugin():\n    return 7\n", "does not return a Sector"),
    (MODULE.replace('name="bricks"', 'name="tiles"'), "does not return a Sector with that name"),
])
def test_a_sector_that_cannot_be_loaded(home: Path, tmp_path: Path, broken: str, said: str) -> None:
    """It is named, and nothing starts without it by mistake."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (source / "brickworks.py").write_text(broken, encoding="utf-8")
    install(source, tmp_path / "site")
    for arguments in (("plugin", "list"), ("serve", "--port", "0")):
        done = command(home, *arguments, installed=[tmp_path / "site"], timeout=60)
        assert done.returncode == 1
        assert said in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
