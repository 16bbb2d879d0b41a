"""docker-compose.yml, read as data; running it is tests/stack's."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import yamls
from pipecat_lgtm.config.versions import KNOWN
from rendered import EVERYTHING, files

TOLD = Path(__file__).parent / "fixtures" / "routing" / "stack.yaml"
DEFAULT: dict[str, Any] = yamls.load(files()["docker-compose.yml"])
REMOTE: dict[str, Any] = yamls.load(files(EVERYTHING)["docker-compose.yml"])
SERVICES = DEFAULT["services"]
LASTING = {name for name, body in SERVICES.items() if body["restart"] == "unless-stopped"}
BEHIND = {"prometheus", "alertmanager", "tempo", "loki"}
PINNED = {image for images in KNOWN.values() for image in images.values()}


def test_health_check_of_another_version(tmp_path: Path) -> None:
    """The program of the health checks comes from a volume of its version: Docker fills only an empty one."""
    (tmp_path / "stack.yaml").write_text("versions: {loki: 3.7.11}")
    other = yamls.load(files(tmp_path / "stack.yaml")["docker-compose.yml"])

    assert "tools-3.7.11" in other["volumes"]
    assert "tools-3.7.8" not in other["volumes"]
    assert "tools-3.7.11:/usr/bin" in other["services"]["init"]["volumes"]


def test_services() -> None:
    """The stack is five engines, the guard, Grafana and two helpers in Python; init is done before they start."""
    assert {"pod", "guard", "collector", *BEHIND, "notifications", "queues", "grafana"} == LASTING
    assert [] == [name for name in SERVICES if name not in LASTING | {"sandbox"} and not name.startswith("init")]


def test_remote_stores_run_elsewhere() -> None:
    """A store with an address in stack.yaml has no service and no volume here; Prometheus stays, as a mere agent."""
    assert set() == {"tempo", "loki"} & {*REMOTE["services"], *REMOTE["volumes"]}
    assert {"collector", "prometheus", "alertmanager", "grafana"} <= set(REMOTE["services"])
    assert "--agent" in REMOTE["services"]["prometheus"]["command"]


@pytest.mark.parametrize("name", SERVICES)
def test_image(name: str) -> None:
    """Every image is a pinned one; only the sandbox, which has none, is built from this repository."""
    body = SERVICES[name]

    assert (body.get("image") in PINNED) == ("build" not in body)
    assert ("sandbox" == name) == ("build" in body)


@pytest.mark.parametrize("name", SERVICES)
def test_confined(name: str) -> None:
    """No part is root, may gain rights, write to its own file system, or take the whole machine."""
    body = SERVICES[name]

    assert re.fullmatch(r"[1-9]\d*:\d+", body["user"])
    assert (True, ["ALL"], ["no-new-privileges:true"]) == (body["read_only"], body["cap_drop"], body["security_opt"])
    assert body["pids_limit"] > 0
    assert re.fullmatch(r"\d+m", body["mem_limit"])
    assert body["cpus"] in {0.5, 1.0, "${PIPECAT_LGTM_CPUS:-2}"}, "more than one can be lowered where there is one"
    assert {"max-size": "20m", "max-file": "3"} == body["logging"]["options"]
    assert not {"privileged", "pid", "ipc", "devices"} & set(body)
    assert (["NET_BIND_SERVICE"] if name == "guard" else None) == body.get("cap_add")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_ports_on_loopback(name: str) -> None:
    """Whatever is published is published on loopback, under its own number."""
    for port in SERVICES[name].get("ports", []):
        address, outside, inside = port.split(":")

        assert ("127.0.0.1", inside) == (address, outside)


def test_no_port_twice() -> None:
    """No two parts publish one port."""
    published = [port for body in SERVICES.values() for port in body.get("ports", [])]

    assert sorted(set(published)) == sorted(published)


def test_only_the_entrance_is_opened() -> None:
    """With an open address only the bots' entrance is open; stores, alerts and Grafana stay on loopback."""
    published = [port for body in REMOTE["services"].values() for port in body.get("ports", [])]

    assert {"0.0.0.0:4317:4317", "0.0.0.0:4318:4318"} == {port for port in published if "127.0.0.1:" not in port}


@pytest.mark.parametrize("name", sorted(BEHIND))
def test_nobody_reaches_a_store_but_through_the_guard(name: str) -> None:
    """A store publishes nothing, and listens in the network of the pod on loopback, or where only that network is."""
    body = SERVICES[name]
    listen = {
        "prometheus": "--web.listen-address=127.0.0.1:19090",
        "alertmanager": "--web.listen-address=127.0.0.1:19093",
    }
    server = yamls.load(files()[f"{name}/{name}.yaml"])["server"] if name not in listen else {}

    assert ("service:pod", "service:pod") == (body["network_mode"], SERVICES["guard"]["network_mode"])
    assert not {"ports", "networks"} & set(body)
    assert [listen[name]] == [one for one in body["command"] if "listen-address=1" in one] if name in listen else True
    assert {"unix": f"@{name}"} == {server["http_listen_network"]: server["http_listen_address"]} if server else True
    assert name in SERVICES["pod"]["networks"]["default"]["aliases"]


@pytest.mark.parametrize("name", sorted(LASTING - {"pod", "queues"}))
def test_health_without_shell(name: str) -> None:
    """Health is asked by a program, never by a shell, which the images do not have."""
    check = SERVICES[name]["healthcheck"]

    assert ["CMD", "/tools/loki", "-health"] == check["test"][:3]
    assert "tools-3.7.8:/tools:ro,nocopy" in SERVICES[name]["volumes"]
    assert check["retries"] >= 3


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_dependencies_exist(name: str) -> None:
    """What a part waits for exists, can reach the state it waits for, and does not wait for it in turn."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        condition = how["condition"]

        assert other in SERVICES
        assert ("service_completed_successfully" == condition) == other.startswith("init")
        assert "service_healthy" != condition or "healthcheck" in SERVICES[other]
        assert name not in SERVICES[other].get("depends_on", {})


def test_order() -> None:
    """The collector starts when the stores are healthy, so that the first minute's telemetry finds them."""
    waits = SERVICES["collector"]["depends_on"]

    assert {"service_healthy"} == {waits[store]["condition"] for store in ("prometheus", "tempo", "loki")}


def test_mounted_files_are_rendered() -> None:
    """Every file or folder of this repository that is mounted is a rendered one, mounted read-only."""
    rendered = set(files())
    for body in SERVICES.values():
        for mount in body.get("volumes", []):
            source, *_, mode = mount.split(":")
            if source.startswith("./"):
                here = source.removeprefix("./")

                assert "ro" == mode
                assert [path for path in rendered if path == here or path.startswith(f"{here}/")]
            else:
                assert source in DEFAULT["volumes"]


def test_starts_without_env_file() -> None:
    """No variable must be set for the default stack: each has a default."""
    variables = re.findall(r"\$\{([^}]*)\}", files()["docker-compose.yml"])

    assert [] == [variable for variable in variables if ":-" not in variable]


def test_secret_of_an_exporter_must_be_set() -> None:
    """A destination's secret comes from the environment; Compose says so when it is not set."""
    environment = REMOTE["services"]["collector"]["environment"]

    assert "${VENDOR_TOKEN:?set it for exporters in stack.yaml}" == environment["VENDOR_TOKEN"]


@pytest.mark.parametrize("name", ["collector", "prometheus", "alertmanager", "tempo", "loki", "grafana"])
def test_go_collects_garbage_before_the_limit(name: str) -> None:
    """A program in Go knows its limit, and frees memory before its container is killed for it."""
    body = SERVICES[name]
    least, limit = (int(text.removesuffix("m").removesuffix("MiB")) for text in
                    (body["environment"]["GOMEMLIMIT"], body["mem_limit"]))  # fmt: skip

    assert limit // 4 < least < limit


def test_garbage_is_no_reason_to_refuse() -> None:
    """The collector frees memory before its memory limiter, which counts garbage as well, refuses telemetry."""
    limiter = yamls.load(files()["collector/config.yaml"])["processors"]["memory_limiter"]
    environment = SERVICES["collector"]["environment"]

    assert int(environment["GOMEMLIMIT"].removesuffix("MiB")) < limiter["limit_mib"] - limiter["spike_limit_mib"]


def test_secret_files() -> None:
    """Secret files are given to the collector as secrets; who talks to it gets the token and no key."""
    assert {
        "otlp_tokens": {"file": "/srv/secrets/tokens"},
        "otlp_cert": {"file": "/srv/secrets/cert.pem"},
        "otlp_key": {"file": "/srv/secrets/key.pem"},
    } == REMOTE["secrets"]
    assert {
        "collector": ["otlp_tokens", "otlp_cert", "otlp_key"],
        "notifications": ["otlp_tokens", "otlp_cert"],
        "queues": ["otlp_tokens", "otlp_cert"],
    } == {name: body["secrets"] for name, body in REMOTE["services"].items() if "secrets" in body}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("{}", ("127.0.0.1", "true", "http://127.0.0.1:3000/")),
        ("network: {address: 127.0.0.2, ports: {grafana: 3333}}", ("127.0.0.2", "true", "http://127.0.0.2:3333/")),
        ("network: {address: '::1'}", ("localhost", "true", "http://localhost:3000/")),
        ("alerts: {links: {grafana: 'https://ops.example.com/grafana'}}", (None, None, None)),
    ],
)
def test_grafana_answers_under_one_name(
    tmp_path: Path, change: str, expected: tuple[str | None, str | None, str | None]
) -> None:
    """A name that a page of somebody else's gave this machine is no name of Grafana's."""
    (tmp_path / "stack.yaml").write_text(f"{change}\n")
    rendered = yamls.load(files(tmp_path / "stack.yaml")["docker-compose.yml"])
    environment = rendered["services"]["grafana"]["environment"]

    assert expected == tuple(environment.get(f"GF_SERVER_{one}") for one in ("DOMAIN", "ENFORCE_DOMAIN", "ROOT_URL"))


def test_grafana_has_no_admin() -> None:
    """A plain `docker compose up` gives a read-only viewer, no login form and no admin account."""
    environment = SERVICES["grafana"]["environment"]

    assert {
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_AUTH_DISABLE_LOGIN_FORM": "${PIPECAT_LGTM_NO_ADMIN:-true}",
        "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "${PIPECAT_LGTM_NO_ADMIN:-true}",
        "GF_USERS_ALLOW_SIGN_UP": "false",
    }.items() <= environment.items()


def test_demo_is_asked_for() -> None:
    """The sandbox starts with the `demo` profile only, and what builds it exists."""
    assert {"sandbox": ["demo"]} == {name: body["profiles"] for name, body in SERVICES.items() if "profiles" in body}
    assert (Path(__file__).parents[1] / SERVICES["sandbox"]["build"]["dockerfile"]).is_file()


def test_volumes_are_used() -> None:
    """Every volume belongs to a part; what a part keeps (guard and notification log: nothing) is in a volume."""
    mounted = {mount.split(":")[0] for body in SERVICES.values() for mount in body.get("volumes", [])}

    assert set(DEFAULT["volumes"]) == {name for name in mounted if not name.startswith("./")}
    assert {"notifications", "queues", "guard", "pod"} == LASTING - set(DEFAULT["volumes"])


def test_notification_log() -> None:
    """The notification log is its rendered files and keeps nothing; where everybody is told there is none."""
    body = SERVICES["notifications"]
    told = yamls.load(files(TOLD)["docker-compose.yml"])

    assert ["tools-3.7.8:/tools:ro,nocopy", "./notifications:/etc/notifications:ro"] == body["volumes"]
    assert "notifications" not in told["services"]


def test_queue_files() -> None:
    """What sets damaged queue files aside has the collector's volume, is there before it, and listens nowhere."""
    body = SERVICES["queues"]

    assert ["collector:/var/lib/collector", "./queues:/etc/queues:ro"] == body["volumes"]
    assert {"condition": "service_healthy"} == SERVICES["collector"]["depends_on"]["queues"]
    assert "/var/lib/collector/queue" == json.loads(files()["queues/settings.json"])["settings"]["folder"]
    assert ["CMD", *body["command"], "--look"] == body["healthcheck"]["test"]
    assert "ports" not in body
