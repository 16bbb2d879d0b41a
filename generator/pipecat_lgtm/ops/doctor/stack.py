"""The running stack: whether each part answers, telemetry is taken, rules are evaluated and somebody is told."""

from collections.abc import Generator, Iterator

import httpx

from pipecat_lgtm import http
from pipecat_lgtm.config import Config
from pipecat_lgtm.engines import process
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.errors import CheckFailed, EngineError
from pipecat_lgtm.ops import access, docker, native, queue_files, routes
from pipecat_lgtm.ops import parts as native_parts
from pipecat_lgtm.ops.alerts import address, server
from pipecat_lgtm.ops.deploy import rules as rules_op
from pipecat_lgtm.ops.deploy.owned import rules_of
from pipecat_lgtm.ops.deploy.prometheus import Prometheus
from pipecat_lgtm.ops.doctor.finding import Finding
from pipecat_lgtm.ops.engines import READY, token
from pipecat_lgtm.queries import health
from pipecat_lgtm.rules.stack import WATCHDOG
from pipecat_lgtm_bridge.contract import engines, labels

_TIMEOUT_SECONDS = 5.0
_SHOWN = 3


def parts(config: Config, state: State) -> Generator[Finding, None, list[str]]:
    """Yield whether each part answers, and whether it runs with this config; return those that do answer."""
    answering, idle = [], []
    local = native_parts.names(config)
    for part in local:
        if not (said := process.silence(READY[part](config), _TIMEOUT_SECONDS)):
            answering.append(part)
        elif found := _fault(config, state, part, said):
            yield found
        else:
            idle.append(part)
    if config.stores.prometheus.url is not None:
        if "prometheus" in answering:
            yield sent_on(config)
        answering = [part for part in answering if part != "prometheus"]  # that one only sends on
        if found := _elsewhere(config):
            yield found
        else:
            answering.append("prometheus")
    if answering:
        yield Finding("stack", "parts", "fine", f"ready: {', '.join(answering)}")
    if idle:
        yield Finding("stack", "parts", "look", f"not started: {', '.join(idle)}", "`pipecat-lgtm up`")
    if state.kind:
        yield from _drift(state)
    yield from _damaged(config, state)
    return answering


def _elsewhere(config: Config) -> Finding | None:
    """Return why the Prometheus elsewhere is of no use; None if it is."""
    try:
        shown = access.of(config, "prometheus")
    except CheckFailed as error:
        return Finding("stack", "prometheus", "wrong", error.message, error.hint)
    url = address(config).rstrip("/")
    said = process.silence(f"{url}/-/ready", _TIMEOUT_SECONDS, shown.headers, shown.trusted)
    hint = "check stores.prometheus.url, and its login if it wants one"
    return Finding("stack", "prometheus", "wrong", f"{url}: {said}", hint) if said else None


def entrance(config: Config) -> Finding:
    """Return whether the collector takes what a bot would send: an export without a span."""
    network = config.network
    url = f"{network.entrance}:{network.ports.otlp_http}/v1/traces"
    try:
        own = token(config)
        headers = {"Authorization": f"Bearer {own}"} if own else {}
        answer = http.request(
            "POST", url, _TIMEOUT_SECONDS, headers=headers, body={"resourceSpans": []}, trusted=network.tls.cert_file
        )
    except EngineError as error:
        return Finding("stack", "entrance", "wrong", error.message, error.hint)
    except (httpx.HTTPError, OSError) as error:
        return Finding("stack", "entrance", "wrong", f"{url}: {error}", "`pipecat-lgtm logs collector` says why")
    if answer.status_code != httpx.codes.OK:
        said = f"{url}: {answer.status_code}: {answer.text.strip()}"
        return Finding("stack", "entrance", "wrong", said, "`pipecat-lgtm logs collector` says why")
    with_token = ", with the token" if own else ""
    return Finding("stack", "entrance", "fine", f"telemetry is taken at {url.removesuffix('/v1/traces')}{with_token}")


def rules(config: Config) -> Iterator[Finding]:
    """Yield whether the rules are loaded and evaluated, what the stack says of itself, and whether anybody is told."""
    try:
        prometheus = server(config)
        yield _loaded(config, prometheus)
        alerts = prometheus.alerts()
        is_delivered = prometheus.knows_alertmanager()
    except CheckFailed as error:
        yield Finding("alerts", "rules", "wrong", error.message, error.hint)
        return
    firing = [one for one in alerts if one.state == "firing"]
    if not any(one.labels.get(labels.ALERTNAME) == WATCHDOG for one in firing):
        hint = "rules are not evaluated: `pipecat-lgtm logs prometheus`"
        yield Finding("alerts", WATCHDOG, "wrong", "does not fire, though it always should", hint)
    own = [
        one for one in firing if labels.SERVICE_NAME not in one.labels and one.labels.get(labels.ALERTNAME) != WATCHDOG
    ]
    for one in own:
        said, hint = one.annotations.get("summary", ""), one.annotations.get("runbook_url", "")
        yield Finding("alerts", one.labels.get(labels.ALERTNAME, ""), "wrong", said, hint)
    if not is_delivered:
        hint = "is Alertmanager running? prometheus.yml names its address"
        yield Finding("alerts", "delivery", "wrong", "Prometheus knows no Alertmanager: nobody is told", hint)
    if unheard := routes.unheard(config):
        yield Finding("alerts", "who is told", "look", unheard, "docs/routing.md")
    elif is_delivered:
        yield Finding("alerts", "who is told", "fine", ", ".join(config.routing.receivers))


def sent_on(config: Config) -> Finding:
    """Return whether what the agent sends arrives at the remote store; one that refuses everything cannot tell it."""
    agent = f"{config.collector.instance_id}:{config.network.ports.prometheus}"
    try:
        url = f"http://{config.network.inside_host}:{config.network.ports.prometheus}/metrics"
        text = http.request("GET", url, _TIMEOUT_SECONDS).text
        found = server(config).samples(health.lateness().expr)
    except httpx.HTTPError as error:
        return Finding("stack", "remote write", "wrong", f"the agent: {error}", "`pipecat-lgtm logs prometheus`")
    except CheckFailed as error:
        return Finding("stack", "remote write", "wrong", error.message, error.hint)
    lost = sum(_summed(text, name) for name in engines.REMOTE_LOST)
    age = {one.metric.get(engines.INSTANCE): one.value[1] for one in found}.get(agent)
    hint = "`pipecat-lgtm logs prometheus` has the store's answer; docs/config.md: Stores you run already"
    refused = f"{lost:g} samples were refused for good since the agent started" if lost else ""
    if age is None or age > config.alerts.window:
        arrived = "nothing has arrived" if age is None else f"the newest metrics there are {age:.0f} s old"
        said = f"{arrived} at {config.stores.prometheus.write_url}{': ' if refused else ''}{refused}"
        return Finding("stack", "remote write", "wrong", said, hint)
    if refused:
        return Finding("stack", "remote write", "look", f"arrives, but {refused}", hint)
    return Finding("stack", "remote write", "fine", f"arrives: the newest metrics there are {age:.0f} s old")


def _summed(text: str, name: str) -> float:
    """Return the sum of a metric's series in the text format."""
    lines = (line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{")))
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def _loaded(config: Config, prometheus: Prometheus) -> Finding:
    files = rules_op.wanted(config).values()
    wanted = {rule.get("record") or rule["alert"] for text in files for rule in rules_of(text).values()}
    groups = prometheus.groups()
    if errors := [error for group in groups for error in group.errors]:
        said = "; ".join(errors[:_SHOWN])
        return Finding("alerts", "rules", "wrong", f"fail when they are evaluated: {said}", "mend that rule")
    if missing := sorted(wanted - {rule.name for group in groups for rule in group.rules}):
        said = f"{len(missing)} are not loaded: {', '.join(missing[:_SHOWN])}{', …' if missing[_SHOWN:] else ''}"
        return Finding("alerts", "rules", "wrong", said, "`pipecat-lgtm up`, or `pipecat-lgtm deploy rules`")
    return Finding("alerts", "rules", "fine", f"all {len(wanted)} are loaded and evaluated without error")


def _fault(config: Config, state: State, part: str, said: str) -> Finding | None:
    """Return why a part that is not ready cannot be; nothing where it has only not been started."""
    if state.kind:
        return Finding(
            "stack", part, "wrong", f"is not ready: {said}", f"`pipecat-lgtm logs {part}`; `pipecat-lgtm up`"
        )
    try:
        native.check_ports(config, [part])
    except EngineError as error:
        return Finding("stack", part, "wrong", f"does not run, and cannot: {error.message}", error.hint)
    return None


def _damaged(config: Config, state: State) -> Iterator[Finding]:
    if damaged := queue_files.kept(config, state):
        yield Finding("stack", "queues", "look", queue_files.said(damaged), queue_files.RUNBOOK)


def _drift(state: State) -> Iterator[Finding]:
    if fault := native_parts.fault_on_disk(state):
        said = f"stack.yaml is not valid any more, and not what runs: {fault.message}"
        yield Finding("stack", "config", "wrong", said, fault.hint)
    if state.kind == "docker":
        names = sorted(docker.outdated(state, docker.parts(docker.config_of(state), state)))
    else:
        names = [one.name for one in native_parts.seen(state) if one.differs]
    if names:
        hint = "`pipecat-lgtm up` starts them again"
        yield Finding(
            "stack", "config", "look", f"run another config than stack.yaml has now: {', '.join(names)}", hint
        )
