"""The settings file, and which of option, environment and file counts. All faults are reported together."""

import os
import re
from pathlib import Path

import msgspec
import pytest
from support.containing import Containing
from support.raising import raised

from ledger.errors import ConfigurationError
from ledger.service.configuration.catalogue import BY_NAME, CONFIG, SETTINGS, unknown_variables
from ledger.service.configuration.resolve import Configuration, resolve, settings_from
from ledger.service.limits import ClientLimits
from ledger.service.settings import Settings

ROOT = Path(__file__).parents[3]


def with_file(home: Path, text: str, mode: int = 0o600, **environment: str) -> Configuration:
    path = home / "ledger.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return resolve({}, environment, home)


def messages(resolved: Configuration) -> list[str]:
    return [f"{fault.message} ({fault.rule})" for fault in resolved.faults]


def test_without_anything_the_defaults_apply(tmp_path: Path) -> None:
    resolved = resolve({}, {}, tmp_path)
    assert (resolved.checked(), resolved.file) == (Settings(home=tmp_path), None)
    assert {value.source.kind for value in resolved.settings} == {"default"}


def test_every_kind_of_value_in_a_file(tmp_path: Path) -> None:
    resolved = with_file(tmp_path, '''
        origin = "example.test/log"
        hosts = ["Ledger.example", "2001:db8::1"]
        proxies = ["192.0.2.1", "fd00::/64"]
        workers = 3
        renew_seconds = 600
        assess_seconds = 0.5
        policy = "policy.txt"
        anchor = "signed/anchor"
        passphrase = "a passphrase"
        port = 0
        tls_cert = "tls/server.pem"
        metrics_token_file = "tls/token"
        log_format = "json"
    ''')
    assert resolved.checked() == Settings(
        home=tmp_path, origin="example.test/log", workers=3, renew_seconds=600.0, assess_seconds=0.5, port=0,
        limits=ClientLimits(hosts=("ledger.example", "2001:db8::1"), proxies=("192.0.2.1/32", "fd00::/64")),
        policy=tmp_path / "policy.txt", anchor=str(tmp_path / "signed/anchor"), passphrase=b"a passphrase",
        tls_cert=tmp_path / "tls/server.pem", metrics_token_file=tmp_path / "tls/token", log_format="json",
    )
    (workers,) = [value for value in resolved.settings if value.setting.name == "workers"]
    assert (workers.source.kind, workers.source.place) == ("file", f"{tmp_path / 'ledger.toml'}:workers")


def test_option_over_environment_over_file(tmp_path: Path) -> None:
    (tmp_path / "ledger.toml").write_text("processes = 2\nworkers = 2\nquestions = 2\n")
    resolved = resolve({"processes": "4"}, {"CARBON_LEDGER_PROCESSES": "3", "CARBON_LEDGER_WORKERS": "3"}, tmp_path)
    settings = resolved.checked()
    assert (settings.processes, settings.workers, settings.limits.questions) == (4, 3, 2)
    places = {value.setting.name: value.source for value in resolved.settings}
    assert places == Containing({
        "processes": ("option", "--processes"), "workers": ("environment", "CARBON_LEDGER_WORKERS")
    })


def test_all_faults_are_reported_together(tmp_path: Path) -> None:
    resolved = with_file(tmp_path, '''
        ancor = "x"
        home = "/elsewhere"
        url = "http://127.0.0.1:8080"
        workers = "4"
        processes = true
        hosts = ["a", 1]
        origin = "two words"
        policy = ""
        renew_seconds = nan
        limits = { records = 1 }
    ''', CARBON_LEDGER_QUESTIONS="0")
    assert len(resolved.faults) == 11
    text = "\n".join(messages(resolved))
    assert "unknown key 'ancor' (such as anchor," in text
    assert "home cannot be set by a file in the home" in text
    assert "only clients use it" in text
    assert "workers is a string, not a whole number (a whole number from 2 to 256)" in text
    assert "processes is a boolean, not a whole number" in text
    assert "hosts is an array, not an array of strings or a string" in text
    assert ":origin is 'two words': it must be printable ASCII" in text
    assert "policy is empty" in text
    assert "renew_seconds is 'nan'" in text
    assert "unknown key 'limits'" in text
    assert "CARBON_LEDGER_QUESTIONS is '0': it must be a whole number from 1 to 256" in text
    with pytest.raises(ConfigurationError, match="11 faults") as caught:
        resolved.checked()
    assert caught.value.parts == resolved.faults


def test_one_fault_is_the_error_itself(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"ledger\.toml:workers is '1': it must be a whole number") as caught:
        with_file(tmp_path, "workers = 1").checked()
    assert (caught.value.field, caught.value.value, caught.value.parts) == ("workers", "1", ())


def test_a_wrong_value_in_the_file_is_a_fault_even_if_overridden(tmp_path: Path) -> None:
    assert len(with_file(tmp_path, "workers = 1", CARBON_LEDGER_WORKERS="4").faults) == 1


@pytest.mark.parametrize("text", ["workers =", "workers = 1\nworkers = 2", "[", "a" * 2_000_000])
def test_files_that_are_not_toml(tmp_path: Path, text: str) -> None:
    (fault,) = with_file(tmp_path, text).faults
    assert "ledger.toml" in fault.message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "ledger.toml").write_bytes(b"\xff")
    assert "is not TOML" in messages(resolve({}, {}, tmp_path))[0]
    (tmp_path / "ledger.toml").unlink()
    os.mkfifo(tmp_path / "ledger.toml")
    assert "not a regular file" in messages(resolve({}, {}, tmp_path))[0]
    (fault,) = resolve({}, {CONFIG: str(tmp_path / "missing.toml")}, tmp_path).faults
    assert "there is no such file" in fault.message


def test_a_named_file_may_name_the_home(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('home = "data"\n')
    assert resolve({}, {CONFIG: str(path)}, tmp_path).checked().home == tmp_path / "data"
    assert resolve({"home": "/given"}, {CONFIG: str(path)}, tmp_path).checked().home == Path("/given")


@pytest.mark.parametrize("line", [
    'passphrase = "secret words"', 'database_url = "postgresql://u:secret@db/ledger"',
    'database_url = "postgresql://db/ledger?user=u&password=secret"',
])
def test_secrets_that_others_can_read(tmp_path: Path, line: str) -> None:
    assert with_file(tmp_path, line).faults == ()
    (fault,) = with_file(tmp_path, line, 0o644).faults
    assert (fault.code, "mode 0644" in fault.message, "chmod 600" in (fault.rule or "")) == (
        "secret-exposed", True, True)
    assert "secret words" not in str(fault)
    assert len(with_file(tmp_path, line, 0o660).faults) == 1
    assert with_file(tmp_path, 'database_url = "postgresql://db/ledger"', 0o644).faults == ()


def test_no_secret_is_shown(tmp_path: Path) -> None:
    resolved = with_file(tmp_path, 'passphrase = "hush"\ndatabase_url = "postgresql://u:hush@db/ledger"')
    assert "hush" not in " ".join(str(value.shown) for value in resolved.settings)
    wrong = with_file(tmp_path, 'database_url = "u:hush@db/ledger"')
    assert "hush" not in " ".join([*messages(wrong), str(wrong.faults[0].value)])
    spelled = resolve({}, {"CARBON_LEDGER_DATABASE_URL": "mysql://u:hush@db/x"}, tmp_path)
    assert "hush" not in " ".join(messages(spelled))


@pytest.mark.parametrize("text", [
    "ledger.example", "ftp://ledger.example", "https://", "https://a.example?x=1", "https://a.example#x",
    "https://a.example:99999", "https://a.example:0", "https://a b.example", "https://löger.example",
    "https://user:hush@ledger.example",
])
def test_public_addresses_that_cannot_be(tmp_path: Path, text: str) -> None:
    (fault,) = resolve({}, {"CARBON_LEDGER_PUBLIC_URL": text}, tmp_path).faults
    assert "CARBON_LEDGER_PUBLIC_URL is" in fault.message
    assert "hush" not in f"{fault.message} {fault.value}"


@pytest.mark.parametrize(("text", "expected"), [
    ("https://ledger.example", "https://ledger.example"), ("https://ledger.example/", "https://ledger.example"),
    ("http://192.0.2.1:8080", "http://192.0.2.1:8080"), ("https://example.org/ledger/", "https://example.org/ledger"),
    ("", None),
])
def test_a_public_address_loses_its_slash(tmp_path: Path, text: str, expected: str | None) -> None:
    assert resolve({}, {"CARBON_LEDGER_PUBLIC_URL": text}, tmp_path).checked().public_url == expected


def test_bytes_of_a_passphrase_are_kept(tmp_path: Path) -> None:
    given = b"\xff\x00".decode("utf-8", "surrogateescape")
    assert resolve({"passphrase": given}, {}, tmp_path).checked().passphrase == b"\xff\x00"


def test_variables_that_no_setting_has() -> None:
    environment = {"CARBON_LEDGER_ANCOR": "x", "CARBON_LEDGER_ANCHOR": "x", CONFIG: "x", "PATH": "x",
                   "CARBON_LEDGER_SERVICE_HOST": "x", "CARBON_LEDGER_PORT": "tcp://192.0.2.1:80",
                   "CARBON_LEDGER_PORT_80_TCP_ADDR": "x", "CARBON_LEDGER_API_SERVICE_PORT_HTTP": "x"}
    assert unknown_variables(environment) == ["CARBON_LEDGER_ANCOR"]


def test_defaults_are_those_of_the_settings(tmp_path: Path) -> None:
    """A value that the catalogue shows as default is the value that a server uses."""
    expected = Settings(home=tmp_path)
    options = {one.name: one.default for one in SETTINGS if one.default is not None and one.name != "url"}
    assert resolve(options, {}, tmp_path).checked() == expected


def test_every_setting_has_a_field_of_its_own() -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(Settings)} - {"limits"}
    fields |= {f"limits.{field.encode_name}" for field in msgspec.structs.fields(ClientLimits)}
    assert sorted(one.field for one in SETTINGS if one.field is not None) == sorted(fields)
    assert len(BY_NAME) == len(SETTINGS)


def test_every_variable_is_in_the_catalogue() -> None:
    named = {name for path in (ROOT / "ledger").rglob("*.py")
             for name in re.findall(r"CARBON_LEDGER_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))}
    assert named <= {one.variable_name for one in SETTINGS} | {CONFIG}


def test_the_operators_guide_lists_every_setting() -> None:
    """The rows of its table are the settings, each with its variable and its option."""
    page = (ROOT / "charts" / "README.md").read_text(encoding="utf-8")
    section = re.search(r"^## Configuration\n(.*?)(?:^## |\Z)", page, re.M | re.S)
    first_cells = re.findall(r"^\| ([^|]*`[^|]*) \|", section[1], re.M)
    rows = {frozenset(re.findall(r"`([^`]+)`", cell)) for cell in first_cells}
    assert rows == {frozenset(filter(None, (one.name if one.in_file else None, one.variable_name,
                                            one.option))) for one in SETTINGS} | {frozenset({CONFIG})}


# Settings from the environment: workers, times, readers of metrics, the format of the log.


def test_what_the_environment_says() -> None:
    for environment, expected in (
        ({}, (None, 5.0, 3600.0)),
        ({"CARBON_LEDGER_WORKERS": "7", "CARBON_LEDGER_ASSESS_SECONDS": "0.5"}, (7, 0.5, 3600.0)),
    ):
        found = settings_from(environment, Path("/nowhere"))
        assert (found.workers, found.assess_seconds, found.renew_seconds) == expected


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


# What the environment says of how much may be asked.


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


@pytest.mark.parametrize(("host", "cors", "shared"), [
    ("127.0.0.1", None, False), ("localhost", None, False), ("::1", None, False), ("100.64.0.1", None, False),
    ("fd00::1", None, False), ("169.254.0.1", None, False), ("0.0.0.0", None, False), ("::", None, False),  # noqa: S104
    ("ledger.example", None, False), ("8.8.8.8", None, True), ("8.8.8.8", "none", False), ("127.0.0.1", "any", True),
])
def test_pages_of_other_sites_read_the_log_of_a_public_server(host: str, cors: str | None, shared: bool) -> None:
    assert Settings(home=Path(), host=host, cors=cors).log_for_any_origin is shared
