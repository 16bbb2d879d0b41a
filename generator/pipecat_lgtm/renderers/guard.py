"""The guard: Caddy on the ports of the stores, which by themselves answer every page that a browser shows.

A page of anybody's may send requests to this machine. What its browser says of it is in three headers that it cannot
change: the name it asked for (`Host`; a page that gave its own name this machine's address says that name), where it
comes from (`Origin`, with everything that is more than a plain GET), and how near that is (`Sec-Fetch-Site`). Each
store has a list of what is asked of it by dashboards, rules, commands and people; nothing else gets through.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.network import as_host
from pipecat_lgtm.renderers.placement import Part, Placement
from pipecat_lgtm.renderers.text import HEADER

USER = "guard"
"""Whom Prometheus and Alertmanager let in, natively."""
PASSWORD, CREDENTIALS, WEB_CONFIG = "password", "basic", "web.yml"
"""Files of `Placement.secrets`: for Prometheus, which talks to Alertmanager; for the guard; what both check it with."""

_MIB = 1024**2
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_NAME = r"[^/]*[^/.][^/]*"
"""One part of a path: not `..`, and no slash, also not an encoded one."""
_STEP = r"[1-9][0-9]{0,6}(?:s|m|h)?(?:[0-9]{1,7}[ms])?(?:[0-9]{1,7}s)?"
"""Whole seconds, minutes, hours: Tempo takes 8 bytes for each step before it looks at anything, and 1 µs over two
hours is 58 GB."""

_HOST = "{http.request.hostport}"
_ORIGIN = "{http.request.header.Origin}"
_SITE = "{http.request.header.Sec-Fetch-Site}"
_PATH = "{http.request.uri.path}"
_HEADERS = {
    "Cross-Origin-Resource-Policy": ["same-origin"],
    "X-Content-Type-Options": ["nosniff"],
    "X-Frame-Options": ["DENY"],
}
_MORE = "docs/security.md has what is let through"


@dataclass(frozen=True)
class _Way:
    """What is let through.

    Args:
        methods: of HTTP.
        paths: patterns of whole paths.
    """

    methods: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class _Store:
    """One store behind the guard.

    Args:
        part: its name.
        ways: what is let through.
        pages: patterns of the paths of pages that a link on any page may open, to look at.
        largest: bytes of a body.
    """

    part: Part
    ways: tuple[_Way, ...]
    pages: tuple[str, ...] = ()
    largest: int = _MIB


_ASKED = ("GET", "HEAD", "POST")
_READ = ("GET", "HEAD")
_WELL = ("/-/ready", "/-/healthy", "/metrics")

STORES = (
    _Store(
        "prometheus",
        (
            _Way(_ASKED, (r"/api/v1/(?:query|query_range|query_exemplars|format_query|parse_query|series|labels)",)),
            _Way(
                _READ,
                (
                    rf"/api/v1/label/{_NAME}/values",
                    r"/api/v1/(?:metadata|targets|targets/metadata|scrape_pools|rules|alerts|alertmanagers|features)",
                    r"/api/v1/status/(?:buildinfo|runtimeinfo|tsdb|walreplay|flags)",
                    r"/api/v1/notifications(?:/live)?",
                    rf"/assets/{_NAME}",
                    *_WELL,
                ),
            ),
        ),
        (
            r"/(?:graph|query|alerts|rules|targets|service-discovery|alertmanager-discovery|status|tsdb-status|flags|agent)?",
            r"/(?:favicon\.svg|favicon\.ico|manifest\.json)",
        ),
    ),
    _Store(
        "alertmanager",
        (
            _Way(
                _READ,
                (rf"/api/v2/(?:status|alerts|alerts/groups|silences|silence/{_NAME}|receivers)", *_WELL),
            ),
            _Way(("POST",), (r"/api/v2/(?:alerts|silences)",)),
            _Way(("DELETE",), (rf"/api/v2/silence/{_NAME}",)),
            _Way(_READ, (r"/script\.js", rf"/(?:lib|assets)(?:/{_NAME})+")),
        ),
        (r"/(?:favicon\.ico)?",),
        largest=8 * _MIB,
    ),
    _Store(
        "tempo",
        (
            _Way(
                _READ,
                (
                    rf"/api/(?:v2/)?traces/{_NAME}",
                    r"/api/search",
                    r"/api/(?:v2/)?search/tags",
                    rf"/api/(?:v2/)?search/tag/{_NAME}/values",
                    r"/api/metrics/query(?:_range)?",
                    r"/api/(?:echo|status/buildinfo)",
                    r"/(?:ready|metrics)",
                ),
            ),
        ),
    ),
    _Store(
        "loki",
        (
            _Way(
                _ASKED,
                (
                    r"/loki/api/v1/(?:query|query_range|labels|series|patterns|format_query|detected_labels)",
                    r"/loki/api/v1/(?:detected_fields|index/stats|index/volume|index/volume_range)",
                    rf"/loki/api/v1/(?:label|detected_field)/{_NAME}/values",
                ),
            ),
            _Way(_READ, (r"/loki/api/v1/(?:tail|drilldown-limits|status/buildinfo)", r"/(?:ready|metrics)")),
            _Way(("POST",), (r"/otlp/v1/logs",)),
        ),
        # A batch of the collector is at most 3 MiB; others may send larger ones, and not compress them.
        largest=64 * _MIB,
    ),
)
"""What is not here is refused: what ends a store, deletes, forges, shows its configuration or its memory."""


def stores(config: Config) -> list[Part]:
    """Return the stores that this stack runs behind its guard."""
    remote = {name for name in ("tempo", "loki") if getattr(config.stores, name).url is not None}
    return [one.part for one in STORES if one.part not in remote]


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return guard/guard.json."""
    return {"guard/guard.json": json.dumps(_caddy(config, placement), indent=2, ensure_ascii=False) + "\n"}


def _caddy(config: Config, placement: Placement) -> dict[str, Any]:
    local = stores(config)
    servers = {one.part: _server(config, placement, one) for one in STORES if one.part in local}
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "WARN"}}},
        "storage": {"module": "file_system", "root": placement.data("guard")},
        "apps": {
            "http": {"grace_period": "5s", "metrics": {}, "servers": {"guard": _own(config, placement), **servers}},
            "tls": {"disable_storage_check": True, "disable_storage_clean": True},
        },
    }


def _listener(config: Config, placement: Placement, part: Part, routes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "listen": [placement.listen(getattr(config.network.ports, part))],
        # One protocol: nothing changes to another one behind the first request.
        "protocols": ["h1"],
        "automatic_https": {"disable": True},
        "read_header_timeout": "10s",
        # Of a whole request with its body; an answer may take this long too, and queries take 30 s at most.
        "read_timeout": "2m",
        # Longer than clients keep a connection that they do not use.
        "idle_timeout": "5m",
        "max_header_bytes": 64 * 1024,
        "routes": routes,
        "errors": {"routes": [{"handle": [_said("{http.error.status_code}", f"{part}: {{http.error.status_text}}")]}]},
    }


def _own(config: Config, placement: Placement) -> dict[str, Any]:
    """Return what the guard says of itself."""
    return _listener(
        config,
        placement,
        "guard",
        [
            {"handle": [{"handler": "vars", "generated": HEADER}]},
            *_refused(config, placement, "guard", ()),
            {"match": [_asked(_READ, ("/ready",))], "handle": [_said("200", "ready")], "terminal": True},
            {"match": [_asked(_READ, ("/metrics",))], "handle": [{"handler": "metrics"}], "terminal": True},
            _otherwise("guard"),
        ],
    )


def _server(config: Config, placement: Placement, store: _Store) -> dict[str, Any]:
    ways = (*store.ways, *([_Way(_READ, store.pages)] if store.pages else []))
    return _listener(
        config,
        placement,
        store.part,
        [
            *_refused(config, placement, store.part, store.pages),
            *([_coarse()] if store.part == "tempo" else []),
            {
                "match": [_asked(way.methods, way.paths) for way in ways],
                "handle": [
                    {"handler": "request_body", "max_size": store.largest},
                    _proxy(config, placement, store.part),
                ],
                "terminal": True,
            },
            _otherwise(store.part),
        ],
    )


def _refused(config: Config, placement: Placement, part: Part, pages: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what refuses whom a page of somebody else's sent, in the order in which it looks."""
    hosts, origins = _known(config, placement, part)
    near = _equal(_SITE, "|none|same-origin")
    opened = {
        "header": {"Sec-Fetch-Mode": ["navigate"], "Sec-Fetch-Dest": ["document"]},
        **_asked(_READ, pages),
    }
    return [
        _unless([_equal(_HOST, hosts, ignore_case=True)], f"{part}: this Host is none of this stack's; {_MORE}"),
        _unless([near, *([opened] if pages else [])], f"{part}: a page of somebody else's may not ask this; {_MORE}"),
        _unless([_equal(_ORIGIN, f"|{origins}")], f"{part}: this Origin is none of this stack's; {_MORE}"),
    ]


def _known(config: Config, placement: Placement, part: Part) -> tuple[str, str]:
    """Return patterns of the hosts and of the origins under which a store is opened."""
    port, links = getattr(config.network.ports, part), config.alerts.links
    names = [*_LOOPBACK, as_host(config.network.inside), *([part] if placement.kind == "compose" else [])]
    here = [f"{name}:{port}" for name in dict.fromkeys(names)]
    given = urlsplit(str(getattr(links, part, None) or ""))
    there = [given.netloc] if given.netloc else []
    origins = [f"http://{one}" for one in here] + [f"{given.scheme}://{one}" for one in there]
    return _either([*here, *there]), _either(origins)


def _either(texts: Iterable[str]) -> str:
    return "|".join(re.escape(one) for one in texts)


def _equal(what: str, pattern: str, *, ignore_case: bool = False) -> dict[str, Any]:
    """Return what matches where all of something is as a pattern; what is not there is empty."""
    return {"vars_regexp": {what: {"pattern": f"{'(?i)' if ignore_case else ''}^(?:{pattern})$"}}}


def _asked(methods: tuple[str, ...], paths: tuple[str, ...]) -> dict[str, Any]:
    return {"method": list(methods), **_equal(_PATH, "|".join(paths))}


def _unless(known: list[dict[str, Any]], said: str) -> dict[str, Any]:
    return {"match": [{"not": known}], "handle": [_said("403", said)], "terminal": True}


def _coarse() -> dict[str, Any]:
    fine = {"path": ["/api/metrics/query_range"], "not": [_equal("{http.request.uri.query.step}", f"|{_STEP}")]}
    said = "tempo: step must be whole seconds, minutes or hours, for example 15s"
    return {"match": [fine], "handle": [_said("400", said)], "terminal": True}


def _otherwise(part: Part) -> dict[str, Any]:
    said = f"{part}: {{http.request.method}} of this path is not let through; {_MORE}"
    return {"handle": [_said("403", said)], "terminal": True}


def _said(status: str, text: str) -> dict[str, Any]:
    headers = {"Content-Type": ["text/plain; charset=utf-8"], **_HEADERS}
    return {"handler": "static_response", "status_code": status, "headers": headers, "body": f"{text}\n"}


def _proxy(config: Config, placement: Placement, part: Part) -> dict[str, Any]:
    headers: dict[str, Any] = {"response": {"delete": ["Access-Control-*"], "set": _HEADERS}}
    if part in {"prometheus", "alertmanager"}:
        dial = placement.inner(getattr(config.network.ports, f"{part}_inner"))
        if placement.secrets:
            # Caddy reads the file; what is in it is in no rendered file and on no command line.
            shown = f"Basic {{file.{placement.secrets / CREDENTIALS}}}"
            headers["request"] = {"set": {"Authorization": [shown]}}
    else:
        dial = f"unix/{placement.socket(part)}:{getattr(config.network.ports, part)}"
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": dial}],
        "flush_interval": -1,
        "headers": headers,
        "transport": {
            "protocol": "http",
            "dial_timeout": "5s",
            "response_header_timeout": "1m",
            # Shorter than the stores keep it.
            "keep_alive": {"idle_timeout": "1m"},
            "compression": False,
        },
    }
