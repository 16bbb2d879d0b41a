"""The running stack: whether each part answers, telemetry is taken, rules are evaluated and somebody is told."""

from collections.abc import Generator, Iterator

import httpx

from pipecat_lgtm import output
from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import labels
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.errors import CheckFailed, EngineError
from pipecat_lgtm.ops import native, routes
from pipecat_lgtm.ops.alerts import address
from pipecat_lgtm.ops.deploy import rules as rules_op
from pipecat_lgtm.ops.deploy.owned import rules_of
from pipecat_lgtm.ops.deploy.prometheus import Prometheus
from pipecat_lgtm.ops.doctor.finding import Finding
from pipecat_lgtm.ops.engines import READY, token
from pipecat_lgtm.renderers import COMPOSE, render
from pipecat_lgtm.renderers import native as native_placement
from pipecat_lgtm.rules.stack import WATCHDOG

_TIMEOUT_SECONDS = 5.0
_SHOWN = 3


def parts(config: Config, state: State) -> Generator[Finding, None, list[str]]:
    """Yield whether each part answers, and whether it runs with this config; return those that do answer."""
    answering, idle = [], []
    local = native.parts(config)
    for part in local:
        if not (said := _silence(READY[part](config))):
            answering.append(part)
        elif found := _fault(config, state, part, said):
            yield found
        else:
            idle.append(part)
    if "prometheus" not in local:
        if said := _silence(f"{address(config)}/-/ready"):
            yield Finding("stack", "prometheus", "wrong", f"{address(config)}: {said}", "check stores.prometheus.url")
        else:
            answering.append("prometheus")
    if answering:
        yield Finding("stack", "parts", "fine", f"ready: {', '.join(answering)}")
    if idle:
        yield Finding("stack", "parts", "look", f"not started: {', '.join(idle)}", "`pipecat-lgtm up`")
    if state.kind:
        yield from _drift(config, state)
    return answering


def entrance(config: Config) -> Finding:
    """Return whether the collector takes what a bot would send: an export without a span."""
    network = config.network
    url = f"{network.entrance}:{network.ports.otlp_http}/v1/traces"
    verify = str(network.tls.cert_file) if network.tls.cert_file else True
    try:
        own = token(config)
        headers = {"Authorization": f"Bearer {own}"} if own else {}
        answer = httpx.post(url, json={"resourceSpans": []}, headers=headers, timeout=_TIMEOUT_SECONDS, verify=verify)
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
    server = Prometheus(address(config))
    try:
        yield _loaded(config, server)
        alerts = server.get("alerts")["alerts"]
        managers = server.get("alertmanagers")["activeAlertmanagers"]
    except CheckFailed as error:
        yield Finding("alerts", "rules", "wrong", error.message, error.hint)
        return
    firing = [one for one in alerts if one["state"] == "firing"]
    if not any(one["labels"]["alertname"] == WATCHDOG for one in firing):
        hint = "rules are not evaluated: `pipecat-lgtm logs prometheus`"
        yield Finding("alerts", WATCHDOG, "wrong", "does not fire, though it always should", hint)
    own = [one for one in firing if labels.SERVICE_NAME not in one["labels"] and one["labels"]["alertname"] != WATCHDOG]
    for one in own:
        said, hint = one["annotations"].get("summary", ""), one["annotations"].get("runbook_url", "")
        yield Finding("alerts", one["labels"]["alertname"], "wrong", said, hint)
    if not managers:
        hint = "is Alertmanager running? prometheus.yml names its address"
        yield Finding("alerts", "delivery", "wrong", "Prometheus knows no Alertmanager: nobody is told", hint)
    if unheard := routes.unheard(config):
        yield Finding("alerts", "who is told", "look", unheard, "docs/routing.md")
    elif managers:
        yield Finding("alerts", "who is told", "fine", ", ".join(config.routing.receivers))


def _loaded(config: Config, server: Prometheus) -> Finding:
    files = rules_op.wanted(config).values()
    wanted = {rule.get("record") or rule["alert"] for text in files for rule in rules_of(text).values()}
    groups = server.groups()
    if errors := [error for group in groups for error in group.errors]:
        said = "; ".join(errors[:_SHOWN])
        return Finding("alerts", "rules", "wrong", f"fail when they are evaluated: {said}", "mend that rule")
    if missing := sorted(wanted - {name for group in groups for name in group.rules}):
        said = f"{len(missing)} are not loaded: {', '.join(missing[:_SHOWN])}{', …' if missing[_SHOWN:] else ''}"
        return Finding("alerts", "rules", "wrong", said, "`pipecat-lgtm up`, or `pipecat-lgtm deploy rules`")
    return Finding("alerts", "rules", "fine", f"all {len(wanted)} are loaded and evaluated without error")


def _silence(url: str) -> str:
    """Return why a part does not say that it is ready; nothing if it does."""
    try:
        answer = httpx.get(url, timeout=_TIMEOUT_SECONDS)
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__
    return "" if answer.status_code == httpx.codes.OK else f"{answer.status_code}: {answer.text.strip()}"


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


def _drift(config: Config, state: State) -> Iterator[Finding]:
    placement = native_placement(config, state.folder.resolve()) if state.kind == "native" else COMPOSE
    files = render(config, placement)
    if changes := output.plan(state.folder / "config", files):
        names = ", ".join((*changes.added, *changes.changed, *changes.removed)[:_SHOWN])
        hint = "`pipecat-lgtm up` starts again what reads them"
        yield Finding("stack", "config", "look", f"runs with other files than stack.yaml renders now: {names}", hint)
