import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from pipecat_lgtm.output import OWNED
from rendered import files

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "generator" / "pipecat_lgtm"
MODULES = sorted(PACKAGE.rglob("*.py"))
LAYERS = (
    "errors",
    "notifications",
    "contract",
    "config",
    "queries",
    "rules",
    "dashboards",
    "renderers",
    "output",
    "engines",
    "bridge",
    "sandbox",
    "ops",
    "cli",
)
"""From the ground up: a module imports its own layer and those before it."""

ALONE = {"notifications": {"notifications"}, "contract": {"contract"}, "bridge": {"contract", "bridge"}}
"""The contract needs nothing; the bridge runs in bots, and takes nothing but names with it; the notification log is
mounted into a bare Python image."""


def _layer(module: str) -> str:
    """Return the layer of `pipecat_lgtm.<layer>…`; the verbs' modules are the command line's."""
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else "cli"
    return "cli" if name.startswith("cli_") or name == "__main__" else name


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "pipecat_lgtm":
            yield from (f"pipecat_lgtm.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


def _named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_imports_point_down(path: Path) -> None:
    """A module imports only its own layer and the layers below it."""
    module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    layer = _layer(module)
    below = {name for name in LAYERS if LAYERS.index(name) <= LAYERS.index(layer)}
    allowed = ALONE.get(layer, below)
    imported = {_layer(name) for name in _imported(ast.parse(path.read_text())) if name.startswith("pipecat_lgtm.")}

    assert set() == imported - allowed


def test_only_output_writes_rendered_files() -> None:
    """Renderers, queries, rules and dashboards are pure: they open, write and run nothing."""
    pure = ("contract", "queries", "rules", "dashboards", "renderers")
    effects = re.compile(r"\b(open|write_text|write_bytes|mkdir|unlink|subprocess|httpx|environ)\b")
    found = [
        f"{_named(path)}: {name}"
        for path in MODULES
        if path.relative_to(PACKAGE).parts[0] in pure
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name | ast.Attribute | ast.alias)
        and effects.fullmatch(name := getattr(node, "id", None) or getattr(node, "attr", None) or node.name)
    ]

    assert [] == found


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
        ("pipecat_lgtm.bridge", False),
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
        if path.relative_to(PACKAGE).parts[0] not in {"queries", "contract"}
        for line, text in _texts(ast.parse(path.read_text()))
        if QUERY.search(text)
    ]

    assert [] == found


def test_size_of_files() -> None:
    """Files are short: the median is below 90 lines, none has more than 300."""
    lines = {_named(path): len(path.read_text().splitlines()) for path in MODULES}

    assert {} == {name: count for name, count in lines.items() if count > 300}
    assert statistics.median(lines.values()) < 90


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
