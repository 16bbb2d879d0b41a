"""Sends the labelled set through the real collector, and counts what it masks, leaves and counts, by kind."""

import json
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipecat_lgtm import http
from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.build import Watch, build
from pipecat_lgtm.engines.catalogue import ENGINES
from pipecat_lgtm.engines.resolve import locate
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.bench.collector import collecting, on_free_ports
from pipecat_lgtm.ops.bench.report import Report
from pipecat_lgtm.ops.content.labelled import Row
from pipecat_lgtm.ops.engines import manifest_of
from pipecat_lgtm.renderers import native
from pipecat_lgtm.renderers.collector import collector
from pipecat_lgtm.renderers.collector.protect_redact import KINDS
from pipecat_lgtm_bridge.contract import attributes as a

_SECONDS = 60.0
_COLUMNS = (
    "kind",
    "secrets",
    "hidden",
    "recall",
    "masked in look-alikes",
    "mask precision",
    "counted",
    "wrongly",
    "precision",
)


@dataclass(frozen=True)
class Result:
    """What became of one row.

    Args:
        row: as sent.
        stored: its text as it left the collector.
        found: kinds that were counted.
    """

    row: Row
    stored: str
    found: frozenset[str]

    @property
    def hidden(self) -> bool:
        """Whether a secret's text is gone, and something stands for it; a look-alike has none."""
        return bool(self.row.hidden) and self.row.hidden not in self.stored and self.stored != self.row.text

    @property
    def intact(self) -> bool:
        """Whether the text is stored as it was said."""
        return self.stored == self.row.text


@dataclass(frozen=True)
class Score:
    """One kind's counts.

    Args:
        secrets: of the kind that were sent.
        hidden: of them are stored without the secret.
        masks: texts in which something was masked as this kind.
        wrong_masks: of them have no secret of this kind.
        counted: texts for which the kind was counted, which is what pages.
        wrongly: of them have no secret of this kind.
    """

    secrets: int
    hidden: int
    masks: int
    wrong_masks: int
    counted: int
    wrongly: int

    @property
    def recall(self) -> float:
        """The share of secrets that is hidden."""
        return self.hidden / self.secrets if self.secrets else 1.0

    @property
    def mask_precision(self) -> float:
        """The share of masks that stand for a secret of their kind."""
        return 1 - self.wrong_masks / self.masks if self.masks else 1.0

    @property
    def precision(self) -> float:
        """The share of what is counted that is one."""
        return 1 - self.wrongly / self.counted if self.counted else 1.0


def measure(config: Config, rows: Iterable[Row], bin_dir: Path | None, watch: Watch) -> list[Result]:
    """Send texts as transcripts, all in one request, and return what the collector would store.

    Args:
        config: the stack whose collector it is; its mode of content is taken to be redact.
        rows: what is said.
        bin_dir: programs to prefer; a collector that is nowhere is built.
        watch: told what goes on.

    Raises:
        EngineError: the collector does not start, or does not answer in a minute.
    """
    sent = list(rows)
    engine = ENGINES["otelcol"]
    manifest = manifest_of(engine, config)
    otelcol = (locate(engine, manifest, bin_dir) or build(engine, manifest, watch)).programs["otelcol"]
    config = on_free_ports(config.model_copy(update={"content": config.content.model_copy(update={"mode": "redact"})}))
    with tempfile.TemporaryDirectory(prefix="pipecat-lgtm-content-") as name:
        file = Path(name) / "stored.json"
        placement = native(config, Path(name))
        watch(f"{len(sent)} texts through the collector", 0.0)
        with collecting(otelcol, config, placement, _body(collector(config, placement), file)):
            url = f"http://{config.network.address}:{config.network.ports.otlp_http}/v1/traces"
            http.request("POST", url, _SECONDS, body=_request(sent)).raise_for_status()
            stored = _stored(file, len(sent))
    return [Result(row, *stored[f"{at:016x}"]) for at, row in enumerate(sent, 1)]


def scores(results: Iterable[Result]) -> dict[str, Score]:
    """Return the counts of every kind."""
    several = list(results)
    made = {}
    for kind in KINDS:
        own = [one for one in several if one.row.hidden and one.row.kind == kind]
        masked = [one for one in several if f"[{kind}]" in one.stored]
        counted = [one for one in several if kind in one.found]
        made[kind] = Score(
            len(own), sum(one.hidden for one in own),
            len(masked), sum(not (one.row.hidden and one.row.kind == kind) for one in masked),
            len(counted), sum(not (one.row.hidden and one.row.kind == kind) for one in counted),
        )  # fmt: skip
    return made


def report(results: Iterable[Result]) -> Report:
    """Return the table."""
    several = list(results)
    rows = tuple(
        (
            kind, str(one.secrets), str(one.hidden), f"{one.recall:.1%}", str(one.wrong_masks),
            f"{one.mask_precision:.1%}", str(one.counted), str(one.wrongly), f"{one.precision:.1%}",
        )
        for kind, one in scores(several).items()
    )  # fmt: skip
    plain = [one for one in several if not one.row.hidden]
    languages = len({one.row.language for one in several})
    return Report(
        f"{len(several) - len(plain)} secrets and {len(plain)} look-alikes in {languages} languages",
        _COLUMNS,
        rows,
        (
            f"{sum(one.intact for one in plain)} of {len(plain)} look-alikes are stored to the letter.",
            "Masked: stored as [kind]. Counted: what can page (alerts.pii_kinds), a card only with its check digit.",
        ),
    )


def _body(rendered: dict[str, Any], file: Path) -> dict[str, Any]:
    """Return a collector's configuration up to the queue, with a file in the place of the stores."""
    pipeline = rendered["service"]["pipelines"]["traces"] | {"exporters": ["file/stored"]}
    health = {"health_check": rendered["extensions"]["health_check"]}
    return rendered | {
        "extensions": health,
        "connectors": {},
        "exporters": {"file/stored": {"path": str(file), "flush_interval": "200ms"}},
        "service": rendered["service"] | {"extensions": list(health), "pipelines": {"traces": pipeline}},
    }


def _request(rows: list[Row]) -> dict[str, Any]:
    spans = [
        {
            "traceId": f"{at:032x}", "spanId": f"{at:016x}", "name": "stt", "kind": 1,
            "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000001000000000",
            "attributes": [
                {"key": key, "value": {"stringValue": value}}
                for key, value in ((a.PROVIDER.name, "deepgram"), (a.TRANSCRIPT.name, row.text))
            ],
        }
        for at, row in enumerate(rows, 1)
    ]  # fmt: skip
    resource = {"attributes": [{"key": a.SERVICE_NAME.name, "value": {"stringValue": "content"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "pipecat"}, "spans": spans}]}]}


def _stored(file: Path, count: int) -> dict[str, tuple[str, frozenset[str]]]:
    """Return transcript and findings by span id, once all spans are in the file."""
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []
        spans = [
            span
            for line in lines
            for resource in json.loads(line)["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]
        if len(spans) == count:
            return {span["spanId"]: _read(span) for span in spans}
        time.sleep(0.1)
    raise EngineError(
        f"the collector did not hand on {count} spans in {_SECONDS:g} s", "try again on a quieter machine"
    )


def _read(span: dict[str, Any]) -> tuple[str, frozenset[str]]:
    values = {one["key"]: one["value"] for one in span["attributes"]}
    found = frozenset(key.removeprefix(a.FINDING_PREFIX) for key in values if key.startswith(a.FINDING_PREFIX))
    return values.get(a.TRANSCRIPT.name, {}).get("stringValue", ""), found
