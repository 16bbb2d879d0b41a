"""The browser module writes the contract's names."""

import re

import pipecat_lgtm_bridge as bridge
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e


def test_the_browser_module_uses_the_contracts_names() -> None:
    """Each attribute it can write is one that the collector reads from pipecat.webrtc events."""
    text = bridge.browser_module().read_text(encoding="utf-8")
    measured = set(re.findall(r'put\(values(?:\.\w+)?, "(\w+)"', text))
    written = set(re.findall(r'"((?:pipecat|event|conversation|service|deployment)\.[\w.]+)"', text))
    known = {attribute.name for attribute in e.WEBRTC.attributes}

    assert {name.removeprefix("pipecat.webrtc.") for name in known} - {"direction", "side", "state"} == measured
    assert written <= known | {
        e.WEBRTC.name, e.EVENT_NAME.name, a.CONVERSATION_ID.name, a.SERVICE_NAME.name, a.ENVIRONMENT_NAME.name,
    }  # fmt: skip
