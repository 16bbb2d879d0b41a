"""Dashboards into somebody's Grafana: what is sent, and what is left alone."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from fake_grafana import TOKEN, FakeGrafana, serving
from pipecat_lgtm import cli
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.deploy.dashboards import mapped
from pipecat_lgtm.ops.deploy.grafana import Datasource

ONE_EACH = [
    ("prom-1", "Metrics", "prometheus", True),
    ("tempo-1", "Traces", "tempo", False),
    ("loki-1", "Logs", "loki", False),
]


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    """A running Grafana with one datasource of each type."""
    with serving(FakeGrafana(ONE_EACH)) as running:
        yield running


def _deploy(grafana: FakeGrafana, *options: str, token: str = TOKEN) -> Result:
    command = ["deploy", "dashboards", "--url", grafana.url, *options]
    return CliRunner().invoke(cli.app, command, env={"GRAFANA_TOKEN": token})


def test_first_deploy(grafana: FakeGrafana) -> None:
    """All dashboards are made in a folder of their own, standing on that Grafana's datasources."""
    done = _deploy(grafana)

    assert 0 == done.exit_code, done.output
    assert {"folder-1": "Pipecat"} == grafana.folders
    assert set(DASHBOARDS) == set(grafana.saved)
    core = grafana.saved["pipecat-core"][-1]
    stores = {
        one["query"]: one["current"] for one in core["dashboard"]["templating"]["list"] if one["type"] == "datasource"
    }
    assert {"prometheus": "prom-1", "tempo": "tempo-1", "loki": "loki-1"} == {
        store: current["value"] for store, current in stores.items()
    }
    assert core["message"].startswith("pipecat-lgtm deploy ")


def test_second_deploy_changes_nothing(grafana: FakeGrafana) -> None:
    """Deploying the same again saves nothing."""
    _deploy(grafana)
    again = _deploy(grafana)

    assert 0 == again.exit_code
    assert {2} == {len(versions) for versions in grafana.saved.values()}
    assert again.output.count("unchanged") == len(DASHBOARDS)


def test_ours_is_updated(grafana: FakeGrafana) -> None:
    """An older version that we saved is replaced, on top of the very version that was looked at."""
    _deploy(grafana, "--dashboard", "pipecat-core")
    grafana.edit("pipecat-core", "an older title", "pipecat-lgtm deploy 0.0.1")
    done = _deploy(grafana, "--dashboard", "pipecat-core")

    assert 0 == done.exit_code
    assert "update      pipecat-core" in done.output
    assert ["Pipecat: core", "Pipecat: core", "an older title", "Pipecat: core"] == [
        one["dashboard"]["title"] for one in grafana.saved["pipecat-core"]
    ]


def test_a_persons_change_is_left_alone(grafana: FakeGrafana) -> None:
    """A dashboard that a person changed is not overwritten, and it is said who changed it; others are deployed."""
    _deploy(grafana)
    grafana.edit("pipecat-core", "Our own core")
    done = _deploy(grafana)

    assert 3 == done.exit_code
    assert "left alone  pipecat-core  saved by anna" in done.output
    assert "Our own core" == grafana.saved["pipecat-core"][-1]["dashboard"]["title"]
    assert 3 == len(grafana.saved["pipecat-core"])


def test_overwrite(grafana: FakeGrafana) -> None:
    """With --overwrite it is replaced, and that is said too."""
    _deploy(grafana)
    grafana.edit("pipecat-core", "Our own core")
    done = _deploy(grafana, "--overwrite")

    assert 0 == done.exit_code
    assert "replace     pipecat-core  saved by anna" in done.output
    assert "Pipecat: core" == grafana.saved["pipecat-core"][-1]["dashboard"]["title"]


def test_dry_run(grafana: FakeGrafana) -> None:
    """A dry run saves nothing, makes no folder, shows the difference and says so by its exit code."""
    first = _deploy(grafana, "--dry-run")
    assert (3, {}, {}) == (first.exit_code, grafana.folders, grafana.saved)

    _deploy(grafana)
    assert 0 == _deploy(grafana, "--dry-run").exit_code

    grafana.edit("pipecat-core", "Our own core")
    shown = _deploy(grafana, "--dry-run", "--dashboard", "pipecat-core")
    assert 3 == shown.exit_code
    assert '-  "title": "Our own core",' in shown.output
    assert '+  "title": "Pipecat: core",' in shown.output


def test_provisioned_is_named(grafana: FakeGrafana) -> None:
    """A dashboard that comes from Grafana's own files cannot be saved, and is not tried."""
    _deploy(grafana)
    grafana.edit("pipecat-core", "from a file")
    grafana.provisioned.add("pipecat-core")
    done = _deploy(grafana, "--overwrite")

    assert "provisioned pipecat-core" in done.output
    assert 3 == len(grafana.saved["pipecat-core"])


def test_remove(grafana: FakeGrafana) -> None:
    """What was deployed is taken away again; what a person changed stays, and so does the folder."""
    _deploy(grafana)
    grafana.edit("pipecat-core", "Our own core")
    dry = _deploy(grafana, "--remove", "--dry-run")
    assert (3, set(DASHBOARDS)) == (dry.exit_code, set(grafana.saved))

    done = _deploy(grafana, "--remove")
    assert 3 == done.exit_code
    assert "left alone  pipecat-core  saved by anna" in done.output
    assert len(DASHBOARDS) - 1 == done.output.count("remove ")
    assert ({"folder-1": "Pipecat"}, {"pipecat-core"}) == (grafana.folders, set(grafana.saved))

    rest = _deploy(grafana, "--remove", "--overwrite")
    assert (0, {}) == (rest.exit_code, grafana.saved)
    assert "remove      pipecat-core  saved by anna" in rest.output
    assert len(DASHBOARDS) - 1 == rest.output.count("absent ")
    assert 0 == _deploy(grafana, "--remove", "--dry-run").exit_code


def test_wrong_token(grafana: FakeGrafana) -> None:
    """A token that is refused is an error with its remedy; nothing is saved."""
    done = _deploy(grafana, token="wrong")  # noqa: S106 - it is wrong

    assert isinstance(done.exception, CheckFailed)
    assert "401: Invalid API key" in done.exception.message
    assert "service account" in done.exception.hint
    assert {} == grafana.saved


SOURCES = [Datasource(*one) for one in ONE_EACH]
SECOND = Datasource("prom-2", "Old metrics", "prometheus", default=False)


@pytest.mark.parametrize(
    ("found", "wanted", "chosen"),
    [
        pytest.param(SOURCES, {}, "prom-1", id="the only one"),
        pytest.param([*SOURCES, SECOND], {}, "prom-1", id="the default of several"),
        pytest.param([*SOURCES, SECOND], {"prometheus": "prom-2"}, "prom-2", id="by uid"),
        pytest.param([*SOURCES, SECOND], {"prometheus": "Old metrics"}, "prom-2", id="by name"),
    ],
)
def test_mapping(found: list[Datasource], wanted: dict[str, str], chosen: str) -> None:
    """The datasource of a store is the one named, the only one, or the default one."""
    assert chosen == mapped(found, wanted)["prometheus"].uid


@pytest.mark.parametrize(
    ("found", "wanted", "message"),
    [
        pytest.param(SOURCES[:2], {}, "which loki datasource? there are: none", id="none"),
        pytest.param(
            [*SOURCES, Datasource("tempo-2", "More", "tempo", default=False)],
            {},
            "which tempo datasource? there are: tempo-1 (Traces), tempo-2 (More)",
            id="several, none default",
        ),
        pytest.param(SOURCES, {"loki": "x"}, "--datasource loki=x: there is no such loki datasource", id="unknown"),
    ],
)
def test_mapping_refused(found: list[Datasource], wanted: dict[str, str], message: str) -> None:
    """Where it is unclear which datasource is meant, the user is asked, with what there is."""
    with pytest.raises(CheckFailed) as caught:
        mapped(found, wanted)

    assert message == caught.value.message
