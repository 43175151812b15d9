"""The chart in each mode of `ci`: it lints, renders the same every time, and every manifest is valid and harmless."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

import pytest
import yaml
from helm_python import Chart, HelmError, lint
from support.containing import Containing
from support.manifests import (
    CHART,
    MODES,
    NAMESPACE,
    Manifest,
    containers,
    invalid,
    manifests,
    merged,
    named,
    pods,
    rendered,
    unsafe,
    values_of,
)
from support.raising import raised

from ledger.app import VERSION

SCHEMA: Final = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
RECOMMENDATION: Final = 1
SERVERS: Final = [mode for mode in MODES if mode != "witness"]


def test_there_is_a_mode_for_each_choice() -> None:
    assert MODES == ["cnpg", "existing", "load", "observed", "restore", "witness", "witnessed"]


@pytest.mark.parametrize("mode", MODES)
def test_it_lints(mode: str) -> None:
    report = lint(CHART, values_of(mode), strict=True)
    assert report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] > RECOMMENDATION] == []


@pytest.mark.parametrize("mode", MODES)
def test_every_manifest_is_valid(mode: str) -> None:
    found = [one for one in manifests(values_of(mode)) if "cnpg" not in one["apiVersion"] and
             "coreos" not in one["apiVersion"]]
    assert len(found) >= 6
    assert [fault for manifest in found for fault in invalid(manifest)] == []


@pytest.mark.parametrize(("mode", "kinds"), [
    ("cnpg", ["Cluster", "ObjectStore", "PodMonitor", "ScheduledBackup", "ServiceMonitor"]),
    ("observed", ["PrometheusRule", "ServiceMonitor"]),
    ("restore", ["Cluster", "ObjectStore", "ScheduledBackup"]),
])
def test_every_custom_resource_is_valid(mode: str, kinds: list[str]) -> None:
    found = [one for one in manifests(values_of(mode)) if "cnpg" in one["apiVersion"] or "coreos" in one["apiVersion"]]
    assert sorted(one["kind"] for one in found) == kinds
    assert [fault for manifest in found for fault in invalid(manifest)] == []


def test_a_wrong_custom_resource_is_not_valid() -> None:
    cluster = {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": {"name": "x"}, "spec": {
        "instances": "3", "stroage": {}, "storage": {"size": 1}, "postgresql": {"synchronous": {"method": "any"}}}}
    assert invalid(cluster) == [
        ".spec.stroage is unknown", ".spec.instances is '3', no number",
        ".spec.postgresql.synchronous.number is missing", ".spec.storage.size is 1, no string",
    ]


@pytest.mark.parametrize("mode", MODES)
def test_every_pod_is_restricted(mode: str) -> None:
    found = list(pods(manifests(values_of(mode))))
    assert found
    for manifest, template in found:
        assert unsafe(template["spec"]) == [], manifest["metadata"]["name"]


def test_an_unsafe_pod_is_recognised() -> None:
    """Each right that is taken away again is a fault of its own."""
    ((_, template),) = pods([named(manifests(values_of("existing")), "Deployment", "ledger")])
    pod = json.loads(json.dumps(template["spec"]))
    pod |= {"hostNetwork": True, "automountServiceAccountToken": True, "enableServiceLinks": True, "volumes": [
        {"name": "node", "hostPath": {"path": "/"}}]}
    pod["securityContext"] = {"runAsUser": 0}
    pod["containers"][0] |= {"securityContext": {"privileged": True, "runAsUser": 0}, "resources": {}}
    pod["containers"][0]["ports"][0]["hostPort"] = 80
    assert len(unsafe(pod)) == 12


@pytest.mark.parametrize("mode", MODES)
def test_rendered_twice_it_is_equal(mode: str) -> None:
    """At a later revision too: no key, password or time is made by rendering, and no job changes in place."""
    assert rendered(values_of(mode)) == rendered(values_of(mode), revision=7)


def test_no_template_makes_anything_up() -> None:
    made = re.compile(
        r"\b(rand\w*|gen\w+|derivePassword|uuidv4|now|date\w*|lookup|htpasswd|encryptAES|getHostByName)\b")
    sources = [path for path in (CHART / "templates").iterdir() if path.suffix in (".yaml", ".tpl", ".txt")]
    actions = [action for path in sources for action in re.findall(r"\{\{.*?\}\}", path.read_text(encoding="utf-8"))]
    assert len(actions) > 200
    assert [action for action in actions if made.search(re.sub(r'"[^"]*"|/\*.*?\*/', "", action))] == []


@pytest.mark.parametrize("mode", MODES)
def test_no_secret_is_rendered(mode: str) -> None:
    assert "Secret" not in {manifest["kind"] for manifest in manifests(values_of(mode))}


def test_a_job_of_another_content_has_another_name() -> None:
    """A cluster refuses to change a job."""
    def jobs(values: Mapping[str, Any]) -> dict[str, Manifest]:
        return {one["metadata"]["name"]: one for one in manifests(values) if one["kind"] == "Job"}

    first = jobs(values_of("cnpg"))
    second = jobs(values_of("cnpg") | {"image": {"repository": "registry.example/other"}})
    assert len(first) == len(second) == 2
    assert not first.keys() & second.keys()


@pytest.mark.parametrize("mode", SERVERS)
def test_only_set_up_gets_the_registrar_s_key(mode: str) -> None:
    """And no pod but that of the keys gets a token of the cluster."""
    for manifest, template in pods(manifests(values_of(mode))):
        name, volumes = manifest["metadata"]["name"], template["spec"].get("volumes", [])
        has_key = any("registrar" in json.dumps(volume) for volume in volumes)
        has_token = any("serviceAccountToken" in json.dumps(volume) for volume in volumes)
        assert (has_key, has_token) == ("-init-" in name, "-keys-" in name), name


def test_the_account_of_the_keys_only_creates() -> None:
    found = manifests(values_of("cnpg"))
    assert named(found, "Role", "ledger-keys")["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}]
    assert [one["metadata"]["name"] for one in found if one["kind"].startswith(("Role", "Cluster"))] == [
        "ledger-db", "ledger-keys", "ledger-keys"]


@pytest.mark.parametrize("mode", MODES)
def test_selectors_select(mode: str) -> None:
    """Each service, budget, policy and workload selects the pods of one component, and each port has its name there."""
    found = manifests(values_of(mode))
    labels = [(template["metadata"]["labels"], template["spec"]) for _, template in pods(found)]
    for manifest in found:
        spec = manifest.get("spec", {})
        selector = spec.get("podSelector", spec.get("selector"))
        if selector is None or manifest["kind"] == "ServiceMonitor":
            continue
        wanted = selector.get("matchLabels", selector)
        if "cnpg.io/cluster" in wanted:
            # The pods of its operator.
            assert named(found, "Cluster", wanted["cnpg.io/cluster"])
            continue
        chosen = [pod for own, pod in labels if wanted.items() <= own.items()]
        assert chosen, manifest["metadata"]["name"]
        for port in spec.get("ports", []) if manifest["kind"] == "Service" else []:
            assert port["targetPort"] in [one["name"] for one in chosen[0]["containers"][0]["ports"]]


def test_each_pod_has_a_network_policy_and_only_two_take_calls() -> None:
    found = manifests(values_of("cnpg") | {"witness": values_of("witness")["witness"]})
    policies = [one["spec"] for one in found if one["kind"] == "NetworkPolicy"]
    taking = set()
    for manifest, template in pods(found):
        own = [one for one in policies
               if one["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()]
        assert len(own) == 1, manifest["metadata"]["name"]
        assert own[0]["policyTypes"] == ["Ingress", "Egress"]
        if own[0].get("ingress"):
            taking.add(manifest["metadata"]["name"])
    assert taking == {"ledger", "ledger-witness"}


def test_the_server_s_names_are_those_of_its_service_and_its_ingress() -> None:
    variables = environment(named(manifests(values_of("cnpg")), "Deployment", "ledger"))
    assert variables["CARBON_LEDGER_PUBLIC_URL"] == "https://ledger.example"
    assert variables["CARBON_LEDGER_HOSTS"].split(",") == [
        "ledger", f"ledger.{NAMESPACE}", f"ledger.{NAMESPACE}.svc", f"ledger.{NAMESPACE}.svc.cluster.local"]


def environment(manifest: Manifest) -> dict[str, str]:
    ((_, template),) = pods([manifest])
    return {one["name"]: one.get("value", "") for one in containers(template["spec"])[-1]["env"]}


def test_large_numbers_are_whole() -> None:
    """A number in values is a float to the template engine."""
    variables = environment(named(manifests(values_of("cnpg")), "Deployment", "ledger"))
    assert variables["CARBON_LEDGER_QUOTA_RECORDS"] == "1000000"


def test_metrics_are_scraped_where_the_server_listens() -> None:
    found = manifests(values_of("cnpg"))
    monitor, service = named(found, "ServiceMonitor", "ledger"), named(found, "Service", "ledger")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
    assert endpoint["path"] == "/metrics"
    deployment = named(found, "Deployment", "ledger")
    path = PurePosixPath(environment(deployment)["CARBON_LEDGER_METRICS_TOKEN_FILE"])
    ((_, template),) = pods([deployment])
    (mount,) = [one for one in containers(template["spec"])[-1]["volumeMounts"] if one["mountPath"] == str(path.parent)]
    (volume,) = [one for one in template["spec"]["volumes"] if one["name"] == mount["name"]]
    credentials = endpoint["authorization"]["credentials"]
    assert volume["secret"]["secretName"] == credentials["name"] == "ledger-metrics"
    assert volume["secret"]["items"] == [{"key": credentials["key"], "path": path.name}]


def test_prometheus_knows_a_server_with_a_certificate_by_its_service() -> None:
    """The name is one that the server answers for."""
    found = manifests(values_of("observed"))
    (endpoint,) = named(found, "ServiceMonitor", "ledger")["spec"]["endpoints"]
    assert endpoint["scheme"] == "https"
    assert endpoint["tlsConfig"]["ca"] == {"secret": {"name": "ledger-pods-tls", "key": "ca.crt"}}
    names = environment(named(found, "Deployment", "ledger"))["CARBON_LEDGER_HOSTS"].split(",")
    assert endpoint["tlsConfig"]["serverName"] in names


def test_observation_is_off_unless_it_is_asked_for() -> None:
    found = manifests(values_of("existing"))
    assert not {"ServiceMonitor", "PrometheusRule"} & {one["kind"] for one in found}
    assert "ledger-dashboard" not in [one["metadata"]["name"] for one in found]
    variables = environment(named(found, "Deployment", "ledger"))
    assert [name for name in variables if "METRICS" in name or "OTEL" in name or "TLS" in name] == []
    assert variables == Containing({"CARBON_LEDGER_LOG_FORMAT": "json", "CARBON_LEDGER_FACTOR_SETS": "all"})


def test_the_rules_and_the_dashboard_are_the_files_of_the_chart() -> None:
    found = manifests(values_of("observed"))
    rule, dashboard = named(found, "PrometheusRule", "ledger"), named(found, "ConfigMap", "ledger-dashboard")
    own, of_the_cluster = rule["spec"]["groups"]
    assert [own] == yaml.safe_load((CHART / "files" / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    assert [one["alert"] for one in of_the_cluster["rules"]] == ["LedgerReplicaDown", "LedgerCertificateEnds"]
    assert dashboard["data"] == {
        f"{NAMESPACE}-ledger.json": (CHART / "files" / "dashboard.json").read_text(encoding="utf-8")}
    assert rule["metadata"]["labels"]["release"] == "prometheus"
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_labels_of_the_chart_itself_stay() -> None:
    """Prometheus and Grafana choose by labels of the operator; selectors rely on those of the chart."""
    chosen = merged(values_of("observed"), {"metrics": {"labels": {"app.kubernetes.io/instance": "other"}}})
    monitor = named(manifests(chosen), "ServiceMonitor", "ledger")
    assert monitor["metadata"]["labels"]["app.kubernetes.io/instance"] == "ledger"


@pytest.mark.parametrize(("metrics", "enters"), [
    ({}, False), ({"tokenSecret": "metrics"}, True), ({"tokenSecret": "metrics", "enabled": True}, True),
])
def test_prometheus_enters_if_it_may_read(metrics: dict[str, Any], enters: bool) -> None:
    found = manifests(merged(values_of("existing"), {"metrics": metrics}))
    peers = named(found, "NetworkPolicy", "ledger-server")["spec"]["ingress"][0]["from"]
    spaces = [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in peers
              if "namespaceSelector" in peer]
    assert spaces == ["ingress-nginx", *(["monitoring"] if enters else [])]


@pytest.mark.parametrize(("endpoint", "port"), [
    ("http://collector.test", 80), ("https://collector.test", 443), ("http://collector.test:65535", 65535),
])
def test_traces_may_leave_to_their_collector(endpoint: str, port: int) -> None:
    found = manifests(merged(values_of("existing"), {"traces": {"endpoint": endpoint}}))
    for name, allowed in (("ledger-server", True), ("ledger-setup", False)):
        rules = named(found, "NetworkPolicy", name)["spec"]["egress"]
        assert (port in [one["port"] for rule in rules for one in rule["ports"]]) == allowed, name


@pytest.mark.parametrize("mode", ["existing", "observed"])
def test_probes_speak_what_the_server_speaks(mode: str) -> None:
    found = manifests(values_of(mode))
    (server,) = named(found, "Deployment", "ledger")["spec"]["template"]["spec"]["containers"]
    serves = "HTTPS" if "CARBON_LEDGER_TLS_CERT" in [one["name"] for one in server["env"]] else "HTTP"
    assert serves == ("HTTPS" if mode == "observed" else "HTTP")
    probes = [server[kind]["httpGet"]["scheme"] for kind in ("startupProbe", "livenessProbe", "readinessProbe")]
    assert probes == [serves] * 3
    assert named(found, "Service", "ledger")["spec"]["ports"][0]["appProtocol"] == serves.lower()


def test_only_servers_get_the_certificate_s_key() -> None:
    for manifest, template in pods(manifests(values_of("observed"))):
        has_key = '"tls.key"' in json.dumps(template["spec"])
        assert has_key == (manifest["kind"] == "Deployment"), manifest["metadata"]["name"]


@pytest.mark.parametrize("mode", MODES)
def test_the_notes_name_the_next_three_commands(mode: str) -> None:
    notes = rendered(values_of(mode))["NOTES.txt"]
    commands = re.findall(r"^\d\. .*\n +(kubectl .*)$", notes, re.M)
    assert len(commands) == 3
    assert all(f"-n {NAMESPACE} " in command for command in commands)
    names = {one["metadata"]["name"] for one in manifests(values_of(mode))}
    for kind, name in re.findall(r"\b(deployment|statefulset)/(\S+)", notes):
        assert name in names, kind


def test_the_versions_agree() -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert about["version"] == about["appVersion"] == VERSION


def objects(schema: Any) -> Iterator[Mapping[str, Any]]:
    """All parts of the schema that describe an object."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def test_the_schema_refuses_unknown_names() -> None:
    parts = [part for part in objects(SCHEMA) if "helm adds it" not in part.get("description", "")]
    assert len(parts) > 25
    assert [part for part in parts if "additionalProperties" not in part] == []
    assert [part for part in parts if part["additionalProperties"] is True] == []


def test_the_values_name_all_that_the_schema_allows() -> None:
    def names(schema: Mapping[str, Any]) -> Any:
        if "$ref" in schema:
            schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
        return {name: names(part) for name, part in schema.get("properties", {}).items()}

    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    allowed = names(SCHEMA)
    del allowed["global"], allowed["ledger"]["settings"]
    missing: list[str] = []

    def compare(schema: Mapping[str, Any], values: Any, path: str) -> None:
        for name, part in schema.items():
            if name not in values:
                missing.append(f"{path}.{name}")
            elif part:
                compare(part, values[name], f"{path}.{name}")

    compare(allowed, defaults, "")
    assert [path for path in missing if not path.endswith(".limits.cpu")] == []


@pytest.mark.parametrize(("changed", "named_in_the_error"), [
    ({"sever": {}}, "sever"),
    ({"nameOverride": "no"}, "nameOverride"),
    ({"database": {"cnpg": {"name": "on"}}}, "name"),
    ({"server": {"replica": 3}}, "replica"),
    ({"server": {"replicas": 0}}, "replicas"),
    ({"image": {"digest": "latest"}}, "digest"),
    ({"keys": {"create": False, "logSecret": ""}}, "logSecret"),
    ({"anchor": {"bucket": ""}}, "bucket"),
    ({"anchor": {"credentialsSecret": ""}}, "credentialsSecret"),
    ({"database": {"mode": "sqlite"}}, "mode"),
    ({"database": {"mode": "existing"}}, "secret"),
    ({"database": {"cnpg": {"continuousBackup": {"enabled": True, "bucket": ""}}}}, "bucket"),
    ({"ingress": {"enabled": True, "host": ""}}, "host"),
    ({"ingress": {"annotations": {"nginx.ingress.kubernetes.io/auth-url": "https://login.example"}}}, "annotations"),
    ({"backup": {"enabled": True, "bucket": ""}}, "bucket"),
    ({"backup": {"schedule": "every night"}}, "schedule"),
    ({"witness": {"enabled": True}}, "logs"),
    ({"ledger": {"settings": {"quotaRecords": "many"}}}, "quotaRecords"),
    ({"ledger": {"settings": {"renewSeconds": 0}}}, "renewSeconds"),
    ({"ledger": {"proxies": ["proxy.example"]}}, "proxies"),
    ({"ledger": {"proxies": ["0.0.0.0/0"]}}, "proxies"),
    ({"ledger": {"proxies": ["::/0"]}}, "proxies"),
    ({"ledger": {"logFormat": "xml"}}, "logFormat"),
    ({"ledger": {"factorSets": "some"}}, "factorSets"),
    ({"ledger": {"cors": "all"}}, "cors"),
    ({"metrics": {"enabled": True, "tokenSecret": ""}}, "tokenSecret"),
    ({"metrics": {"readers": ["192.0.2.7"]}}, "readers"),
    ({"metrics": {"interval": "often"}}, "interval"),
    ({"metrics": {"rules": {"enable": True}}}, "enable"),
    ({"traces": {"endpoint": "collector:4318"}}, "endpoint"),
    ({"traces": {"endpoint": "http://collector.test:65536"}}, "endpoint"),
    ({"traces": {"percent": 0}}, "percent"),
])
def test_wrong_values_are_refused_by_name(changed: dict[str, Any], named_in_the_error: str) -> None:
    assert named_in_the_error in str(raised(HelmError, rendered, merged(values_of("cnpg"), changed)))


def test_a_release_cannot_have_a_word_of_yaml_as_its_name() -> None:
    """A manifest would have a truth value in the place of the name."""
    assert "nameOverride" in str(raised(
        HelmError, lambda: Chart.load(CHART).render(values_of("existing"), name="yes", namespace=NAMESPACE)
    ))
    assert rendered(values_of("existing") | {"nameOverride": "yes-ledger"})


def test_nothing_tells_operators_to_put_a_login_before_the_ledger() -> None:
    """It has access control, and a login of the proxy would stop signed records, audits and tiles."""
    for path in (*CHART.rglob("*"), *CHART.parent.glob("*.md"), CHART.parents[1] / "Containerfile"):
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        assert "no access control" not in text, path
        assert "auth-url: " not in text, path


CNPG: Final[Mapping[str, Any]] = {
    "keys": {"create": True}, "anchor": {"bucket": "ledgers", "credentialsSecret": "store"}}


def cluster_of(**changed: Any) -> Mapping[str, Any]:
    """The specification of the database."""
    chosen = merged(CNPG, {"database": {"cnpg": changed}})
    spec: Mapping[str, Any] = named(manifests(chosen), "Cluster", "ledger-db")["spec"]
    return spec


@pytest.mark.parametrize(("values", "fault"), [
    ({"server": {"replicas": 4}, "database": {"cnpg": {"maxConnections": 209}}}, "at least 210"),
    ({"server": {"autoscaling": {"enabled": True, "max": 6}}}, "at least 290"),
    ({"server": {"processes": 2}}, "at least 250"),
    ({"database": {"cnpg": {"instances": 2, "synchronousStandbys": 2}}}, "2 instances have 1 standbys"),
    ({"anchor": {"credentialsSecret": ""}}, "anchor.credentialsSecret"),
    ({"backup": {"enabled": True, "bucket": "dumps"}}, "backup.credentialsSecret"),
    ({"restore": {"from": "s3://dumps/ledger/2026-03-01T02-30-00Z.dump"}}, "backup.credentialsSecret"),
    ({"database": {"cnpg": {"continuousBackup": {"enabled": True, "bucket": "base"}}}}, "continuousBackup.credentials"),
])
def test_values_that_do_not_fit_together_are_refused(values: dict[str, Any], fault: str) -> None:
    assert fault in str(raised(HelmError, manifests, merged(CNPG, values)))


def test_connections_just_fit() -> None:
    assert manifests(merged(CNPG, {"server": {"replicas": 4}, "database": {"cnpg": {"maxConnections": 210}}}))


def test_an_identity_stands_for_credentials() -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/ledger"}
    found = manifests(merged(CNPG, {
        "server": {"accountAnnotations": role}, "anchor": {"credentialsSecret": ""},
        "backup": {"enabled": True, "bucket": "dumps"},
        "database": {"cnpg": {"accountAnnotations": role, "continuousBackup": {"enabled": True, "bucket": "base"}}}}))
    assert named(found, "ServiceAccount", "ledger")["metadata"]["annotations"] == role
    variables = {one["name"] for _, pod in pods(found) for container in containers(pod["spec"])
                 for one in container.get("env", [])}
    assert "AWS_REGION" in variables
    assert not variables & {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    cluster = named(found, "Cluster", "ledger-db")["spec"]
    assert cluster["serviceAccountTemplate"]["metadata"]["annotations"] == role
    store = named(found, "ObjectStore", "ledger-db")
    assert store["spec"]["configuration"]["s3Credentials"] == {"inheritFromIAMRole": True}
    assert store["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_the_database_is_sized_by_its_memory_and_volumes() -> None:
    """A quarter of the memory for shared buffers, as PostgreSQL's manual begins with; half of the WAL volume."""
    spec = cluster_of(resources={"requests": {"memory": "16Gi"}, "limits": {"memory": "16Gi"}},
                      walStorage={"size": "20Gi"}, parameters={"work_mem": "32MB", "maintenance_work_mem": "2GB"})
    assert spec["postgresql"]["parameters"] == {
        "max_connections": "200", "shared_buffers": "4096MB", "effective_cache_size": "12288MB",
        "maintenance_work_mem": "2GB", "max_wal_size": "10240MB", "max_slot_wal_keep_size": "15360MB",
        "work_mem": "32MB"}


def test_the_database_is_placed() -> None:
    toleration = {"key": "database", "operator": "Exists", "effect": "NoSchedule"}
    spec = cluster_of(priorityClass="high", nodeSelector={"disk": "fast"}, tolerations=[toleration],
                      antiAffinity={"type": "required", "topologyKey": "topology.kubernetes.io/zone"})
    assert spec["priorityClassName"] == "high"
    assert spec["affinity"] == {
        "enablePodAntiAffinity": True, "podAntiAffinityType": "required",
        "topologyKey": "topology.kubernetes.io/zone", "nodeSelector": {"disk": "fast"}, "tolerations": [toleration]}


def test_pods_take_what_a_cluster_adds() -> None:
    found = manifests(merged(values_of("existing"), {"server": {
        "priorityClass": "high", "podAnnotations": {"example.com/team": "ledger"},
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"},
                     {"name": "AGENT", "secret": "agent", "key": "token"}]}}))
    pod = named(found, "Deployment", "ledger")["spec"]["template"]
    assert pod["spec"]["priorityClassName"] == "high"
    assert pod["metadata"]["annotations"]["example.com/team"] == "ledger"
    assert containers(pod["spec"])[-1]["env"][-2:] == [
        {"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"},
        {"name": "AGENT", "valueFrom": {"secretKeyRef": {"name": "agent", "key": "token"}}}]


def test_only_the_ledger_reaches_the_database_and_it_only_what_it_needs() -> None:
    found = manifests(merged(CNPG, {"networkPolicy": {"storeNetworks": ["192.0.2.0/24", "198.51.100.7"]}}))
    doors = named(found, "NetworkPolicy", "ledger-db")["spec"]["ingress"]
    assert [peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in doors[0]["from"]] == [
        "server", "setup", "backup"]
    assert doors[1]["from"][1]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "cnpg-system"}
    _, database, store = named(found, "NetworkPolicy", "ledger-server")["spec"]["egress"]
    assert database["to"] == [{"podSelector": {"matchLabels": {"cnpg.io/cluster": "ledger-db"}}}]
    assert store["to"] == [{"ipBlock": {"cidr": "192.0.2.0/24"}}, {"ipBlock": {"cidr": "198.51.100.7/32"}}]


def test_the_witness_has_annotations_of_its_own() -> None:
    wanted = {"cert-manager.io/cluster-issuer": "letsencrypt"}
    found = manifests(merged(values_of("witness"), {"witness": {"annotations": wanted}}))
    assert named(found, "Ingress", "ledger-witness")["metadata"]["annotations"] == wanted


def test_helm_test_asks_the_service() -> None:
    for mode, scheme in (("existing", "http"), ("observed", "https")):
        pod = named(manifests(values_of(mode)), "Pod", "ledger-test")
        assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
        (container,) = containers(pod["spec"])
        assert container["args"] == [f"{scheme}://ledger.{NAMESPACE}.svc:8080"]
