"""Settings from the environment: workers, times, readers of metrics, the format of the log."""

from pathlib import Path

import pytest
from support.raising import raised

from ledger.errors import ConfigurationError
from ledger.service.configuration.resolve import settings_from


def test_a_plain_environment_says_nothing() -> None:
    found = settings_from({}, Path("/nowhere"))
    assert (found.workers, found.assess_seconds, found.renew_seconds) == (None, 5.0, 3600.0)


def test_what_is_said() -> None:
    found = settings_from({"CARBON_LEDGER_WORKERS": "7", "CARBON_LEDGER_ASSESS_SECONDS": "0.5"}, Path("/nowhere"))
    assert (found.workers, found.assess_seconds) == (7, 0.5)


@pytest.mark.parametrize("text", ["1", "0", "257", "-2", "2.0", "two", "٣", "9" * 5000])
def test_numbers_of_workers_that_cannot_be(text: str) -> None:
    assert "CARBON_LEDGER_WORKERS" in str(raised(
        ConfigurationError, settings_from, {"CARBON_LEDGER_WORKERS": text}, Path("/nowhere")
    ))


@pytest.mark.parametrize("text", ["0", "0.01", "11", "nan", "inf", "-1", "soon"])
def test_times_that_cannot_be(text: str) -> None:
    assert "CARBON_LEDGER_ASSESS_SECONDS" in str(raised(
        ConfigurationError, settings_from, {"CARBON_LEDGER_ASSESS_SECONDS": text}, Path("/nowhere")
    ))


@pytest.mark.parametrize("text", ["0", "0.9", "2592001", "nan", "hourly"])
def test_ages_of_cosignatures_that_cannot_be(text: str) -> None:
    assert "CARBON_LEDGER_RENEW_SECONDS" in str(raised(
        ConfigurationError, settings_from, {"CARBON_LEDGER_RENEW_SECONDS": text}, Path("/nowhere")
    ))


def test_an_age_of_cosignatures_that_is_said() -> None:
    assert settings_from({"CARBON_LEDGER_RENEW_SECONDS": "60"}, Path("/nowhere")).renew_seconds == 60


def test_revised_per_day() -> None:
    assert settings_from({}, Path("/nowhere")).revised_per_day == 200_000
    assert settings_from({"CARBON_LEDGER_REVISED_PER_DAY": "1000000000"}, Path("/nowhere")).revised_per_day == 10**9


@pytest.mark.parametrize("text", ["0", "-1", "1e3", "1000000001", "10000000000", "many"])
def test_an_unfit_revised_per_day(text: str) -> None:
    assert "CARBON_LEDGER_REVISED_PER_DAY" in str(raised(
        ConfigurationError, settings_from, {"CARBON_LEDGER_REVISED_PER_DAY": text}, Path("/nowhere")
    ))


def test_who_reads_metrics() -> None:
    assert settings_from({}, Path("/nowhere")).metrics_token_file is None
    named = settings_from({"CARBON_LEDGER_METRICS_TOKEN_FILE": "/etc/ledger/token"}, Path("/nowhere"))
    assert named.metrics_token_file == Path("/etc/ledger/token")


def test_formats_of_the_log() -> None:
    assert settings_from({}, Path("/nowhere")).log_format == "text"
    assert settings_from({"CARBON_LEDGER_LOG_FORMAT": "json"}, Path("/nowhere")).log_format == "json"
    assert "must be one of text, json" in str(raised(
        ConfigurationError, settings_from, {"CARBON_LEDGER_LOG_FORMAT": "JSON"}, Path("/nowhere")
    ))
