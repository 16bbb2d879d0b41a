"""What runs, part by part: a bill of materials, made of lock files that are here; nothing is looked up."""

import importlib.metadata
import json
import re
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.catalogue import ENGINES
from pipecat_lgtm.renderers.compose import engines as local_engines

_SUMMED = re.compile(r"^(\S+) (v[^\s/]+) h1:", re.MULTILINE)
"""In go.sum: a module whose content may be used, and not its go.mod alone."""

_OURS = "pipecat-lgtm"
LICENCES = {
    "caddy": "Apache-2.0",
    "otelcol": "Apache-2.0",
    "prometheus": "Apache-2.0",
    "alertmanager": "Apache-2.0",
    "tempo": "AGPL-3.0-only",
    "loki": "AGPL-3.0-only",
    "grafana": "AGPL-3.0-only",
    "python": "PSF-2.0",
}
"""Licences of the programs; docs/supply-chain.md says how they are used."""


def bill(config: Config) -> str:
    """Return a CycloneDX 1.6 document: the stack's programs, the modules each is locked to, and our own packages."""
    here = {"collector": "otelcol"}
    programs = [*(here.get(name, name) for name in local_engines(config)), "caddy", "grafana", "python"]
    components = [one for name in programs for one in _program(config, name)]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", **_named(_OURS, importlib.metadata.version(_OURS))}},
        "components": [*components, *_packages(_OURS)],
    }
    return json.dumps(document, indent=2)


def _named(name: str, version: str, licence: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "version": version}
    return found | ({"licenses": [{"license": {"id": licence}}]} if licence else {})


def _program(config: Config, name: str) -> list[dict[str, Any]]:
    """Return a program as it is run in a container, and what it is built of natively."""
    made: dict[str, Any] = {"type": "application", **_named(name, getattr(config.versions, name), LICENCES[name])}
    made["purl"] = f"pkg:docker/{config.versions.image(name).replace(':', '@', 1)}"
    if name not in ENGINES:
        return [made]
    text = (ENGINES[name].module / "go.sum").read_text(encoding="utf-8")
    modules = [
        {"type": "library", **_named(module, version), "purl": f"pkg:golang/{module}@{version}"}
        for module, version in sorted(set(_SUMMED.findall(text)))
    ]
    return [made | {"components": modules}]


def _packages(name: str) -> list[dict[str, Any]]:
    """Return the installed Python packages that one needs, and those that these need; without extras."""
    found: dict[str, str] = {}
    left = [name]
    while left:
        for needed in importlib.metadata.requires(left.pop()) or ():
            requirement, _, marker = needed.partition(";")
            package = re.split(r"[^A-Za-z0-9._-]", requirement.strip(), maxsplit=1)[0].lower().replace("_", "-")
            if "extra" in marker or package in found:
                continue
            try:
                found[package] = importlib.metadata.version(package)
            except importlib.metadata.PackageNotFoundError:
                continue  # for another system or release of Python
            left.append(package)
    return [
        {"type": "library", **_named(package, version), "purl": f"pkg:pypi/{package}@{version}"}
        for package, version in sorted(found.items())
    ]
