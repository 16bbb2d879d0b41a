"""The labelled set: made-up secrets, and what only looks like one, in the formats of twelve languages."""

from pipecat_lgtm.ops.content.labelled import LANGUAGES, Row, rows
from pipecat_lgtm.ops.content.measure import Result, Score, measure, report, scores

__all__ = ["LANGUAGES", "Result", "Row", "Score", "measure", "report", "rows", "scores"]
