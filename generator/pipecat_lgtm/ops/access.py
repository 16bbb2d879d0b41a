"""What our own commands show to a store: the login of one elsewhere, read when it is needed."""

import base64
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.stores import Login
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.renderers import logins


@dataclass(frozen=True)
class Access:
    """What goes with a request.

    Args:
        headers: to send; a secret among them is not shown.
        trusted: a certificate that is trusted instead of the usual authorities.
    """

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    trusted: Path | None = None


NONE = Access()
"""Of a store that asks nobody who they are."""


def of(config: Config, store: str) -> Access:
    """Return what opens a store: prometheus, tempo or loki.

    Raises:
        CheckFailed: a file or variable of its login holds nothing that can be shown.
    """
    given, key = logins.login(config, store), f"stores.{store}.login"
    headers: dict[str, str] = {}
    if given.has_password:
        pair = f"{given.username}:{_secret(given, 'password', key)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    if given.has_token:
        headers["Authorization"] = f"Bearer {_secret(given, 'token', key)}"
    if given.tenant is not None:
        headers[logins.TENANT] = given.tenant
    if given.ca_file is not None:
        _require_certificate(given.ca_file, f"{key}.ca_file")
    return Access(headers, given.ca_file)


def bearer(file: Path) -> Access:
    """Return what shows the token of a file.

    Raises:
        CheckFailed: it holds none.
    """
    return Access({"Authorization": f"Bearer {_read(file, str(file))}"})


def fault_of(text: str, *, is_expanded: bool = False) -> str:
    """Return what is wrong with a secret, without repeating it; nothing if it can be shown.

    Args:
        text: the secret.
        is_expanded: it is in a file that Grafana reads, which takes a dollar for the begin of a variable.
    """
    if not text:
        return "is empty"
    if not text.isprintable():
        return "holds more than one line, or what cannot be printed"
    if is_expanded and "$" in text:
        return "holds a $, which Grafana takes for the begin of a variable"
    return ""


def _secret(given: Login, what: str, key: str) -> str:
    variable, file = getattr(given, f"{what}_variable"), getattr(given, f"{what}_file")
    if variable is None:
        return _read(file, f"{key}.{what}_file: {file}")
    if variable not in os.environ:
        raise CheckFailed(f"{key}: the environment variable {variable} is not set", f"`export {variable}=…`")
    return _checked(os.environ[variable].strip(), f"{key}: the environment variable {variable}")


def _read(file: Path, where: str) -> str:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise CheckFailed(f"{where}: {error.strerror}", "make it, or let this user read it") from error
    except UnicodeDecodeError:
        raise CheckFailed(f"{where}: is no text", "write the secret alone into it, in UTF-8") from None
    return _checked(text.strip(), where)


def _checked(text: str, where: str) -> str:
    if fault := fault_of(text):
        raise CheckFailed(f"{where}: {fault}", "write the secret alone into it, on one line")
    return text


def _require_certificate(file: Path, where: str) -> None:
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:  # also what OpenSSL says of a file that is none
        said = "holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise CheckFailed(f"{where}: {file}: {said}", "give the PEM file of the authority") from error
