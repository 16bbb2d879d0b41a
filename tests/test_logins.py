"""Stores elsewhere that want to know who asks: programs and commands know where the secret is, and no file has it."""

import base64
import stat
from pathlib import Path
from typing import Any

import pytest

import yamls
from pipecat_lgtm.config import Config, load, load_default
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import access, preflight
from pipecat_lgtm.ops.alerts import server
from rendered import LOGINS, files

SECRET = "s3cr3t-of-the-store"  # noqa: S105 - of this test


def _collector(kind: Any = "compose") -> dict[str, Any]:  # noqa: ANN401
    found: dict[str, Any] = yamls.load(files(LOGINS, kind)["collector/config.yaml"])
    return found


def test_collector() -> None:
    """The collector shows each store its own token and tenant, and trusts the authority that is named for it."""
    found = _collector()
    tempo, loki = found["exporters"]["otlp_grpc/tempo"], found["exporters"]["otlp_http/loki"]

    assert {"authenticator": "bearertokenauth/tempo"} == tempo["auth"]
    assert {"X-Scope-OrgID": "voice"} == tempo["headers"]
    assert {"insecure": False} == tempo["tls"]
    assert {"authenticator": "bearertokenauth/loki"} == loki["auth"]
    assert {"ca_file": "/run/secrets/loki_ca"} == loki["tls"]
    assert {"token": "${env:TEMPO_TOKEN}"} == found["extensions"]["bearertokenauth/tempo"]
    assert {"filename": "/run/secrets/loki_token"} == found["extensions"]["bearertokenauth/loki"]
    assert {"bearertokenauth/tempo", "bearertokenauth/loki"} <= set(found["service"]["extensions"])
    assert {"filename": "/srv/secrets/loki-token"} == _collector("native")["extensions"]["bearertokenauth/loki"]


def test_remote_write() -> None:
    """Prometheus reads the password from a file, and names the tenant."""
    (found,) = yamls.load(files(LOGINS)["prometheus/prometheus.yml"])["remote_write"]

    assert {
        "url": "https://metrics.example.com/api/v1/push",
        "basic_auth": {"username": "wri$ter", "password_file": "/run/secrets/prometheus_password"},
        "tls_config": {"ca_file": "/run/secrets/prometheus_ca"},
        "headers": {"X-Scope-OrgID": "voice"},
        "send_exemplars": True,
    } == found


def test_datasources() -> None:
    """Grafana puts secrets in when it starts, from the file or variable; a variable of its own is written once."""
    sources = yamls.load(files(LOGINS)["grafana/provisioning/datasources/pipecat.yaml"])["datasources"]
    prometheus, tempo, loki, _ = sources

    assert (True, "wri$$ter") == (prometheus["basicAuth"], prometheus["basicAuthUser"])
    assert {
        "basicAuthPassword": "$__file{/run/secrets/prometheus_password}",
        "httpHeaderValue1": "voice",
        "tlsCACert": "$__file{/run/secrets/prometheus_ca}",
    } == prometheus["secureJsonData"]
    assert {"httpHeaderName1": "X-Scope-OrgID", "tlsAuthWithCACert": True}.items() <= prometheus["jsonData"].items()
    assert {"httpHeaderValue1": "Bearer $TEMPO_TOKEN", "httpHeaderValue2": "voice"} == tempo["secureJsonData"]
    assert {"httpHeaderName1": "Authorization", "httpHeaderName2": "X-Scope-OrgID"}.items() <= tempo["jsonData"].items()
    assert {
        "httpHeaderValue1": "Bearer $__file{/run/secrets/loki_token}",
        "tlsCACert": "$__file{/run/secrets/loki_ca}",
    } == loki["secureJsonData"]
    assert "exemplarTraceIdDestinations" in prometheus["jsonData"]


def test_without_logins() -> None:
    """Nothing of it is in a stack that runs its own stores."""
    text = "\n".join(text for path, text in files().items() if not path.startswith(("docs/", "grafana/dashboards/")))

    assert [] == [one for one in ("basicauth/", "secureJsonData", "X-Scope-OrgID", "/run/secrets") if one in text]


def test_compose() -> None:
    """Each container has the secrets that it shows, and no other."""
    made = yamls.load(files(LOGINS)["docker-compose.yml"])
    places = {"prometheus_password", "prometheus_ca", "loki_token", "loki_ca"}

    assert places == set(made["secrets"])
    assert {
        "collector": {"loki_token", "loki_ca"},
        "prometheus": {"prometheus_password", "prometheus_ca"},
        "grafana": places,
    } == {name: set(one["secrets"]) for name, one in made["services"].items() if "secrets" in one}
    required = "${TEMPO_TOKEN:?set it for stores.tempo.login.token_variable in stack.yaml}"
    assert {"collector", "grafana"} == {
        name for name, one in made["services"].items() if one.get("environment", {}).get("TEMPO_TOKEN") == required
    }


def _config(tmp_path: Path, login: str, secret: str = SECRET) -> Config:
    (tmp_path / "secret").write_text(secret)
    file = tmp_path / "stack.yaml"
    file.write_text(
        f'stores: {{loki: {{url: "https://loki.example.com", login: {{{login.format(tmp_path / "secret")}}}}}}}'
    )
    return load(file).config


@pytest.mark.parametrize(
    ("login", "shown"),
    [
        ("token_file: {}", f"Bearer {SECRET}"),
        ("token_variable: THE_TOKEN", f"Bearer {SECRET}"),
        ("username: mé, password_file: {}", ""),
        ("username: me, password_file: {}", f"Basic {base64.b64encode(f'me:{SECRET}'.encode()).decode()}"),
        (
            "username: me, password_variable: THE_TOKEN",
            f"Basic {base64.b64encode(f'me:{SECRET}'.encode()).decode()}",
        ),
    ],
)
def test_access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, login: str, shown: str) -> None:
    """Our own commands show the secret of the file or variable as it is now, without the end of its line."""
    monkeypatch.setenv("THE_TOKEN", SECRET)
    if not shown:
        with pytest.raises(Exception, match=r"stores\.loki\.login\.username: give the name of a user"):
            _config(tmp_path, login)
        return
    found = access.of(_config(tmp_path, f"{login}, tenant: voice", f"{SECRET}\n"), "loki")

    assert {"Authorization": shown, "X-Scope-OrgID": "voice"} == found.headers
    assert SECRET not in repr(found)
    assert shown not in repr(found)


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        (f"{SECRET}\nsecond line", "holds more than one line"),
        (f"{SECRET}\x00", "what cannot be printed"),
    ],
)
def test_no_secret(tmp_path: Path, secret: str, said: str) -> None:
    """A file that holds no secret that can be shown is refused before anything is sent, and is not repeated."""
    config = _config(tmp_path, "token_file: {}", secret)
    with pytest.raises(CheckFailed, match=said) as caught:
        access.of(config, "loki")
    assert SECRET not in str(caught.value)

    found = list(preflight.secrets(config, ["collector", "grafana"]))
    assert found
    assert SECRET not in str(found)


def test_places_without_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not there, a variable that is not set and a certificate that is none are named with their keys."""
    monkeypatch.delenv("NOT_SET", raising=False)
    gone = _config(tmp_path, "token_file: /nowhere/token")
    unset = _config(tmp_path, "token_variable: NOT_SET")
    no_certificate = _config(tmp_path, "ca_file: {}")

    for config, said in (
        (gone, "stores.loki.login.token_file: /nowhere/token: No such file or directory"),
        (unset, "stores.loki.login: the environment variable NOT_SET is not set"),
        (no_certificate, f"stores.loki.login.ca_file: {tmp_path}/secret: holds no certificate"),
    ):
        with pytest.raises(CheckFailed) as caught:
            access.of(config, "loki")
        assert said == caught.value.message
    assert ("stores.loki.login.token_variable: the environment variable NOT_SET is not set", "`export NOT_SET=…`") in (
        list(preflight.secrets(unset, ["collector"]))
    )


def test_a_dollar_in_a_file(tmp_path: Path) -> None:
    """Grafana takes a dollar in a file for a variable: `up --docker` says so; natively no Grafana runs."""
    config = _config(tmp_path, "token_file: {}", "pa$word")

    ((said, _),) = preflight.secrets(config, ["collector", "grafana"])
    assert said.endswith("holds a $, which Grafana takes for the begin of a variable")
    assert [] == list(preflight.secrets(config, ["collector"]))


def test_a_login_is_shown_to_no_other() -> None:
    """The configured login goes to the configured address; a Prometheus that is named gets nothing of it."""
    config = load(LOGINS).config

    with pytest.raises(CheckFailed, match=r"stores\.prometheus\.login\.password_file: /srv/secrets/metrics-password"):
        server(config)
    with pytest.raises(CheckFailed, match=r"stores\.prometheus\.login\.password_file"):
        server(config, "https://metrics.example.com/")
    assert "http://other.example.com" == server(config, "http://other.example.com/").url
    assert server(load_default()).url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(("mode", "unreadable"), [(0o440, True), (0o444, False)])
def test_readable_by_grafana(tmp_path: Path, mode: int, *, unreadable: bool) -> None:
    """A file for the collector and for Grafana is readable by everybody, or by Grafana's group 0."""
    file = tmp_path / "secret"
    file.touch()
    file.chmod(mode)
    group = file.stat().st_gid

    assert unreadable == preflight.unreadable_by((472, group + 1), file)
    assert not preflight.unreadable_by((472, group), file)
    assert file.stat().st_mode & stat.S_IRGRP
