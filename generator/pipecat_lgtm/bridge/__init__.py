"""What Pipecat knows but does not export, as spans, events and logs, with no change to the bot.

Needs only `pipecat-ai[tracing]` and an OTLP exporter beside this package. Zero-code:
`PIPECAT_SETUP_FILES=$(pipecat-lgtm bridge path)`; explicit: `bridge.attach(worker)` before the worker runs.
Nothing here may harm a call: what fails is logged once, what cannot be sent is counted.
"""

from pipecat_lgtm.bridge.api import attach, browser_module, path, record_decision, record_intent, record_outcome

__all__ = ["attach", "browser_module", "path", "record_decision", "record_intent", "record_outcome"]
