"""Which metrics and labels a PromQL expression names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser as promql

_GRAFANA = {"$__rate_interval": "5m", "$__interval": "1m", "$__range": "1h", "$__tags": 'service_name="x"'}
_LABEL_VALUES = re.compile(r"^label_values\((?:(?P<selector>.+), *)?(?P<label>\w+)\)$", re.DOTALL)


@dataclass(frozen=True)
class Named:
    """One selector: the series' name, and the labels that it or anything around it names."""

    series: str
    labels: frozenset[str]


def named(expr: str) -> Iterator[Named]:
    """Yield the selectors of an expression, as it stands in a rule or, with Grafana's variables, in a panel.

    Labels of an aggregation or of vector matching are those of every selector below it, unless a label is made by
    `label_replace` or `label_join` there.
    """
    for variable, value in _GRAFANA.items():
        expr = expr.replace(variable, value)
    expr = expr.removeprefix("query_result(").removesuffix(")") if expr.startswith("query_result(") else expr
    if match := _LABEL_VALUES.match(expr):
        selectors = list(_walk(promql.parse(match["selector"]), frozenset())) if match["selector"] else []
        yield from (Named(one.series, one.labels | {match["label"]}) for one in selectors)
        return
    yield from _walk(promql.parse(expr), frozenset())


def _walk(node: object, around: frozenset[str]) -> Iterator[Named]:
    match node:
        case promql.VectorSelector():
            names = [matcher.name for matcher in node.matchers.matchers]
            own = {name for name in names if name != "__name__"}
            yield Named(node.name or _by_name(node), frozenset(own) | around)
        case promql.MatrixSelector():
            yield from _walk(node.vector_selector, around)
        case promql.AggregateExpr():
            listed = frozenset(node.modifier.labels) if node.modifier else frozenset()
            yield from _walk(node.expr, around | listed)
        case promql.BinaryExpr():
            for side in (node.lhs, node.rhs):
                yield from _walk(side, around)
        case promql.Call():
            made = frozenset(_made(node))
            for argument in node.args:
                yield from _walk(argument, around - made)
        case promql.ParenExpr() | promql.SubqueryExpr() | promql.UnaryExpr():
            yield from _walk(node.expr, around)


def _by_name(node: promql.VectorSelector) -> str:
    return next((matcher.value for matcher in node.matchers.matchers if matcher.name == "__name__"), "")


def _made(node: promql.Call) -> Iterator[str]:
    if node.func.name in {"label_replace", "label_join"}:
        yield node.args[1].val
