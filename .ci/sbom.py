"""Writes a CycloneDX bill of materials of an image's tree: `sbom.py SITE-PACKAGES FILE`, with pip's report as input.

Each installed distribution is a component, with its version, its licence, the SHA-256 of the wheel that pip installed,
and the components that it requires. The file depends on these alone: two runs write the same bytes.
"""

import json
import os
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LEDGER: Final = "carbon-ledger"

def components(site: Path, hashes: Mapping[str, str]) -> dict[str, Component]:
    found = {}
    for distribution in distributions(path=[str(site)]):
        name, version = canonicalize_name(distribution.name), distribution.version
        found[name] = Component(
            name=name, version=version, type=ComponentType.LIBRARY, bom_ref=f"{name}@{version}",
            purl=PackageURL("pypi", None, name, version), licenses=licences(distribution),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashes[name])],
        )
    return found


def licences(distribution: Distribution) -> list[Any]:
    """The expression of the metadata, else its short text."""
    about = distribution.metadata
    text = about.get("License-Expression") or about.get("License") or ""
    if not text.strip() or "\n" in text.strip():
        return []
    return [LicenseFactory().make_from_string(text.strip())]


def required(site: Path, distribution: Distribution, extras: Sequence[str]) -> Iterator[str]:
    """Names of what a distribution requires on this platform."""
    for text in distribution.requires or ():
        requirement = Requirement(text)
        if any(requirement.marker is None or requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield canonicalize_name(requirement.name)


def written(site: Path, report: Sequence[Mapping[str, Any]]) -> str:
    hashes = {canonicalize_name(one["metadata"]["name"]): one["download_info"]["archive_info"]["hashes"]["sha256"]
              for one in report}
    parts = components(site, hashes)
    bom = Bom(components=[part for name, part in parts.items() if name != LEDGER])
    bom.metadata.component = parts[LEDGER]
    bom.metadata.timestamp = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    for distribution in distributions(path=[str(site)]):
        name = canonicalize_name(distribution.name)
        extras = ["server", "object-store", "workbook"] if name == LEDGER else []
        wanted = sorted(set(required(site, distribution, extras)) & parts.keys() - {name})
        bom.register_dependency(parts[name], [parts[one] for one in wanted])
    contents = "".join(f"{name} {part.version} {hashes[name]}\n" for name, part in sorted(parts.items()))
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, contents)
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def main() -> None:
    site, file = map(Path, sys.argv[1:])
    file.write_text(written(site, json.load(sys.stdin)), encoding="utf-8")


if __name__ == "__main__":
    main()
