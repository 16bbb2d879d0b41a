"""What mutes what: one cause, one message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import labels
from pipecat_lgtm.renderers.alertmanager.tree import Matcher

_SAME = (labels.ALERTNAME, *labels.COMMON, labels.STAGE, labels.PROVIDER, labels.MODEL)


@dataclass(frozen=True)
class Inhibition:
    """While a source fires, targets are not told.

    Args:
        sources: matchers of the cause.
        targets: matchers of what is muted.
        equal: labels in which both must agree; absent on both counts as agreeing.
        why: in words.
    """

    sources: tuple[Matcher, ...]
    targets: tuple[Matcher, ...]
    equal: tuple[str, ...]
    why: str

    def could_mute(self, given: Mapping[str, str]) -> bool:
        """Tell whether an alert with these labels is muted while a source fires."""
        return all(one.holds(given) for one in self.targets) and not all(one.holds(given) for one in self.sources)


def inhibitions(config: Config) -> list[Inhibition]:
    """Return what is switched on."""
    wanted = config.routing.inhibition
    found = []
    if wanted.critical_mutes_warning:
        found.append(
            Inhibition(
                (Matcher(labels.SEVERITY, "critical"),),
                (Matcher(labels.SEVERITY, "warning"),),
                _SAME,
                "the same alert of the same service is critical",
            )
        )
    return found


def rules(config: Config) -> list[dict[str, Any]]:
    """Return Alertmanager's `inhibit_rules`."""
    return [
        {
            "source_matchers": [str(matcher) for matcher in one.sources],
            "target_matchers": [str(matcher) for matcher in one.targets],
            **({"equal": list(one.equal)} if one.equal else {}),
        }
        for one in inhibitions(config)
    ]
