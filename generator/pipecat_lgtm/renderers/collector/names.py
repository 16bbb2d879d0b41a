"""Names of the collector's components and of the working attributes that exist only inside it."""

from pipecat_lgtm.renderers.collector.ottl import attribute

# Connectors
LEAN = "forward/lean"
MEASURES = "forward/measures"
BREACHES = "forward/breaches"
EVENTS = "forward/events"
COUNTS_SM = "span_metrics/counts"
LATENCY_SM = "span_metrics/latency"
DURATION_SM = "span_metrics/duration"
ERRORS_SM = "span_metrics/errors"
BREACH_WARNING_SM = "span_metrics/breaches_warning"
BREACH_CRITICAL_SM = "span_metrics/breaches_critical"
SPAN_SUMS = "signal_to_metrics/spans"
EVENT_SUMS = "signal_to_metrics/events"
EVENT_OFFENDERS = "signal_to_metrics/offenders"

# Working attributes of lean spans
MEASURE = "measure"
LATENCY = attribute("latency")
E2E = attribute("e2e")
DURATION = attribute("duration")
FAILED = attribute("failed")
SIGNAL = attribute("signal")
SEVERITY = attribute("severity")
KIND = attribute("measured")
"""turn, conversation, stage, tool, http or contribution."""
