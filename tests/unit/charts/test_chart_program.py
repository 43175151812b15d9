"""What the manifests run is what the program has: variables, commands, options, routes, ports, paths."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import click
import yaml
from support.manifests import CHART, MODES, Manifest, containers, manifests, pods, values_of

from ledger.app import create_app
from ledger.cli.root import cli
from ledger.core.log.note import parse_vkey
from ledger.core.log.policy import parse_policy
from ledger.service.configuration.resolve import settings_from
from ledger.service.ledger import Ledger

SETTINGS: Final = {"assessSeconds": 4, "bodySeconds": 5, "quotaRecords": 6, "quotaUnasked": 7, "renewSeconds": 8,
                   "revisedPerDay": 9}
BY_CONVENTION: Final = {
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL", "PGSSLMODE", "PGSSLROOTCERT",
    "OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SERVICE_NAME",
    "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
}
"""Variables of obstore, of PostgreSQL's clients and of OpenTelemetry; tests/integration/test_chart_processes.py runs
with them."""


class Reads(dict[str, str]):
    """An environment that remembers what was asked of it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def everything() -> Iterator[tuple[Manifest, Manifest]]:
    """All containers of all modes, after their pods. All settings are set once."""
    for mode in MODES:
        values = values_of(mode)
        if mode == "witnessed":
            values["ledger"] |= {"settings": SETTINGS, "proxies": ["192.0.2.1"]}
        for _, template in pods(manifests(values)):
            for container in containers(template["spec"]):
                yield template["spec"], container


CONTAINERS: Final = list(everything())


def test_every_variable_is_read_and_every_value_fits() -> None:
    rendered, read = set(), set()
    for _, container in CONTAINERS:
        environment = Reads({one["name"]: one.get("value", "postgresql://nobody@nowhere/ledger")
                             for one in container.get("env", [])})
        settings_from(environment, Path("/nowhere"))
        rendered |= environment.keys()
        read |= environment.names
    assert len(rendered & read) >= 14
    assert rendered - read - BY_CONVENTION == set()
    # What the schema lets an operator set reaches the program under its own name.
    assert read - rendered == {f"CARBON_LEDGER_{name}" for name in (
        "CLIENT_ID", "CLIENT_SECRET", "CONFIG", "KEY", "PASSPHRASE", "PROCESSES", "URL")}


def test_every_setting_of_the_values_has_its_variable() -> None:
    (serve, *_) = [container for _, container in CONTAINERS if container["name"] == "server" and
                   any(one["name"] == "CARBON_LEDGER_QUOTA_UNASKED" for one in container["env"])]
    environment = {one["name"]: one.get("value", "postgresql://nobody@nowhere/ledger") for one in serve["env"]}
    chosen = settings_from(environment, Path("/nowhere"))
    assert (chosen.assess_seconds, chosen.renew_seconds, chosen.revised_per_day) == (4, 8, 9)
    assert (chosen.limits.body_seconds, chosen.limits.records, chosen.limits.unasked) == (5, 6, 7)
    assert (chosen.limits.proxies, chosen.workers, chosen.limits.questions) == (("192.0.2.1/32",), 2, 2)
    assert "ledger.internal" in chosen.limits.hosts
    assert chosen.anchor == "s3://ledgers/anchor"


def test_every_choice_of_observation_and_tls_has_its_variable() -> None:
    (serve,) = [container for _, container in CONTAINERS if container["name"] == "server" and
                any(one["name"] == "CARBON_LEDGER_TLS_CERT" for one in container["env"])]
    environment = {one["name"]: one.get("value", "postgresql://nobody@nowhere/ledger") for one in serve["env"]}
    chosen = settings_from(environment, Path("/nowhere"))
    assert (str(chosen.tls_cert), str(chosen.tls_key), str(chosen.ca)) == (
        "/run/carbon-ledger/tls/tls.crt", "/run/carbon-ledger/tls/tls.key", "/run/carbon-ledger/ca/ca.crt")
    assert (chosen.log_format, str(chosen.metrics_token_file)) == ("json", "/run/carbon-ledger/metrics/token")
    assert chosen.limits.proxies == ("192.0.2.0/24", "2001:db8:1::/48")
    assert float(environment["OTEL_TRACES_SAMPLER_ARG"]) == 0.1


def test_every_command_parses() -> None:
    """With click itself, down to the types of the options; nothing is run."""
    seen: set[str] = set()
    for _, container in CONTAINERS:
        program, *words = [*container["command"], *container.get("args", [])]
        if program != "carbon-ledger":
            continue
        name, *rest = words
        command = cli.get_command(click.Context(cli), name)
        assert command is not None, name
        command.make_context(name, rest)
        seen.add(name)
    assert seen == {"init", "serve", "witness"}


def test_every_script_is_in_the_chart() -> None:
    scripts = {word for _, container in CONTAINERS for word in container["command"] if word.endswith(".py")}
    sources = {path.name: path.read_text(encoding="utf-8") for path in (CHART / "files").glob("*.py")}
    assert {Path(script).name for script in scripts} == {name for name, text in sources.items() if "__main__" in text}
    # The others are modules of these.
    modules = {name for name in sources if re.search(rf"^from {name.removesuffix('.py')} import", "".join(
        sources.values()), re.M)}
    assert modules == {name for name, text in sources.items() if "__main__" not in text}
    assert {str(Path(script).parent) for script in scripts} == {"/etc/carbon-ledger/scripts"}


def test_every_probe_is_a_route() -> None:
    routes = create_app(cast(Ledger, None)).openapi_schema.paths or {}
    probes = [container[kind] for _, container in CONTAINERS
              for kind in ("startupProbe", "livenessProbe", "readinessProbe") if kind in container]
    paths = {probe["httpGet"]["path"] for probe in probes if "httpGet" in probe}
    assert paths == {"/health/live", "/health/ready"}
    assert paths <= routes.keys()
    assert {(probe.get("httpGet") or probe["tcpSocket"])["port"] for probe in probes} == {"http"}


def test_every_server_listens_where_its_port_says() -> None:
    seen = 0
    for _, container in CONTAINERS:
        for port in container.get("ports", []):
            arguments = container["args"]
            assert arguments[arguments.index("--port") + 1] == str(port["containerPort"])
            assert arguments[arguments.index("--host") + 1] == "0.0.0.0"  # noqa: S104 - compared, not bound
            seen += 1
    assert seen == len(MODES)


def test_a_server_has_the_time_that_it_needs_to_end() -> None:
    """As long as the guide says; what runs before the signal counts too. The unit of systemd likewise."""
    guide = (CHART.parent / "README.md").read_text(encoding="utf-8")
    (seconds,) = re.findall(r"give it (\d+) before you kill", guide)
    pods_of_servers = [(pod, container) for pod, container in CONTAINERS if container["name"] == "server"]
    assert pods_of_servers
    for pod, container in pods_of_servers:
        _, before = container["lifecycle"]["preStop"]["exec"]["command"]
        assert pod["terminationGracePeriodSeconds"] >= int(seconds) + int(before)
    unit = (CHART.parent / "systemd" / "carbon-ledger.service").read_text(encoding="utf-8")
    (stop,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.M)
    assert int(stop) >= int(seconds)


def test_every_path_is_below_a_mount() -> None:
    """The root file system is read-only, and has none of these."""
    for pod, container in CONTAINERS:
        mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
        texts = [*container["command"], *container.get("args", []),
                 *(one.get("value", "") for one in container.get("env", []))]
        paths = {path for text in texts for path in re.findall(r"(?<![\w:/.*-])/(?:run|var|etc|tmp)/[\w./-]+", text)}
        for path in paths:
            assert any(path.startswith(mount) for mount in mounts), (container["name"], path)
        assert {mount["name"] for mount in container["volumeMounts"]} <= {
            volume["name"] for volume in pod.get("volumes", [])} | {"state"}
        assert container["name"] in ("home", "keys") or "/tmp" in mounts  # noqa: S108 - a path in a container


GUIDE: Final = (CHART / "README.md").read_text(encoding="utf-8")


def test_every_command_of_the_guide_parses() -> None:
    """The runbooks have the other commands, and a test runs them."""
    lines = re.findall(r"(?:^| -- )carbon-ledger (.*)$", GUIDE.replace("\\\n", " "), re.M)
    assert lines
    for line in lines:
        command, words = cli, shlex.split(line)
        context = click.Context(cli)
        while isinstance(command, click.Group) and words:
            found = command.get_command(context, words[0])
            assert found is not None, line
            command, words = found, words[1:]
        command.make_context("x", words)


def test_the_guide_names_values_that_exist() -> None:
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    spans = re.findall(r"`([a-zA-Z]+(?:\.[a-zA-Z]+)+)`", GUIDE)
    paths = {span for span in spans if span.partition(".")[0] in defaults} - {"ledger.yaml"}
    assert len(paths) > 15
    for path in paths:
        at = defaults
        for name in path.split("."):
            assert name in at, path
            at = at[name]


def test_the_guide_has_a_runbook_for_each_emergency() -> None:
    runbooks = re.findall(r"^## (.*)$", GUIDE.partition("# Runbooks")[2], re.M)
    assert runbooks == ["Lost primary", "Restore", "Full disk", "Lost log key", "Stolen log key", "Stolen supplier key",
                        "Witness gone", "Erasure", "Database upgrade"]


def test_each_runbook_names_its_script() -> None:
    """And only scripts that exist; no script is without a runbook."""
    scripts = {path.name for path in (CHART / "runbooks").glob("*.sh")} - {"common.sh"}
    sections = re.split(r"^## ", GUIDE.partition("# Runbooks")[2], flags=re.M)
    named = [set(re.findall(r"`([a-z-]+\.sh)\b", section)) for section in sections]
    assert all(named)
    assert set.union(*named) == scripts
    for section, names in zip(sections[1:], named[1:], strict=True):
        assert f"{section.splitlines()[0].lower().replace(' ', '-')}.sh" in names


def test_the_guide_s_roles_are_those_of_the_cluster() -> None:
    """What a superuser does for an owner who may not create roles is the same for both modes."""
    block = re.findall(r"^```sql\n(.*?)^```", GUIDE, re.M | re.S)[0]
    (cluster,) = [one for one in manifests(values_of("cnpg")) if one["kind"] == "Cluster"]
    assert [line.rstrip(";") for line in block.splitlines()] == (
        cluster["spec"]["bootstrap"]["initdb"]["postInitApplicationSQL"])


def test_the_policy_and_the_logs_of_the_examples_are_valid() -> None:
    assert len(parse_policy(values_of("witnessed")["ledger"]["policy"].encode()).witnesses) == 3
    (log,) = values_of("witness")["witness"]["logs"]
    assert parse_vkey(log).name == "ledger.example"


def test_a_policy_reaches_its_file_unchanged() -> None:
    found = manifests(values_of("witnessed"))
    (text,) = [one["data"]["policy"] for one in found if one["kind"] == "ConfigMap" and "policy" in one["data"]]
    assert text == values_of("witnessed")["ledger"]["policy"]
