from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.raising import raised
from support.witnesses import MemoryLog

from ledger.core.log.cosignature import CosignatureVerifier
from ledger.core.log.key_rotation import LogKeys
from ledger.errors import ConfigurationError
from ledger.service.witnesses.policy_file import read_policy

LOG, OTHER = MemoryLog("log.example/one", 1), MemoryLog("log.example/one", 1, seed=2)
WITNESS = CosignatureVerifier("w", Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()).vkey


@pytest.mark.parametrize(("lines", "why", "field", "value"), [
    (["quorum nobody"], "line 1", "quorum.name", "nobody"),
    ([f"log {LOG.vkey}"], "the quorum line is missing", "quorum", None),
    ([f"log {OTHER.vkey}", "quorum none"], "its key", "log.vkey", OTHER.vkey),
    ([f"witness w {LOG.vkey}"], "line 1 .* cannot cosign", "witness.vkey", LOG.vkey),
    ([f"witness w {WITNESS}", "quorum w"], "no witness has an address", "quorum", "w"),
    ([f"witness w {WITNESS} ftp://w.example", "quorum w"], "not http", "witness.url", "ftp://w.example"),
])
def test_a_policy_that_cannot_be_met_stops_the_start(
    tmp_path: Path, lines: list[str], why: str, field: str, value: str | None
) -> None:
    path = tmp_path / "policy"
    path.write_text("".join(line + "\n" for line in lines))
    with pytest.raises(ConfigurationError, match=why) as caught:
        read_policy(path, LogKeys(LOG.vkey))
    assert (caught.value.code, caught.value.field, caught.value.value) == ("invalid-policy", field, value)
    assert caught.value.rule
    assert str(path) in caught.value.message


def test_a_policy_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    assert "No such file" in str(raised(ConfigurationError, read_policy, tmp_path / "policy", LogKeys(LOG.vkey)))


@pytest.mark.parametrize("lines", [
    ["quorum none"], [f"log {LOG.vkey}", "quorum none"], [f"log {OTHER.vkey}", f"log {LOG.vkey}", "quorum none"],
    [f"witness w {WITNESS} https://w.example/w1", "quorum w"],
])
def test_policies_by_which_a_log_can_publish(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "policy"
    path.write_text("".join(line + "\n" for line in lines))
    assert read_policy(path, LogKeys(LOG.vkey)).satisfied(["w"])
