"""Names of the collector's components and of the working attributes that exist only inside it."""

from pipecat_lgtm.renderers.collector.ottl import attribute

# Connectors
MEASURES = "forward/measures"
BREACHES = "forward/breaches"
BREACHED = "forward/breached"
OFFENDERS = "forward/offenders"
COUNTS_SM = "span_metrics/counts"
LATENCY_SM = "span_metrics/latency"
DURATION_SM = "span_metrics/duration"
ERRORS_SM = "span_metrics/errors"
SPAN_SUMS = "signal_to_metrics/spans"
EVENT_SUMS = "signal_to_metrics/events"
CUT_SUMS = "signal_to_metrics/cut"
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
