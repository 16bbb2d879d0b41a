"""What makes two ways to run a part one and the same: its files, its arguments, its program."""

import hashlib
import json

_LENGTH = 16
_NOT_READ = {"collector": {"collector/builder.yaml"}}
"""Files that say how a program is built; the program itself is part of the fingerprint."""
_READ = {"grafana": ("grafana/provisioning/datasources/", "grafana/provisioning/dashboards/")}
"""Where a part looks at the rest of its files again by itself: Grafana at its dashboards and runbooks."""


def read_by(part: str, files: dict[str, str]) -> dict[str, str]:
    """Return the rendered files that a part reads when it starts."""
    prefixes = _READ.get(part, (f"{part}/",))
    return {
        path: text
        for path, text in files.items()
        if path.startswith(prefixes) and path not in _NOT_READ.get(part, set())
    }


def fingerprint(files: dict[str, str], *others: object) -> str:
    """Return a short digest of files and of whatever else, as JSON, belongs to a part."""
    return digest(json.dumps([sorted(files.items()), others], sort_keys=True))


def digest(text: str) -> str:
    """Return a short digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]
