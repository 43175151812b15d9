"""A witness's own rules beside those of the protocol: its clock, and its files."""

import asyncio
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.raising import raised
from support.witnesses import MemoryLog

from ledger.client.witness.keys import default_name, witness_key_at
from ledger.client.witness.store import Store
from ledger.client.witness.witness import WitnessService
from ledger.core.log.cosignature import cosigned_at
from ledger.errors import ConfigurationError, InvalidKey

LOG = MemoryLog("log.example/one", 20)
KEY = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)


def service(store: Store, times: list[int]) -> WitnessService:
    return WitnessService(store, "w", KEY, {LOG.signer.name: [LOG.signer.verifier]}, lambda: times.pop(0))


def cosigned(witness: WitnessService, old: int, size: int) -> int:
    answer = asyncio.run(witness.add_checkpoint(LOG.request(old, size).encode()))
    assert answer.status == 200, answer.content
    (time,) = cosigned_at(LOG.note(size) + answer.content, [witness.verifier]).values()
    return time


def test_a_clock_that_is_set_back_does_not_say_that_more_was_seen_earlier(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        assert cosigned(service(store, [5_000]), 0, 3) == 5_000
        again = service(store, [1_400, 1_401, 6_000])
        assert [cosigned(again, 3, 3), cosigned(again, 3, 7), cosigned(again, 7, 9)] == [5_000, 5_000, 6_000]


def test_the_folder_is_locked_until_it_is_closed(tmp_path: Path) -> None:
    with Store(tmp_path), pytest.raises(ConfigurationError, match="another witness is running"):
        Store(tmp_path)
    with Store(tmp_path):
        pass


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot use the folder" in str(raised(ConfigurationError, Store, tmp_path / "file" / "w"))


@pytest.mark.parametrize("algorithm", ["ed25519", "ml-dsa-44"])
def test_a_key_is_made_once_and_kept(tmp_path: Path, algorithm: str) -> None:
    path = tmp_path / "key.pem"
    made = witness_key_at(path, algorithm, b"secret")
    assert b"ENCRYPTED" in path.read_bytes()
    assert default_name(witness_key_at(path, algorithm, b"secret")) == default_name(made)
    for passphrase in (None, b"wrong"):
        raised(InvalidKey, witness_key_at, path, algorithm, passphrase)
    other = {"ed25519": "ml-dsa-44", "ml-dsa-44": "ed25519"}[algorithm]
    assert "does not hold a key of algorithm" in str(raised(InvalidKey, witness_key_at, path, other, b"secret"))
    path.write_bytes(b"no key")
    assert "not a private key" in str(raised(InvalidKey, witness_key_at, path, algorithm))
