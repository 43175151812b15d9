"""Which group a key lies in: by published vectors, by the independent curve of the tests, and by what OpenSSL takes."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.edwards import BASE, NEUTRAL, SPKI, L, MixedKey, P, add, points_at, small_order_points, spellings, times
from support.raising import raised

from ledger.core.signatures.edwards import in_prime_order_group
from ledger.core.signatures.signing import SigningKey, check_prime_order, load_spki
from ledger.errors import InvalidKey

# Public keys of ed25519-speccheck's cases.json (Chalkias, Garillot, Nikolaenko: Taming the many EdDSAs, SSR 2020, table
# 6a; github.com/novifinancial/ed25519-speccheck): A of mixed order in cases 2 to 5, of prime order in 6 and 7.
SPECCHECK = {
    "cases 2, 8, 9": ("f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43", False),
    "cases 3, 4, 5": ("cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d", False),
    "cases 6, 7": ("442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623", True),
    "cases 0, 1": ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", False),
    "RFC 8032, 7.1, test 1": ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", True),
    "RFC 8032, 7.1, test 2": ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", True),
}


@pytest.mark.parametrize(("key", "prime"), SPECCHECK.values(), ids=SPECCHECK)
def test_published_keys(key: str, prime: bool) -> None:
    assert in_prime_order_group(bytes.fromhex(key)) is prime


@pytest.mark.parametrize("key", ["cases 2, 8, 9", "cases 3, 4, 5"])
def test_the_published_keys_of_mixed_order_are_of_large_order(key: str) -> None:
    """Which is why they are loaded: what refuses small orders does not see them."""
    spki = SPKI + bytes.fromhex(SPECCHECK[key][0])
    error = raised(InvalidKey, check_prime_order, load_spki(spki), "keys[0].spki")
    assert (error.code, error.field, error.value) == ("mixed-order", "keys[0].spki", spki.hex())


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_each_point_by_its_torsion(seed: bytes) -> None:
    """The key of a seed lies in the group; with any of the seven other points of small order added it does not."""
    public = times(int.from_bytes(seed, "little") % (L - 1) + 1, BASE)
    for torsion in small_order_points():
        assert in_prime_order_group(spellings(add(public, torsion))[0]) is (torsion == NEUTRAL)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, P - 1))
def test_any_point_of_the_curve_as_the_independent_curve_says(y: int) -> None:
    for point in points_at(y):
        assert in_prime_order_group(spellings(point)[0]) is (times(L, point) == NEUTRAL)
    if not points_at(y):
        assert not in_prime_order_group(y.to_bytes(32, "little"))


def test_what_is_no_encoding_of_a_point() -> None:
    for encoded in (b"\xff" * 32, (P + 1).to_bytes(32, "little"), (1 | 1 << 255).to_bytes(32, "little")):
        assert not in_prime_order_group(encoded)


def test_keys_of_both_algorithms_that_are_made_here_pass() -> None:
    for algorithm in ("ed25519", "p256"):
        for i in range(5):
            key = SigningKey.from_seed(hashlib.sha256(bytes((i,))).digest(), algorithm)
            check_prime_order(load_spki(key.spki), "keys[0].spki")


def test_a_key_of_mixed_order_signs_what_openssl_takes() -> None:
    """Why possession does not refuse it: one in eight of its signatures holds, and its owner looks for those."""
    key = MixedKey(bytes(32))
    public = load_spki(key.spki)
    signature = key.sign_record("test.example/log", 0, bytes(32))
    public.verify(signature, b"carbon-ledger/record/v1\ntest.example/log\n" + bytes(33))
