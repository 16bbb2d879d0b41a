"""Where the milliseconds go: quantiles, buckets, stages, contributions, coverage."""

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.scope import BOT, STAGE, WHO, by, legend, recorded, selector

_WHO = (labels.STAGE, labels.PROVIDER, labels.MODEL)


def slowest_stage(stage_p95: str) -> Query:
    """Return the P95 TTFB of the slowest stage, named by its label; without traffic nothing, not NaN."""
    slowest = f"topk(1, max by ({labels.STAGE}) ({stage_p95}{selector()} >= 0))"
    return Query("slowest_stage", slowest, "seconds", "The stage that takes longest.", legend(labels.STAGE))


def slowest_stage_share(stage_p95: str, ttfw_p95: str) -> Query:
    """Return the slowest stage's P95 as a share of the P95 TTFW; it may exceed 100 %: P95s are of different turns."""
    slowest = f"topk(1, max by ({labels.STAGE}) ({stage_p95}{selector()} >= 0))"
    expr = f"{slowest} / on () group_left () max({ttfw_p95}{selector()} >= 0)"
    return Query("slowest_stage_share", expr, "ratio", "Its share of TTFW.", f"{{{{{labels.STAGE}}}}} of TTFW")


def latency(name: str, percent: str) -> Query:
    """Return a recorded quantile of a latency."""
    return recorded(name, "seconds", f"{percent} of a latency.", f"{percent} {BOT}")


def buckets(metric: Metric) -> Query:
    """Return how many values fell into each bucket in each step."""
    expr = f"sum by (le) (increase({metric.prometheus}_bucket{selector()}[$__interval]))"
    return Query(f"buckets.{metric.name}", expr, "seconds", f"Buckets of: {metric.brief}", "{{le}}")


def stage(stage_p95: str, name: str) -> Query:
    """Return the recorded P95 TTFB of one stage, per service."""
    expr = f"{stage_p95}{selector(f'{labels.STAGE}={chr(34)}{name}{chr(34)}')}"
    return Query(f"stage.{name}", expr, "seconds", f"P95 TTFB of {name}.", BOT)


def by_model(q: float, window: str) -> Query:
    """Return a quantile of the TTFB per stage, provider and model, the worst of the chosen services.

    Asked of the buckets: as nothing but this table needs it, every evaluation of the rules would be too often.
    """
    grown = f"rate({m.STAGE_TTFB.prometheus}_bucket{selector(STAGE, WHO)}[{window}])"
    each = f"histogram_quantile({q:g}, sum{by('le', *labels.COMMON, *_WHO)} ({grown}))"
    percent = f"P{q * 100:g}"
    return Query(
        f"by_model.{percent}", f"max{by(*_WHO)} ({each} >= 0)", "seconds", f"{percent} TTFB per model.", legend(*_WHO)
    )


def requests_by_model() -> Query:
    """Return how many requests each model answered in the time range."""
    expr = f"sum{by(*_WHO)} (increase({m.STAGE_REQUESTS.prometheus}{selector(STAGE, WHO)}[$__range]))"
    return Query("requests_by_model", expr, "count", "Requests per model.", legend(*_WHO))


def contributions() -> Query:
    """Return the mean seconds of a turn spent on each contribution, with who owns it; they add up to the latency."""
    names = (labels.OWNER, labels.CONTRIBUTION)
    spent = f"sum{by(*names)} (rate({m.TURN_CONTRIBUTION.prometheus}_sum{selector()}[$__rate_interval]))"
    turns = f"sum (rate({m.TURN_TTFW.prometheus}_count{selector()}[$__rate_interval]))"
    expr = f"{spent} / on () group_left () ({turns} > 0)"
    return Query("contributions", expr, "seconds", "Where a turn's latency goes.", legend(*names))


def by_owner() -> Query:
    """Return the mean seconds of a turn by who owns them, over the time range."""
    spent = f"sum{by(labels.OWNER)} (increase({m.TURN_CONTRIBUTION.prometheus}_sum{selector()}[$__range]))"
    turns = f"sum (increase({m.TURN_TTFW.prometheus}_count{selector()}[$__range]))"
    expr = f"{spent} / on () group_left () ({turns} > 0)"
    return Query("by_owner", expr, "seconds", "Who owns a turn's latency.", legend(labels.OWNER))


def coverage(with_latency: str, turns: str) -> Query:
    """Return the share of turns that have a latency; greetings and silent turns have none."""
    each = by(*labels.COMMON)
    expr = f"sum{each} ({with_latency}{selector()}) / (sum{each} ({turns}{selector()}) > 0)"
    return Query("coverage", expr, "ratio", "Turns with a latency.", BOT)
