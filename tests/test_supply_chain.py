"""What docs/supply-chain.md says that runs is what runs, and every package of development has its version."""

import json
import re
import tomllib
from pathlib import Path

import yamls
from pipecat_lgtm.config import load, load_default
from pipecat_lgtm.config.versions import KNOWN
from pipecat_lgtm.engines.catalogue import ENGINES
from pipecat_lgtm.ops import bom
from rendered import EVERYTHING

REPOSITORY = Path(__file__).parents[1]
DOCUMENT = (REPOSITORY / "docs" / "supply-chain.md").read_text()
BRIDGE = REPOSITORY / "generator" / "bridge" / "pyproject.toml"
LOCKED = dict(
    line.split("==") for line in (REPOSITORY / "constraints.txt").read_text().splitlines() if not line.startswith("#")
)


def test_every_program_is_listed() -> None:
    """Each program of the stack is in the table, with the version and the image that stack.yaml has."""
    versions = load_default().versions
    rows = {
        image: version
        for version, image in re.findall(r"^\| [^|]+ \| (\S+) \| [^|]+ \| `([a-z/-]+)` ", DOCUMENT, re.MULTILINE)
    }

    assert {versions.image(engine).split(":")[0]: getattr(versions, engine) for engine in KNOWN} == rows


def test_engines_build_what_is_configured() -> None:
    """What is built natively has the version that the containers have."""
    versions = load_default().versions

    assert {name: engine.version for name, engine in ENGINES.items() if name != "compose"} == {
        name: getattr(versions, name) for name in ENGINES if name != "compose"
    }


def test_every_dependency_is_locked() -> None:
    """What both distributions ask for, but for our own bridge, has its version in constraints.txt, as pip spells it."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    asked = [
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
        *project["dependency-groups"]["dev"],
        *tomllib.loads(BRIDGE.read_text())["project"]["dependencies"],
    ]
    ours = {"pipecat-lgtm-bridge"}
    wanted = {re.split(r"[\[<>=~ ;]", one)[0].lower().replace("_", "-") for one in asked}

    assert ours == wanted - {name.lower().replace("_", "-") for name in LOCKED}


def test_a_forge_runs_what_ci_runs() -> None:
    """The workflow runs `.ci/run` and nothing else of its own, with the Go that the engines need."""
    (job,) = yamls.load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text())["jobs"].values()
    modules = (REPOSITORY / "generator" / "pipecat_lgtm" / "engines" / "modules").glob("*/go.mod")
    needed = {re.findall(r"^go (\d+\.\d+)", file.read_text(), re.MULTILINE)[0] for file in modules}
    (go,) = [step["with"]["go-version"] for step in job["steps"] if "setup-go" in step.get("uses", "")]

    assert [".ci/run"] == [step["run"] for step in job["steps"] if "run" in step]
    assert {go} == needed


def test_bill_of_materials() -> None:
    """It has each program with its licence, as the document says, its modules, and our packages; no store elsewhere."""
    made = json.loads(bom.bill(load_default()))
    programs = {one["name"]: one for one in made["components"] if one["type"] == "application"}

    assert _licences() == {name: one["licenses"][0]["license"]["id"] for name, one in programs.items()}
    modules = {one["purl"] for one in programs["otelcol"]["components"]}
    assert "pkg:golang/go.opentelemetry.io/collector/receiver/otlpreceiver@v0.155.0" in modules
    packages = {one["name"]: one["version"] for one in made["components"] if one["type"] == "library"}
    assert {"pydantic", "pydantic-core", "httpx", "pipecat-lgtm-bridge"} <= packages.keys()
    assert {name: version for name, version in LOCKED.items() if name in packages} == {
        name: version for name, version in packages.items() if name in LOCKED
    }
    elsewhere = json.loads(bom.bill(load(EVERYTHING).config))["components"]
    assert {"tempo", "loki"}.isdisjoint(one["name"] for one in elsewhere)


def _licences() -> dict[str, str]:
    """Return the licences of the document's table, by program."""
    rows = re.findall(r"^\| [^|]+ \| \S+ \| (\S+) \| `(?:[a-z]+/)?([a-z-]+)` ", DOCUMENT, re.MULTILINE)
    named = {"opentelemetry-collector-contrib": "otelcol"}
    return {named.get(image, image): licence for licence, image in rows}
