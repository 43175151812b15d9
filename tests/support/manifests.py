"""The chart's manifests, and what is wrong with one: against Kubernetes' own schemas, and as a pod that must be able to
do nothing but its work."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml
from helm_python import Chart, values_from_yaml
from jsonschema.validators import Draft202012Validator
from referencing import Registry, Resource

from support.resource_types import faults, faults_of_store

CHART: Final = Path(__file__).resolve().parents[2] / "charts" / "carbon-ledger"
MODES: Final = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))
RELEASE: Final = "ledger"
NAMESPACE: Final = "ledgers"
KUBERNETES: Final = "1.37"
VOLUMES: Final = frozenset({"configMap", "emptyDir", "projected", "secret"})
"""Kinds of volumes in a pod. None of them is a folder of the node."""
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_VALUE: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_LABEL: Final = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")

Manifest = Mapping[str, Any]


def values_of(mode: str) -> dict[str, Any]:
    return values_from_yaml((CHART / "ci" / f"{mode}-values.yaml").read_text(encoding="utf-8"))


def merged(values: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Values with some of others; mappings are merged."""
    found = dict(values)
    for name, value in changed.items():
        old = found.get(name)
        found[name] = merged(old if isinstance(old, dict) else {}, value) if isinstance(value, dict) else value
    return found


def rendered(values: Mapping[str, Any], revision: int = 1) -> dict[str, str]:
    """The files that the templates make. Raises HelmError for invalid values."""
    texts = _chart().render(dict(values), name=RELEASE, namespace=NAMESPACE, revision=revision)
    return {Path(name).name: text for name, text in texts.items()}


def manifests(values: Mapping[str, Any]) -> list[Manifest]:
    return [manifest for name, text in rendered(values).items() if name.endswith(".yaml")
            for manifest in yaml.load_all(text, yaml.CSafeLoader) if manifest]


def pods(found: list[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """Each pod's template, after the manifest that makes the pod."""
    for manifest in found:
        if manifest["kind"] == "Pod":
            yield manifest, manifest
            continue
        spec = manifest.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template is not None:
            yield manifest, template


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def named(found: list[Manifest], kind: str, name: str) -> Manifest:
    """The manifest of this kind and name. Jobs end in a digest of what they depend on."""
    (manifest,) = [one for one in found if one["kind"] == kind and (
        one["metadata"]["name"] == name or (kind == "Job" and one["metadata"]["name"].rpartition("-")[0] == name))]
    return manifest


def invalid(manifest: Manifest) -> list[str]:
    """What is wrong with a manifest, in the strict sense: an unknown field is wrong."""
    group = str(manifest["apiVersion"]).partition("/")[0]
    misnamed = _misnamed(manifest["metadata"])
    if misnamed:
        return [f"{manifest['kind']}: {what}" for what in misnamed]
    if group == "barmancloud.cnpg.io":
        unknown = [name for name in manifest["spec"] if name not in ("configuration", "retentionPolicy")]
        return [*unknown, *faults_of_store(manifest["spec"]["configuration"])]
    if group in ("postgresql.cnpg.io", "monitoring.coreos.com"):
        return faults(manifest)
    return [f"{manifest['kind']} {list(error.absolute_path)}: {error.message}"
            for error in _validator(manifest["kind"], manifest["apiVersion"]).iter_errors(manifest)]


def _misnamed(about: Manifest) -> list[str]:
    """An API server refuses such names, but the schemas take every text."""
    labels = {**about.get("labels", {}), **about.get("annotations", {})}
    return [
        *([] if _NAME.fullmatch(str(about["name"])) and len(about["name"]) <= 63 else [f"the name {about['name']!r}"]),
        *[f"the label {name!r}" for name in labels if not _LABEL.fullmatch(name)],
        *[f"the label {name}: {value!r}" for name, value in about.get("labels", {}).items()
          if not isinstance(value, str) or not _VALUE.fullmatch(value)],
    ]


def unsafe(pod: Manifest) -> list[str]:
    """What a pod may do beyond the Pod Security Standard `restricted`, and beyond what its work needs."""
    own = pod.get("securityContext", {})
    checks = {
        "shares a namespace of the node": not any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")),
        "has a token": pod.get("automountServiceAccountToken") is False,
        "has the variables of other services": pod.get("enableServiceLinks") is False,
        "may run as root": own.get("runAsNonRoot") is True and own.get("runAsUser", 0) >= 10_000,
        "has no filter of system calls": own.get("seccompProfile") == {"type": "RuntimeDefault"},
        "has a volume of another kind": all(VOLUMES & volume.keys() for volume in pod.get("volumes", [])),
    }
    for container in containers(pod):
        rights = container.get("securityContext", {})
        name = container["name"]
        checks |= {
            f"{name} may gain rights": rights.get("allowPrivilegeEscalation") is False and not rights.get("privileged"),
            f"{name} has capabilities": rights.get("capabilities") == {"drop": ["ALL"]},
            f"{name} may write to its image": rights.get("readOnlyRootFilesystem") is True,
            f"{name} has rights of its own": not {"runAsUser", "runAsNonRoot", "seccompProfile"} & rights.keys(),
            f"{name} has no limit of memory": "memory" in container.get("resources", {}).get("limits", {}),
            f"{name} binds a port of the node": not any("hostPort" in port for port in container.get("ports", [])),
        }
    return [what for what, holds in checks.items() if not holds]


@cache
def _chart() -> Chart:
    return Chart.load(CHART)


@cache
def _validator(kind: str, version: str) -> Draft202012Validator:
    """As kubernetes-validate has it, read once: the schema of a kind, in strict form."""
    group, _, number = version.rpartition("/")
    name = "-".join([kind.lower(), *([group.partition(".")[0]] if group else []), number])
    folder = files("kubernetes_validate").joinpath("kubernetes-json-schema", f"v{_newest()}-local-strict")
    schema = json.loads(folder.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, registry=_definitions(str(folder)))


def _newest() -> str:
    folder = files("kubernetes_validate").joinpath("kubernetes-json-schema")
    (name,) = [entry.name for entry in folder.iterdir()
               if entry.name.startswith(f"v{KUBERNETES}.") and entry.name.endswith("-local-strict")]
    return name.removeprefix("v").removesuffix("-local-strict")


@cache
def _definitions(folder: str) -> Registry[Any]:
    contents = json.loads(Path(folder, "_definitions.json").read_text(encoding="utf-8"))
    return Resource.from_contents(contents) @ Registry()
