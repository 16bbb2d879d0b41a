"""What Pipecat knows but does not export, as spans, events and logs, with no change to the bot.

Needs only Pipecat beside what it brings. Zero-code: `PIPECAT_SETUP_FILES=$(python -m pipecat_lgtm_bridge)`; explicit:
`pipecat_lgtm_bridge.attach(worker)` before the worker runs.
Nothing here may harm a call: what fails is logged once, what cannot be sent is counted.
"""

from pipecat_lgtm_bridge.api import attach, browser_module, path, record_decision, record_intent, record_outcome

__all__ = ["attach", "browser_module", "path", "record_decision", "record_intent", "record_outcome"]
