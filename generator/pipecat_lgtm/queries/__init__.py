"""The only place where PromQL, LogQL and TraceQL are written: functions that return a `Query`."""

from pipecat_lgtm.queries.query import Query

__all__ = ["Query"]
