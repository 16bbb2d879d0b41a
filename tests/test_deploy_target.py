"""Which series an expression reads; what a real Prometheus has is tested in stack/test_deploy.py."""

import promql_parser
import pytest

import yamls
from pipecat_lgtm.config import load_default
from pipecat_lgtm.ops.deploy import rules, target


def _parsed(node: object) -> set[str]:
    """Return the names of all vector selectors below a node of the parser's tree."""
    found = {node.name} if isinstance(node, promql_parser.VectorSelector) and node.name else set()
    for name in ("expr", "lhs", "rhs", "vector_selector", "vs", "param"):
        child = getattr(node, name, None)
        if child is not None:
            found |= _parsed(child)
    for child in getattr(node, "args", None) or ():
        found |= _parsed(child)
    return found


@pytest.mark.parametrize(
    ("expr", "names"),
    [
        ("a > 1", {"a"}),
        ('sum by (le, x) (rate(a_bucket{le=~"1|1.0"}[5m])) / on (x) group_left (y) b offset 1h', {"a_bucket", "b"}),
        ('a:b:c_5m{x="y > d"} and 1e3 or inf unless vector(1)', {"a:b:c_5m"}),
        ("histogram_quantile(0.95, a) > bool 0x1f", {"a"}),
        ("avg_over_time(a[7d:5m] offset 1d)", {"a"}),
    ],
    ids=["plain", "matching", "words", "functions", "subquery"],
)  # fmt: skip
def test_read_by(expr: str, names: set[str]) -> None:
    """The names of series are read, not functions, labels, words, numbers or texts."""
    assert names == target.read_by(expr)


def test_read_by_agrees_with_a_parser() -> None:
    """For every rule of ours the names are those that a PromQL parser finds."""
    expressions = [
        rule["expr"]
        for text in rules.wanted(load_default()).values()
        for group in yamls.load(text)["groups"]
        for rule in group["rules"]
    ]

    assert expressions
    assert {expr: _parsed(promql_parser.parse(expr)) for expr in expressions} == {
        expr: target.read_by(expr) for expr in expressions
    }
