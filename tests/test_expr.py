"""PromQL as typed expressions: what is printed means what was built, whatever is in it."""

import promql_parser as promql
import pytest

from pipecat_lgtm.queries.expr import (
    Aggregate,
    Binary,
    ByFlavour,
    Expr,
    Matcher,
    Number,
    Range,
    Vector,
    among,
    call,
    equal,
    matching,
    total,
)

A, B, C = Vector("a"), Vector("b"), Vector("c")


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        pytest.param(A / (B * C), "a / (b * c)", id="the right side of one rank"),
        pytest.param(A / B * C, "a / b * c", id="the left side of one rank"),
        pytest.param((A + B) * C, "(a + b) * c", id="a looser left side"),
        pytest.param(A - B * C, "a - b * c", id="a tighter right side"),
        pytest.param(A.or_(B * 0) / C.above(0), "(a or b * 0) / (c > 0)", id="set operators"),
        pytest.param(A.or_(B).and_(C), "(a or b) and c", id="or within and"),
        pytest.param(A.and_(B).or_(C), "a and b or c", id="and within or"),
        pytest.param(A.unless(B, ("x",)), "a unless on (x) b", id="by a label"),
        pytest.param((A / B).matched(many="left"), "a / on () group_left () b", id="by no label"),
        pytest.param(A.compared("==", 0, as_bool=True), "a == bool 0", id="as a number"),
        pytest.param(Number(1) - total(A, "x", "y") / B, "1 - sum by (x, y) (a) / b", id="aggregated"),
        pytest.param(Aggregate("topk", A, ("x",), 1), "topk by (x) (1, a)", id="with a parameter"),
        pytest.param(call("rate", A.ago("1h").over("5m")), "rate(a[5m] offset 1h)", id="a window ago"),
        pytest.param(Range(A.above(0), "1h", "5m", "1d"), "(a > 0)[1h:5m] offset 1d", id="a subquery"),
        pytest.param(call("label_replace", A, "x", "y", "", ""), 'label_replace(a, "x", "y", "", "")', id="strings"),
        pytest.param(A.numbers(), "a >= -Inf", id="numbers only"),
    ],
)
def test_printed(expr: Expr, expected: str) -> None:
    """An expression has parentheses where PromQL would read it otherwise, and the parser reads it as it was built."""
    assert expected == str(expr)
    assert _shape(expr) == _parsed(promql.parse(str(expr)))


def _shape(expr: Expr) -> object:
    """Return the operators as they were built."""
    match expr:
        case Binary():
            return (expr.operator, _shape(expr.left), _shape(expr.right))
        case Aggregate() | Range():
            return _shape(expr.of)
        case _:
            inner = [_shape(one) for one in getattr(expr, "arguments", ()) if isinstance(one, Expr)]
            return inner[0] if inner else None


def _parsed(node: object) -> object:
    """Return the operators as the parser reads them."""
    match node:
        case promql.BinaryExpr():
            return (str(node.op), _parsed(node.lhs), _parsed(node.rhs))
        case promql.ParenExpr() | promql.SubqueryExpr() | promql.AggregateExpr():
            return _parsed(node.expr)
        case promql.Call():
            return _parsed(node.args[0])
        case _:
            return None


@pytest.mark.parametrize(
    "value", ['the "best" bot', "back\\slash", "two\nlines", "tab\t", "%d", "{{ .x }}", "ümläut ☎", "a`b", "\x01"]
)
def test_any_value(value: str) -> None:
    """Whatever a label's value holds is escaped, and read back as it was."""
    (matcher,) = promql.parse(str(Vector("up", (equal("job", value),)))).matchers.matchers
    assert value == matcher.value


@pytest.mark.parametrize("value", ["a.b", "a|b", "(x)", "[1-9]*", "c++", "^$", "{2}", "back\\slash"])
def test_literal_among_patterns(value: str) -> None:
    """Values of which any will do are literal: nothing in them is read as a pattern."""
    import re2  # noqa: PLC0415

    (matcher,) = promql.parse(str(Vector("up", (among("job", value, "other"),)))).matchers.matchers
    assert re2.fullmatch(matcher.value, value)
    assert not re2.fullmatch(matcher.value, "aXb")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Vector("two words"), "metric name 'two words'"),
        (lambda: Vector(""), "metric name ''"),
        (lambda: equal("service.name", "x"), "label name 'service.name'"),
        (lambda: A.over("5 m"), "window '5 m'"),
        (lambda: A.ago("soon"), "offset 'soon'"),
        (lambda: Range(A.above(0), "5m"), "give a > 0 a step"),
    ],
)
def test_refused(make, said: str) -> None:  # noqa: ANN001 - a lambda
    """What PromQL would not take is refused where it is built."""
    with pytest.raises(ValueError, match="PromQL takes") as caught:
        make()
    assert said in str(caught.value)


def test_placeholder() -> None:
    """A value that a Go template fills in is a verb of `printf`, which quotes it."""
    assert "a{x=%[2]q}" == str(A.where(Matcher("x", placeholder=2)))


def test_flavours() -> None:
    """An expression over histograms is printed for either kind, and can be cut down to one."""
    both = total(ByFlavour(A.above(0), B)) / ByFlavour(A + C, B)

    assert "sum(a > 0) / (a + c)" == str(both)
    assert "sum(b) / (b)" == both.text(native=True)
    assert "sum(b) / b" == str(both.flavoured(native=True))
    assert "sum(a > 0) / (a + c)" == str(both.flavoured(native=False))


def test_variables() -> None:
    """Grafana's variables stand in values and windows."""
    expr = call("increase", A.where(matching("x", "$x")).over("$__rate_interval"))
    assert 'increase(a{x=~"$x"}[$__rate_interval])' == str(expr)
