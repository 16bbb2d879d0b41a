"""Where content is: a map of attributes and the texts beside it, which are protected together."""

from dataclasses import dataclass

WORK = "pipecat.protect."
"""Prefix of attributes that exist only while a span or log record is protected."""


@dataclass(frozen=True)
class Place:
    """One OTTL context.

    Args:
        context: its name.
        texts: paths beside the attributes.
    """

    context: str
    texts: tuple[str, ...] = ()

    @property
    def map(self) -> str:
        """The path of the attributes."""
        return f"{self.context}.attributes"

    def cache(self, key: str) -> str:
        """Return the path of a value that lives as long as one group of statements."""
        return f'{self.context}.cache["{key}"]'

    def work_key(self, key: str) -> str:
        """Return the name of a working attribute, which outlives a group of statements."""
        return WORK + key

    def work(self, key: str) -> str:
        """Return the path of a working attribute."""
        return f'{self.map}["{self.work_key(key)}"]'


RESOURCE = Place("resource", ("resource.schema_url",))
SCOPE = Place("scope", ("scope.name", "scope.version", "scope.schema_url"))
SPAN = Place("span", ("span.name", "span.status.message", "span.trace_state"))
EVENT = Place("spanevent", ("spanevent.name",))
LOG = Place("log", ("log.body", "log.severity_text", "log.event_name"))
