"""The public address of a server."""

from pathlib import Path

import pytest

from ledger.errors import ConfigurationError
from ledger.service.settings import settings_from

NOWHERE = Path("/nowhere")


@pytest.mark.parametrize(("text", "expected"), [
    ("https://ledger.example", "https://ledger.example"), ("https://ledger.example/", "https://ledger.example"),
    ("http://10.0.0.1:8080", "http://10.0.0.1:8080"), ("https://example.org/ledger", "https://example.org/ledger"),
    ("", None),
])
def test_addresses(text: str, expected: str | None) -> None:
    assert settings_from({"CARBON_LEDGER_PUBLIC_URL": text}, NOWHERE).public_url == expected


@pytest.mark.parametrize("text", [
    "ledger.example", "ftp://ledger.example", "https://", "https://a.example?x=1", "https://a.example#x",
    "https://a.example:99999", "https://a b.example", "https://löger.example",
])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ConfigurationError, match="CARBON_LEDGER_PUBLIC_URL") as caught:
        settings_from({"CARBON_LEDGER_PUBLIC_URL": text}, NOWHERE)
    assert caught.value.rule


def test_a_password_in_it_is_not_told() -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings_from({"CARBON_LEDGER_PUBLIC_URL": "https://user:secret@ledger.example"}, NOWHERE)
    assert "secret" not in f"{caught.value.message} {caught.value.value}"
