"""A real collector with the rendered protection and nothing behind it: what it would hand to the stores, as data."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import otlp
from harness import Process, free_config, poll

import yamls
from pipecat_lgtm.ops.engines import READY
from pipecat_lgtm.renderers import native, resources
from pipecat_lgtm.renderers.collector import collector


class Protected:
    """Feeds the collector and reads what came out of it."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port, self._folder = port, folder
        self._sent = {"traces": 0, "logs": 0}

    def send(self, request: dict[str, Any]) -> None:
        """Post a request of OTLP/JSON."""
        otlp.send(self._port, request)
        self._sent["traces" if "resourceSpans" in request else "logs"] += 1

    def post(self, body: bytes, kind: str, path: str = "traces") -> httpx.Response:
        """Post anything; return the answer."""
        url = f"http://127.0.0.1:{self._port}/v1/{path}"
        return httpx.post(url, content=body, headers={"content-type": kind}, timeout=30)

    def received(self, signal: str) -> list[dict[str, Any]]:
        """Return every request of a signal as it left the collector, once all that were sent are there."""
        file = self._folder / f"{signal}.json"

        def lines() -> list[str]:
            return file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []

        poll(f"{self._sent[signal]} {signal} requests", lambda: len(lines()) >= self._sent[signal])
        return [json.loads(line) for line in lines()]


@contextlib.contextmanager
def protected(folder: Path, otelcol: Path, mode: str = "redact", **content: Any) -> Iterator[Protected]:  # noqa: ANN401
    """Run a collector with the pipelines up to the stores, which are files."""
    config = free_config(folder, {"content": {"mode": mode} | content})
    rendered = collector(config, native(config, folder))
    pipelines = {name: rendered["service"]["pipelines"][name] for name in ("traces", "logs")}
    for name, body in pipelines.items():
        body["exporters"] = [f"file/{name}"]
    rendered["exporters"] = {
        f"file/{name}": {"path": str(folder / f"{name}.json"), "flush_interval": "200ms"} for name in pipelines
    }
    rendered["extensions"] = {"health_check": rendered["extensions"]["health_check"]}
    rendered["service"] |= {"extensions": ["health_check"], "pipelines": pipelines}
    rendered["connectors"] = {}
    file = folder / "collector.yaml"
    file.write_text(yamls.dump(rendered), encoding="utf-8")
    settings = resources.settings(config, "collector")
    process = Process("collector", [str(otelcol), "--config", str(file)], folder / "collector.log", settings)
    process.start()
    try:
        process.ready(READY["collector"](config))
        yield Protected(config.network.ports.otlp_http, folder)
        assert process.popen is not None
        assert process.popen.poll() is None, "the collector has ended"
    finally:
        process.stop()
