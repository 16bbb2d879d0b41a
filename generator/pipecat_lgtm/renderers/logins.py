"""What opens a store elsewhere, in the words of each program that asks it: a secret's place, and never the secret."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.stores import Login
from pipecat_lgtm.renderers.placement import Placement

TENANT = "X-Scope-OrgID"
READ_BY = {
    "collector": ("tempo", "loki"),
    "prometheus": ("prometheus",),
    "grafana": ("prometheus", "tempo", "loki"),
}
"""Which stores' logins a program shows."""
_FILES = ("password_file", "token_file", "ca_file")
_VARIABLES = ("password_variable", "token_variable")


def login(config: Config, store: str) -> Login:
    """Return the login of a store: prometheus, tempo or loki."""
    found: Login = getattr(config.stores, store).login
    return found


def files(config: Config, program: str) -> dict[str, Path]:
    """Return the files of the logins that a program shows, by the names under which a container has them."""
    return {
        _mounted(store, key): path
        for store in READ_BY.get(program, ())
        for key in _FILES
        if (path := getattr(login(config, store), key)) is not None
    }


def variables(config: Config, program: str) -> dict[str, str]:
    """Return the environment variables with secrets of logins that a program reads, and the key that names each."""
    return {
        name: f"stores.{store}.login.{key}"
        for store in READ_BY.get(program, ())
        for key in _VARIABLES
        if (name := getattr(login(config, store), key)) is not None
    }


def collector(config: Config, placement: Placement, store: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what an exporter of the collector needs besides its address, and the extension that it names."""
    given, place = login(config, store), _places(config, placement, store)
    more: dict[str, Any] = {}
    extensions: dict[str, Any] = {}
    if given.has_password:
        name = f"basicauth/{store}"
        user = str(given.username).replace("$", "$$")  # else the collector looks for a variable
        extensions[name] = {"client_auth": {"username": user, **_one("password", given, place)}}
        more["auth"] = {"authenticator": name}
    if given.has_token:
        name = f"bearertokenauth/{store}"
        kept = _one("token", given, place)
        extensions[name] = {"filename": kept["token_file"]} if "token_file" in kept else kept
        more["auth"] = {"authenticator": name}
    if given.tenant is not None:
        more["headers"] = {TENANT: given.tenant}
    if given.ca_file is not None:
        more["tls"] = {"ca_file": place("ca_file")}
    return more, extensions


def remote_write(config: Config, placement: Placement) -> dict[str, Any]:
    """Return what Prometheus' remote write needs besides its address."""
    given, place = login(config, "prometheus"), _places(config, placement, "prometheus")
    made: dict[str, Any] = {}
    if given.has_password:
        made["basic_auth"] = {"username": given.username, "password_file": place("password_file")}
    if given.has_token:
        made["authorization"] = {"credentials_file": place("token_file")}
    if given.ca_file is not None:
        made["tls_config"] = {"ca_file": place("ca_file")}
    if given.tenant is not None:
        made["headers"] = {TENANT: given.tenant}
    return made


def datasource(config: Config, placement: Placement, store: str) -> dict[str, Any]:
    """Return what a data source of Grafana needs besides its address; Grafana puts the secrets in when it starts."""
    given, place = login(config, store), _places(config, placement, store)
    made: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}

    def secret(what: str) -> str:
        variable = getattr(given, f"{what}_variable")
        # Of a variable in braces Grafana expands the value once more.
        return f"${variable}" if variable else f"$__file{{{place(f'{what}_file')}}}"

    if given.has_password:
        made |= {"basicAuth": True, "basicAuthUser": str(given.username).replace("$", "$$")}
        secrets["basicAuthPassword"] = secret("password")
    headers = {"Authorization": f"Bearer {secret('token')}"} if given.has_token else {}
    headers |= {TENANT: given.tenant} if given.tenant is not None else {}
    for number, (name, value) in enumerate(headers.items(), start=1):
        settings[f"httpHeaderName{number}"] = name
        secrets[f"httpHeaderValue{number}"] = value
    if given.ca_file is not None:
        settings["tlsAuthWithCACert"] = True
        secrets["tlsCACert"] = f"$__file{{{place('ca_file')}}}"
    return made | ({"jsonData": settings} if settings else {}) | ({"secureJsonData": secrets} if secrets else {})


def _one(what: str, given: Login, place: Callable[[str], str]) -> dict[str, str]:
    variable = getattr(given, f"{what}_variable")
    return {what: f"${{env:{variable}}}"} if variable else {f"{what}_file": place(f"{what}_file")}


def _mounted(store: str, key: str) -> str:
    return f"{store}_{key.removesuffix('_file')}"


def _places(config: Config, placement: Placement, store: str) -> Callable[[str], str]:
    """Return where a program finds a file of a login: mounted in a container, the user's path natively."""

    def place(key: str) -> str:
        if placement.kind == "compose":
            return f"/run/secrets/{_mounted(store, key)}"
        return str(getattr(login(config, store), key))

    return place
