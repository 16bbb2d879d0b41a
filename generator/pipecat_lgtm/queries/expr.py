"""PromQL as values: selectors, functions, aggregations and operations, which print themselves, escaped.

A node is checked when it is made: names by PromQL's grammar, windows by its durations. Where a store may hold
histograms as bucket series or as native ones, `ByFlavour` holds both forms, and printing chooses one.
"""

import json
import re
from dataclasses import dataclass, fields, replace
from typing import Literal, Self

Operator = Literal["+", "-", "*", "/", ">", "<", ">=", "<=", "==", "!=", "and", "or", "unless"]
Comparison = Literal[">", "<", ">=", "<=", "==", "!="]
Match = Literal["=", "!=", "=~", "!~"]

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_WINDOW = re.compile(r"(\d+(ms|[smhdwy]))+|\$__(rate_interval|interval|range)")
_PRECEDENCE: dict[str, int] = {
    **dict.fromkeys(("or",), 1),
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys((">", "<", ">=", "<=", "==", "!="), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/"), 5),
}
_ATOM = 9


def quoted(value: str) -> str:
    """Return a string as PromQL writes it, whatever is in it."""
    return json.dumps(value, ensure_ascii=False)


def number(value: float) -> str:
    """Return a number as it is written in an expression, without the last digits' noise."""
    if value in {float("inf"), float("-inf")}:
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:.12g}"


@dataclass(frozen=True)
class Matcher:
    """A condition on a label.

    Args:
        label: its name.
        operator: `=~` and `!~` take an anchored regular expression.
        value: as it is; it is escaped when printed.
        placeholder: the number of the `printf` argument that is the value; 0: the value is `value`.
    """

    label: str
    operator: Match = "="
    value: str = ""
    placeholder: int = 0

    def __post_init__(self) -> None:
        """Refuse a name that PromQL would not take."""
        _check(_LABEL, self.label, "label name")

    def __str__(self) -> str:
        """Return the matcher as PromQL."""
        value = f"%[{self.placeholder}]q" if self.placeholder else quoted(self.value)
        return f"{self.label}{self.operator}{value}"


def equal(label: str, value: str) -> Matcher:
    """Return a matcher of one value."""
    return Matcher(label, "=", value)


def unequal(label: str, value: str) -> Matcher:
    """Return a matcher of all values but one."""
    return Matcher(label, "!=", value)


def matching(label: str, pattern: str) -> Matcher:
    """Return a matcher by a regular expression, which is anchored."""
    return Matcher(label, "=~", pattern)


def not_matching(label: str, pattern: str) -> Matcher:
    """Return a matcher of what a regular expression does not match."""
    return Matcher(label, "!~", pattern)


def among(label: str, *values: str) -> Matcher:
    """Return a matcher of any of some literal values."""
    if len(values) == 1:
        return equal(label, values[0])
    return Matcher(label, "=~", "|".join(re2_literal(one) for one in values))


def re2_literal(text: str) -> str:
    """Return a regular expression (RE2) that matches a text literally."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


class Expr:
    """An expression; `str` prints it for stores with bucket series."""

    def __str__(self) -> str:
        """Return the expression as PromQL over bucket series."""
        return self.text(native=False)

    def text(self, *, native: bool) -> str:
        """Return the expression as PromQL.

        Args:
            native: histograms are native ones.
        """
        raise NotImplementedError

    @property
    def precedence(self) -> int:
        """How tightly the expression's outermost operator binds."""
        return _ATOM

    def flavoured(self, *, native: bool) -> Self:
        """Return the expression for one kind of histogram only."""
        changes: dict[str, object] = {}
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, Expr):
                changes[field.name] = value.flavoured(native=native)
            elif isinstance(value, tuple):
                changes[field.name] = tuple(
                    one.flavoured(native=native) if isinstance(one, Expr) else one for one in value
                )
        return replace(self, **changes)  # type: ignore[type-var]

    def __add__(self, other: "Expr") -> "Binary":
        """Return the sum."""
        return Binary("+", self, other)

    def __sub__(self, other: "Expr") -> "Binary":
        """Return the difference."""
        return Binary("-", self, other)

    def __mul__(self, other: "Expr | float") -> "Binary":
        """Return the product."""
        return Binary("*", self, _expr(other))

    def __truediv__(self, other: "Expr | float") -> "Binary":
        """Return the quotient."""
        return Binary("/", self, _expr(other))

    def compared(self, operator: Comparison, other: "Expr | float", *, as_bool: bool = False) -> "Binary":
        """Return the series for which a comparison holds, with their own values; NaN is never among them.

        Args:
            operator: the comparison.
            other: what these are compared with.
            as_bool: all series, with 1 where it holds and 0 where it does not.
        """
        return Binary(operator, self, _expr(other), as_bool=as_bool)

    def above(self, bound: "Expr | float") -> "Binary":
        """Return the series above a bound."""
        return self.compared(">", bound)

    def at_least(self, bound: "Expr | float") -> "Binary":
        """Return the series at or above a bound."""
        return self.compared(">=", bound)

    def or_(self, *others: "Expr") -> "Expr":
        """Return these series, and those of the others whose labels these do not have."""
        made: Expr = self
        for one in others:
            made = Binary("or", made, one)
        return made

    def and_(self, other: "Expr", on: tuple[str, ...] | None = None) -> "Binary":
        """Return the series that the other has too; on: by these labels alone."""
        return Binary("and", self, other, on)

    def unless(self, other: "Expr", on: tuple[str, ...] | None = None) -> "Binary":
        """Return the series that the other has not; on: by these labels alone."""
        return Binary("unless", self, other, on)

    def numbers(self) -> "Binary":
        """Return the series whose value is a number: NaN, which says that there was nothing, is left out."""
        return self.at_least(Number(float("-inf")))


def _expr(value: Expr | float) -> Expr:
    return value if isinstance(value, Expr) else Number(value)


def _check(grammar: re.Pattern[str], text: str, what: str) -> None:
    if not grammar.fullmatch(text):
        raise ValueError(f"PromQL takes no {what} {text!r}")


@dataclass(frozen=True)
class Number(Expr):
    """A constant."""

    value: float

    def text(self, *, native: bool) -> str:  # noqa: ARG002 - the same in both
        """Return the number."""
        return number(self.value)


@dataclass(frozen=True)
class Vector(Expr):
    """An instant selector.

    Args:
        name: of the series; empty: the matchers select by `__name__`.
        matchers: conditions on labels.
        offset: how long ago, as PromQL writes it.
        at_end: within a subquery, as it is when the whole query is asked.
    """

    name: str
    matchers: tuple[Matcher, ...] = ()
    offset: str = ""
    at_end: bool = False

    def __post_init__(self) -> None:
        """Refuse names and offsets that PromQL would not take."""
        if self.name or not self.matchers:
            _check(_NAME, self.name, "metric name")
        if self.offset:
            _check(_WINDOW, self.offset, "offset")

    def where(self, *matchers: Matcher) -> "Vector":
        """Return the selector with further matchers."""
        return replace(self, matchers=(*self.matchers, *matchers))

    def ago(self, offset: str) -> "Vector":
        """Return the selector as it was so long ago."""
        return replace(self, offset=offset)

    def over(self, window: str, *, at_end: bool = False) -> "Range":
        """Return the samples of a window that ends where the selector's offset says, or at a graph's end."""
        return Range(self, window, at_end=at_end)

    def text(self, *, native: bool) -> str:  # noqa: ARG002 - the same in both
        """Return the selector."""
        when = " @ end()" if self.at_end else ""
        return self.selector() + when + (f" offset {self.offset}" if self.offset else "")

    def selector(self) -> str:
        """Return the selector without its offset."""
        return self.name + (f"{{{', '.join(map(str, self.matchers))}}}" if self.matchers else "")


@dataclass(frozen=True)
class Range(Expr):
    """The samples of a window; with a step those of a subquery.

    Args:
        of: a selector, or with a step any expression.
        window: how long, as PromQL writes it.
        step: between the points of a subquery; empty: none.
        offset: of a subquery, how long ago it ends.
        at_end: of a selector: the same samples at every point of a graph, those before its end.
    """

    of: Expr
    window: str
    step: str = ""
    offset: str = ""
    at_end: bool = False

    def __post_init__(self) -> None:
        """Refuse windows that PromQL would not take."""
        _check(_WINDOW, self.window, "window")
        if self.step:
            _check(_WINDOW, self.step, "step")
        elif not isinstance(self.of, Vector):
            raise ValueError(f"PromQL takes a window of a selector only; give {self.of} a step")

    def text(self, *, native: bool) -> str:
        """Return the range."""
        if isinstance(self.of, Vector) and not self.step:
            offset = f" offset {self.of.offset}" if self.of.offset else ""
            return f"{self.of.selector()}[{self.window}]{' @ end()' if self.at_end else ''}{offset}"
        inner = self.of.text(native=native)
        inner = inner if self.of.precedence == _ATOM else f"({inner})"
        return f"{inner}[{self.window}:{self.step}]" + (f" offset {self.offset}" if self.offset else "")


@dataclass(frozen=True)
class Call(Expr):
    """A function's value; strings are quoted."""

    function: str
    arguments: tuple[Expr | float | str, ...] = ()

    def text(self, *, native: bool) -> str:
        """Return the call."""
        return f"{self.function}({', '.join(_argument(one, native=native) for one in self.arguments)})"


def _argument(value: Expr | float | str, *, native: bool) -> str:
    if isinstance(value, Expr):
        return value.text(native=native)
    return quoted(value) if isinstance(value, str) else number(value)


def call(function: str, *arguments: Expr | float | str) -> Call:
    """Return a function's value."""
    return Call(function, arguments)


@dataclass(frozen=True)
class Aggregate(Expr):
    """Series put together.

    Args:
        operator: as `sum`.
        of: what.
        by: labels that are kept; empty: none.
        parameter: of `topk` and the like.
    """

    operator: str
    of: Expr
    by: tuple[str, ...] = ()
    parameter: float | None = None

    def text(self, *, native: bool) -> str:
        """Return the aggregation."""
        grouping = f" by ({', '.join(self.by)}) " if self.by else ""
        parameter = "" if self.parameter is None else f"{number(self.parameter)}, "
        return f"{self.operator}{grouping}({parameter}{self.of.text(native=native)})"


def total(of: Expr, *by: str) -> Aggregate:
    """Return the sum of series, by some labels."""
    return Aggregate("sum", of, by)


def highest(of: Expr, *by: str) -> Aggregate:
    """Return the greatest of series, by some labels."""
    return Aggregate("max", of, by)


@dataclass(frozen=True)
class Binary(Expr):
    """Two expressions and an operator between them.

    Args:
        operator: of PromQL.
        left: its series, or their values.
        right: the other.
        on: the labels by which series are matched; None: all of them.
        group: the side with many series for one of the other, and labels it takes from that.
        as_bool: a comparison's value is 0 or 1.
    """

    operator: Operator
    left: Expr
    right: Expr
    on: tuple[str, ...] | None = None
    group: tuple[Literal["left", "right"], tuple[str, ...]] | None = None
    as_bool: bool = False

    @property
    def precedence(self) -> int:
        """How tightly the operator binds."""
        return _PRECEDENCE[self.operator]

    def matched(self, *on: str, many: Literal["left", "right"] | None = None, take: tuple[str, ...] = ()) -> "Binary":
        """Return the operation on series matched by some labels; many: the side with many for one of the other."""
        return replace(self, on=on, group=(many, take) if many else None)

    def text(self, *, native: bool) -> str:
        """Return the operation; operators of one rank are read from left to right."""
        left, right = self.left.text(native=native), self.right.text(native=native)
        if self.left.precedence < self.precedence:
            left = f"({left})"
        if self.right.precedence <= self.precedence:
            right = f"({right})"
        words: list[str] = [self.operator]
        if self.as_bool:
            words.append("bool")
        if self.on is not None:
            words.append(f"on ({', '.join(self.on)})")
        if self.group is not None:
            words.append(f"group_{self.group[0]} ({', '.join(self.group[1])})")
        return f"{left} {' '.join(words)} {right}"


@dataclass(frozen=True)
class ByFlavour(Expr):
    """One expression over bucket series, its like over native histograms."""

    classic: Expr
    native: Expr

    def text(self, *, native: bool) -> str:
        """Return one of both."""
        return self._one(native=native).text(native=native)

    @property
    def precedence(self) -> int:
        """The looser of both: parentheses are right for either."""
        return min(self.classic.precedence, self.native.precedence)

    def flavoured(self, *, native: bool) -> Expr:  # type: ignore[override]
        """Return one of both."""
        return self._one(native=native).flavoured(native=native)

    def _one(self, *, native: bool) -> Expr:
        return self.native if native else self.classic
