"""Prometheus, Alertmanager, Tempo and Loki: what their files say."""

import re
from pathlib import Path
from typing import Any

import pytest

import yamls
from pipecat_lgtm.config import load, load_default
from pipecat_lgtm.dashboards.panels.targets import logql, traceql
from pipecat_lgtm.queries.panels_calls import conversations
from pipecat_lgtm.renderers import COMPOSE, flags, native
from rendered import EVERYTHING, Kind, files


def _read(name: str, path: Path | None = None, kind: Kind = "compose") -> dict[str, Any]:
    data: dict[str, Any] = yamls.load(files(path, kind)[name])
    return data


def test_prometheus_scrapes_the_stack() -> None:
    """Prometheus scrapes each part of the stack by its name and port, and the bots' metrics at the collector."""
    jobs = _read("prometheus/prometheus.yml")["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}

    assert {
        "pipecat": ["collector:8889", "collector:8890"],
        "guard": ["guard:9097"],
        "prometheus": ["prometheus:9090"],
        "collector": ["collector:8888"],
        "alertmanager": ["alertmanager:9093"],
        "sandbox": ["sandbox:8090"],
        "tempo": ["tempo:3200"],
        "loki": ["loki:3100"],
        "grafana": ["grafana:3000"],
    } == targets
    assert len(targets) == len(jobs)


def test_a_remote_prometheus_is_sent_to() -> None:
    """An agent scrapes the same, and sends it on; its parts are told from those of another stack."""
    config, local = _read("prometheus/prometheus.yml", EVERYTHING), _read("prometheus/prometheus.yml")

    assert {"global", "remote_write", "scrape_configs"} == set(config)
    assert [{"url": "https://metrics.example.com/prom/api/v1/push", "send_exemplars": True}] == config["remote_write"]
    assert [job["job_name"] for job in config["scrape_configs"]] == [
        job["job_name"] for job in local["scrape_configs"] if job["job_name"] not in {"tempo", "loki"}
    ]
    assert {"gateway-0:$1"} == {job["relabel_configs"][-1]["replacement"] for job in config["scrape_configs"]}
    assert ["--agent", "--storage.agent.path=/prometheus"] == flags.prometheus(load(EVERYTHING).config, COMPOSE)[-2:]


def test_a_remote_prometheus_with_native_histograms(tmp_path: Path) -> None:
    """Native histograms need the second version of remote write, which takes no exemplars from an agent."""
    file = tmp_path / "stack.yaml"
    file.write_text(
        "alerts: {flavour: native}\nstores: {prometheus: {url: http://10.1.2.3, write_url: http://10.1.2.3/write}}\n"
    )
    (write,) = _read("prometheus/prometheus.yml", file)["remote_write"]

    assert {
        "url": "http://10.1.2.3/write",
        "protobuf_message": "io.prometheus.write.v2.Request",
        "send_native_histograms": True,
    } == write


def test_prometheus_natively() -> None:
    """Natively all of them are on the configured address; Grafana is not part of it."""
    jobs = _read("prometheus/prometheus.yml", kind="native")["scrape_configs"]

    assert {"127.0.0.1"} == {job["static_configs"][0]["targets"][0].split(":")[0] for job in jobs}
    assert "grafana" not in {job["job_name"] for job in jobs}


def test_bots_metrics_are_scraped() -> None:
    """Their `job` and `instance` are kept, Protobuf brings start times, the targets answer for the collector."""
    config = _read("prometheus/prometheus.yml")
    job = config["scrape_configs"][0]

    assert ("pipecat", True, "15s", ["PrometheusProto"]) == tuple(
        job[key] for key in ("job_name", "honor_labels", "scrape_interval", "scrape_protocols")
    )
    assert [{"target_label": "job", "replacement": "collector"}] == job["relabel_configs"]


def test_prometheus_evaluates_rules() -> None:
    """Rules are read, and Alertmanager is told."""
    config = _read("prometheus/prometheus.yml")

    assert ["rules/*.yml"] == config["rule_files"]
    assert ["127.0.0.1:19093"] == config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]


def test_retention_of_metrics() -> None:
    """Prometheus keeps its data as long as stack.yaml says."""
    assert "--storage.tsdb.retention.time=360h" in flags.prometheus(load_default(), COMPOSE)


def test_queries_have_limits() -> None:
    """What one query may cost is bounded in every engine, for all that dashboards ask and retention keeps."""
    tempo, loki = _read("tempo/tempo.yaml")["query_frontend"], _read("loki/loki.yaml")["limits_config"]
    search, lines = traceql(conversations(), "A"), logql(conversations(), "A")

    assert tempo["search"]["max_result_limit"] >= search["limit"] > 0
    assert tempo["search"]["max_spans_per_span_set"] >= search["spss"] > 0
    assert loki["max_entries_limit_per_query"] >= lines["maxLines"] > 0
    assert ("192h", "168h", "192h", "192h") == (
        tempo["search"]["max_duration"],
        *(loki[name] for name in ("max_query_lookback", "max_query_length", "max_query_range")),
    )
    assert {"--query.max-samples=10000000", "--query.max-concurrency=4", "--query.timeout=30s"} <= set(
        flags.prometheus(load_default(), COMPOSE)
    )
    assert "--web.timeout=30s" in flags.alertmanager(load_default(), COMPOSE)


@pytest.mark.parametrize(("kept", "searched", "read"), [("30 d", "744h", "720h"), ("1 d", "192h", "24h")])
def test_all_that_is_kept_may_be_searched(tmp_path: Path, kept: str, searched: str, read: str) -> None:
    """A search may go over all that is kept, a week at least; logs are looked for where there are some."""
    file = tmp_path / "stack.yaml"
    file.write_text(f"retention: {{traces: {kept}, logs: {kept}}}\n")

    assert searched == _read("tempo/tempo.yaml", file)["query_frontend"]["search"]["max_duration"]
    assert read == _read("loki/loki.yaml", file)["limits_config"]["max_query_lookback"]


@pytest.mark.parametrize(
    ("links", "prometheus", "alertmanager"),
    [
        ("{}", "http://127.0.0.2:9999", "http://127.0.0.2:9093"),
        (
            "{prometheus: 'https://ops.example.com/prometheus/', alertmanager: 'https://alerts.example.com'}",
            "https://ops.example.com/prometheus",
            "https://alerts.example.com",
        ),
    ],
    ids=["its own address", "a proxy's"],
)
def test_where_pages_are_opened(tmp_path: Path, links: str, prometheus: str, alertmanager: str) -> None:
    """Addresses in alerts can be opened: network's own, or those given; the programs themselves stay at their root."""
    file = tmp_path / "stack.yaml"
    file.write_text(f"network: {{address: 127.0.0.2, ports: {{prometheus: 9999}}}}\nalerts: {{links: {links}}}\n")
    config = load(file).config

    for program, opened in ((flags.prometheus, prometheus), (flags.alertmanager, alertmanager)):
        given = program(config, COMPOSE)
        assert {f"--web.external-url={opened}", "--web.route-prefix=/"} <= set(given)


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("tempo/tempo.yaml", ("compactor", "compaction", "block_retention"), "168h"),
        ("loki/loki.yaml", ("limits_config", "retention_period"), "168h"),
    ],
)
def test_retention(name: str, path: tuple[str, ...], expected: str) -> None:
    """Each store keeps its data as long as stack.yaml says."""
    value: Any = _read(name)
    for key in path:
        value = value[key]

    assert expected == value


def test_loki_deletes() -> None:
    """Loki's retention is carried out, not only declared."""
    compactor = _read("loki/loki.yaml")["compactor"]

    assert (True, "filesystem") == (compactor["retention_enabled"], compactor["delete_request_store"])


def test_loki_labels() -> None:
    """Loki's streams are by service and environment only: a stream per host or call would be thousands."""
    limits = _read("loki/loki.yaml")["limits_config"]

    assert {
        "ignore_defaults": True,
        "attributes_config": [{"action": "index_label", "attributes": ["service.name", "deployment.environment"]}],
    } == limits["otlp_config"]["resource_attributes"]
    assert limits["allow_structured_metadata"]


@pytest.mark.parametrize("name", ["tempo/tempo.yaml", "loki/loki.yaml"])
def test_nobody_is_told(name: str) -> None:
    """No store reports its use to its vendor."""
    config = _read(name)

    assert {"reporting_enabled": False} == config.get("usage_report", config.get("analytics"))


def test_stores_bind_natively() -> None:
    """Natively the stores listen on sockets, and keep their data below the state directory."""
    tempo, loki = _read("tempo/tempo.yaml", kind="native"), _read("loki/loki.yaml", kind="native")

    assert {"sockets/tempo", "sockets/loki"} == {one["server"]["http_listen_address"] for one in (tempo, loki)}
    assert "/state/data/tempo/blocks" == tempo["storage"]["trace"]["local"]["path"]
    assert "/state/data/loki" == loki["common"]["path_prefix"]


def test_every_receiver_exists() -> None:
    """Every route leads to a receiver that exists."""
    config = _read("alertmanager/alertmanager.yml", EVERYTHING)

    def receivers(route: dict[str, Any]) -> set[str]:
        found = {route["receiver"]} if "receiver" in route else set()
        return found.union(*(receivers(child) for child in route.get("routes", [])))

    assert set() == receivers(config["route"]) - {receiver["name"] for receiver in config["receivers"]}


PLACE = re.compile(r"=.*|^/.*/(?=notifications/)")
"""What differs: the values of flags, and the folder of a file that is no flag's value."""


@pytest.mark.parametrize("name", flags.FLAGS)
def test_flags_name_the_placement(name: str) -> None:
    """A program gets the same arguments in a container and natively, but for folders, addresses and a password."""
    config = load_default()
    inside, outside = flags.FLAGS[name](config, COMPOSE), flags.FLAGS[name](config, native(config, Path("/state")))

    alike = [PLACE.sub("", flag) for flag in outside if not flag.startswith("--web.config.file=")]
    assert [PLACE.sub("", flag) for flag in inside] == alike
    assert not [flag for flag in outside if "/etc/" in flag or "/var/lib/" in flag or "0.0.0.0" in flag]


def test_prometheus_features() -> None:
    """Exemplars are kept, the OTLP receiver is on, and a series' first value counts as an increase."""
    assert {
        "--enable-feature=exemplar-storage,created-timestamp-zero-ingestion",
    } <= set(flags.prometheus(load_default(), COMPOSE))
