"""What is used and paid for: tokens, characters, audio, models, cost."""

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.scope import WHO, by, legend, selector

_MODEL = (labels.PROVIDER, labels.MODEL)
_TYPED = f"on ({labels.PROVIDER}, {labels.MODEL}, {labels.TYPE}) group_left ()"


def tokens_over_time(*types: str) -> Query:
    """Return tokens of some types in each step of a graph."""
    kinds = f'{labels.TYPE}=~"{"|".join(types)}"'
    expr = f"sum by ({labels.TYPE}) (increase({m.TOKENS.prometheus}{selector(kinds, WHO)}[$__interval]))"
    return Query(f"tokens.{'_'.join(types)}", expr, "tokens", m.TOKENS.brief, legend(labels.TYPE))


def tokens_in_range(kind: str) -> Query:
    """Return all tokens of a type in the time range."""
    matcher = f'{labels.TYPE}="{kind}"'
    expr = f"sum(increase({m.TOKENS.prometheus}{selector(matcher, WHO)}[$__range]))"
    return Query(f"tokens.range.{kind}", expr, "tokens", m.TOKENS.brief, kind)


def models(stage: str) -> Query:
    """Return how many requests of a stage each model had in the time range."""
    matcher = f'{labels.STAGE}="{stage}"'
    expr = f"sum{by(*_MODEL)} (increase({m.STAGE_REQUESTS.prometheus}{selector(matcher)}[$__range]) > 0)"
    return Query(f"models.{stage}", expr, "count", f"Models of {stage}.", legend(*_MODEL))
