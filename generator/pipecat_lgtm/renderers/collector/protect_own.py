"""What a user adds to content protection: patterns of their own, and attributes that are left alone.

A pattern is looked for in the text of all attributes, before dates and the like are taken out of it: once as it is, and
once without the backslashes with which that text has quotation marks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipecat_lgtm.renderers.collector.ottl import group, quoted
from pipecat_lgtm.renderers.collector.protect_place import Place

FAMILY = "own"


@dataclass(frozen=True)
class Own:
    """A user's additions.

    Args:
        patterns: RE2 by the name that stands where it matched, as [name]; in either case of letters.
        exempt: keys of attributes whose values are stored as they are.
    """

    patterns: Mapping[str, str] = field(default_factory=dict)
    exempt: tuple[str, ...] = ()

    @property
    def any(self) -> str:
        """One expression for all patterns; empty if there are none."""
        return f"(?i)(?:{'|'.join(f'(?:{one})' for one in self.patterns.values())})" if self.patterns else ""

    def scan(self, place: Place, text: str) -> list[dict[str, Any]]:
        """Return the group that marks a map in whose text a pattern matches.

        Args:
            place: of the map.
            text: the path of its text.
        """
        if not self.patterns:
            return []
        plain, found = (
            place.cache("plain"),
            [f"IsMatch({one}, {quoted(self.any)})" for one in (text, place.cache("plain"))],
        )
        statements = [
            f"set({plain}, {text})",
            f"replace_pattern({plain}, {quoted(chr(92) * 2 + '+' + chr(34))}, {quoted(chr(34))})",
            f"set({place.work(FAMILY)}, true) where {' or '.join(found)}",
        ]
        return [group(place.context, statements, f"{text} != nil")]

    def replaced(self, place: Place) -> list[str]:
        """Return the statements that mask, in values and in keys."""
        return [
            f'replace_all_patterns({place.map}, "{what}", {quoted("(?i)" + one)}, {quoted(f"[{name}]")}) '
            f"where {place.work(FAMILY)} != nil"
            for name, one in self.patterns.items()
            for what in ("value", "key")
        ]

    def kept(self, place: Place) -> list[str]:
        """Return the statements that keep exempt values until all else is masked."""
        return [f"set({self._cache(place, key)}, {place.map}[{quoted(key)}])" for key in self.exempt]

    def restored(self, place: Place) -> list[str]:
        """Return the statements that put them back."""
        return [
            f"set({place.map}[{quoted(key)}], {self._cache(place, key)}) where {self._cache(place, key)} != nil"
            for key in self.exempt
        ]

    @staticmethod
    def _cache(place: Place, key: str) -> str:
        return place.cache(f"exempt {key}")
