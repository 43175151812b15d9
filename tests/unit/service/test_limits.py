"""What the environment says of how much may be asked."""

from pathlib import Path

import pytest

from ledger.errors import ConfigurationError
from ledger.service.configuration.resolve import settings_from
from ledger.service.limits import ClientLimits


def limits_from(environment: dict[str, str]) -> ClientLimits:
    return settings_from(environment, Path("/nowhere")).limits


def test_nothing_has_to_be_said() -> None:
    assert limits_from({}) == limits_from({"CARBON_LEDGER_HOSTS": "", "CARBON_LEDGER_QUESTIONS": ""}) == ClientLimits()


def test_all_of_it() -> None:
    found = limits_from({
        "CARBON_LEDGER_HOSTS": "Ledger.example, 2001:db8::1 ,",
        "CARBON_LEDGER_PROXIES": "192.0.2.1, 198.51.100.0/24,2001:DB8::/32",
        "CARBON_LEDGER_QUESTIONS": "4", "CARBON_LEDGER_BODY_SECONDS": "2.5", "CARBON_LEDGER_QUOTA_RECORDS": "7",
        "CARBON_LEDGER_QUOTA_UNASKED": "3",
    })
    assert found == ClientLimits(
        hosts=("ledger.example", "2001:db8::1"), proxies=("192.0.2.1/32", "198.51.100.0/24", "2001:db8::/32"),
        questions=4, body_seconds=2.5, records=7, unasked=3,
    )


@pytest.mark.parametrize(("name", "value"), [
    ("HOSTS", "ledger.example:8080"), ("HOSTS", "https://ledger.example"), ("HOSTS", "*"),
    ("QUESTIONS", "0"), ("QUESTIONS", "257"), ("QUESTIONS", "many"), ("BODY_SECONDS", "0"), ("BODY_SECONDS", "nan"),
    ("QUOTA_RECORDS", "-1"), ("QUOTA_UNASKED", "inf"),
    ("PROXIES", "proxy.example"), ("PROXIES", "192.0.2.7/24"), ("PROXIES", "2001:db8::1/32"), ("PROXIES", "any"),
    ("PROXIES", "0.0.0.0/0"), ("PROXIES", "::/0"), ("PROXIES", "0.0.0.0/1,128.0.0.0/1"), ("PROXIES", "2000::/3"),
    ("PROXIES", "192.0.2.1:80"), ("PROXIES", "192.0.2.0/33"),
])
def test_what_is_unfit(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"CARBON_LEDGER_{name}"):
        limits_from({f"CARBON_LEDGER_{name}": value})
