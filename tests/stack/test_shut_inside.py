"""Stores that answer their ports and are shut down inside: the alert and `doctor` see them by what is ready in them."""

from pathlib import Path

import httpx
import pytest
from harness import QUICK_COLLECTOR, poll
from stacks import EngineBin, stack_of

from pipecat_lgtm.engines.process import silence
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.ops.doctor import stack as doctor
from pipecat_lgtm.ops.engines import READY
from pipecat_lgtm.renderers.placement import SOCKETS

pytestmark = pytest.mark.stack

_SHUT = {"loki": ("POST", "/ingester/shutdown?terminate=false"), "tempo": ("GET", "/shutdown")}


def test_shut_inside(tmp_path: Path, engine_bin: EngineBin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loki and Tempo that were told to shut down still answer their scrape; the alert and `doctor` name both.

    They are told on their sockets, because the guard lets nobody end a store. `status` and `up` ask the same address:
    tests/stack/test_supervision.py.
    """
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    overrides = QUICK_COLLECTOR | {"alerts": {"interval": "1 s", "hold": {"critical": "1 s"}}}
    with stack_of(tmp_path, engine_bin, "tempo", "loki", overrides=overrides) as stack:
        file = tmp_path / "config" / "prometheus" / "prometheus.yml"
        file.write_text(file.read_text().replace("scrape_interval: 15s", "scrape_interval: 1s"))
        stack.start("prometheus")
        poll("both to be well", lambda: len(stack.query('pipecat:store_not_ready:state{job=~"tempo|loki"} == 0')) == 2)
        assert [""] * 2 == [silence(READY[name](stack.config)) for name in _SHUT]

        for name, (method, path) in _SHUT.items():
            (socket,) = Path(SOCKETS).glob(f"{name}:*")
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), timeout=60) as client:
                assert client.request(method, f"http://{name}{path}").is_success
        firing = 'ALERTS{alertname="PipecatStoreNotReady",alertstate="firing"}'
        poll("the alert for both", lambda: {*_SHUT} == {one["metric"]["job"] for one in stack.query(firing)})
        assert {1.0} == {stack.value(f'up{{job="{job}"}}') for job in _SHUT}
        found = {one.what: one.says for one in doctor.parts(stack.config, State(tmp_path, kind="native"))}
        assert {*_SHUT} == {name for name, says in found.items() if says.startswith("is not ready: 503")}
