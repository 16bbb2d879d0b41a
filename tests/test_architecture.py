import ast
import re
import subprocess
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from pipecat_lgtm.output import OWNED
from rendered import files

REPOSITORY = Path(__file__).parents[1]
GENERATOR = REPOSITORY / "generator" / "pipecat_lgtm"
BRIDGE = REPOSITORY / "generator" / "bridge" / "pipecat_lgtm_bridge"
OURS = re.compile(r"pipecat_lgtm(_bridge)?\.")
MODULES = sorted((*GENERATOR.rglob("*.py"), *BRIDGE.rglob("*.py")))
LAYERS = (
    "errors",
    "http",
    "notifications",
    "queues",
    "contract",
    "config",
    "queries",
    "rules",
    "dashboards",
    "renderers",
    "output",
    "engines",
    "bridge",
    "quality",
    "sandbox",
    "ops",
    "cli",
)
"""From the ground up: a module imports its own layer and those before it."""

ALONE = {
    "notifications": {"notifications"},
    "queues": {"queues"},
    "contract": {"contract"},
    "bridge": {"contract", "bridge"},
}
"""The contract needs nothing; the bridge runs in bots, and takes nothing but names with it; the notification log is
mounted into a bare Python image."""


def _layer(module: str) -> str:
    """Return the layer of `pipecat_lgtm.<layer>…`; the verbs' modules are the command line's."""
    parts = module.split(".")
    if parts[0] == BRIDGE.name:
        return "contract" if parts[1:2] == ["contract"] else "bridge"
    name = parts[1] if len(parts) > 1 else "cli"
    return "cli" if name.startswith("cli_") or name == "__main__" else name


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module in {GENERATOR.name, BRIDGE.name}:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


def _named(path: Path) -> str:
    """Return a module's path in its distribution."""
    return path.relative_to((BRIDGE if path.is_relative_to(BRIDGE) else GENERATOR).parent).as_posix()


def _module(path: Path) -> str:
    return _named(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_imports_point_down(path: Path) -> None:
    """A module imports only its own layer and the layers below it."""
    layer = _layer(_module(path))
    below = {name for name in LAYERS if LAYERS.index(name) <= LAYERS.index(layer)}
    allowed = ALONE.get(layer, below)
    imported = {_layer(name) for name in _imported(ast.parse(path.read_text())) if OURS.match(name)}

    assert set() == imported - allowed


def test_only_output_writes_rendered_files() -> None:
    """Renderers, queries, rules and dashboards are pure: they open, write and run nothing."""
    pure = ("contract", "queries", "rules", "dashboards", "renderers")
    effects = re.compile(r"\b(open|write_text|write_bytes|mkdir|unlink|subprocess|httpx|environ)\b")
    found = [
        f"{_named(path)}: {name}"
        for path in MODULES
        if _layer(_module(path)) in pure
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name | ast.Attribute | ast.alias)
        and effects.fullmatch(name := getattr(node, "id", None) or getattr(node, "attr", None) or node.name)
    ]

    assert [] == found


def test_every_request_has_a_deadline() -> None:
    """Requests go out by `http.request`, which bounds the whole of an answer; `bench` talks to what it has started."""
    sends = re.compile(r"httpx\.(get|post|put|request|stream|Client|AsyncClient)\b")
    found = {_named(path) for path in MODULES if sends.search(path.read_text())}

    assert {"pipecat_lgtm/http.py"} == {name for name in found if not name.startswith("pipecat_lgtm/ops/bench/")}


QUERY = re.compile(
    r"""
    \b(rate|increase|irate|delta|deriv|histogram_quantile|histogram_fraction|label_replace|label_values
       |absent|absent_over_time|(avg|max|min|sum|count|quantile)_over_time|predict_linear)\s*\(
    | \b(sum|avg|max|min|count|topk|bottomk|quantile|stddev)\s*(by|without)\s*\(
    | \bpipecat_[a-z_]+_(total|seconds|bytes|ratio|bucket|count|sum)\b
    | \{\s*[a-z_]+\s*(=~|!~|!=|=)\s*"
    | \|\s*(json|logfmt|unwrap|line_format)\b
    | \{\s*(span|resource|event|trace)?[.:][a-z.]+\s*(=~|!=|=|>)
    """,
    re.VERBOSE,
)


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the texts of a module that are not docstrings."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


@pytest.mark.parametrize(
    ("text", "is_query"),
    [
        ("sum by (le) (x)", True),
        ("rate(x[5m])", True),
        ("pipecat_turns_total", True),
        ('{service_name="x"} | json', True),
        ("{ span.pipecat.stage = ", True),
        ("{.service.name = ", True),
        ("label_values(up, job)", True),
        ("sum of all", False),
        ("pipecat_lgtm_bridge", False),
        ("pipecat:turn_ttfw_seconds:p95_5m", False),
        ('span.attributes["pipecat.stage"] == "llm"', False),
    ],
)
def test_what_looks_like_a_query(text: str, *, is_query: bool) -> None:
    """The pattern of this test knows a query when it sees one, and leaves other texts alone."""
    assert is_query == bool(QUERY.search(text))


def test_queries_stand_in_queries() -> None:
    """No PromQL, LogQL or TraceQL, and no metric's Prometheus name, is written outside queries/ and contract/."""
    found = [
        f"{_named(path)}:{line}: {text[:60]}"
        for path in MODULES
        if _layer(_module(path)) not in {"queries", "contract"}
        for line, text in _texts(ast.parse(path.read_text()))
        if QUERY.search(text)
    ]

    assert [] == found


def test_module_says_what_it_is() -> None:
    """Every module but an empty one opens with what it is."""
    assert [] == [
        _named(path) for path in MODULES if path.read_text() and not ast.get_docstring(ast.parse(path.read_text()))
    ]


def _tracked(*folders: str) -> list[str]:
    command = ["git", "-C", str(REPOSITORY), "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_owned_folders_hold_only_rendered_files() -> None:
    """What is in the rendered folders is what the default config renders: no hand-written file, none forgotten."""
    rendered = files()
    owned = {path for path in rendered if path.startswith(tuple(f"{folder}/" for folder in OWNED))}

    assert owned == set(_tracked(*(f"{folder}/" for folder in OWNED)))


def test_every_rendered_file_is_marked() -> None:
    """`.gitattributes` tells reviewers which files are rendered: all of them."""
    names = sorted(files())
    command = ["git", "-C", str(REPOSITORY), "check-attr", "linguist-generated", "--", *names]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert [f"{file}: linguist-generated: true" for file in names] == said


def test_header() -> None:
    """Every rendered YAML opens with what rendered it, from what, and how to change it."""
    head = (
        "# Rendered by pipecat-lgtm from stack.yaml. Do not edit: change stack.yaml (or the generator) and run "
        "`pipecat-lgtm render`."
    )
    for path, text in files().items():
        if path.endswith((".yaml", ".yml")):
            comment = [line.removeprefix("# ") for line in takewhile(lambda line: line[0] == "#", text.splitlines())]

            assert " ".join(comment).startswith(head.removeprefix("# ")), path


def test_stands_alone() -> None:
    """The project refers to nothing outside itself."""
    texts = {path: REPOSITORY / path for path in _tracked() if not path.endswith((".sum", ".json"))}
    elsewhere = re.compile(r"\.\./shared")

    assert [] == [
        name
        for name, path in texts.items()
        if path.is_file() and path != Path(__file__) and elsewhere.search(path.read_text(errors="replace"))
    ]
