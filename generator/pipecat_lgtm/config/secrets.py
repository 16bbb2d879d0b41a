"""Values that are secrets, or name where one is: what is wrong with them is said without repeating them."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, HttpUrl
from pydantic_core import PydanticCustomError

SHORTEST_TOKEN = 20
"""Characters; of `openssl rand -hex 32` there are 64."""

_BYTE_ORDER_MARK = "\ufeff"
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
_USER = r"[!#-&(-9;-~]+"
_SECRET_PARAMETER = re.compile(
    r"(?:^|[&;])[^=&;]*(?:token|secret|passw|pwd|api[-_]?key|signature)[^=&;]*=", re.IGNORECASE
)


def _secret(text: str) -> PydanticCustomError:
    # Not a ValueError: that one would be shown with the value, which may be a secret.
    return PydanticCustomError("secret", text)


def _absolute(value: Any) -> Any:  # noqa: ANN401 - as in the file
    if not isinstance(value, str | Path) or not Path(value).is_absolute():
        raise _secret("give the absolute path of a file that holds the secret, not the secret")
    return value


def _variable_name(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(_VARIABLE, value):
        raise _secret("give the NAME of the environment variable that holds it, not the value")
    return value


def _user(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(_USER, value):
        raise _secret("give the name of a user alone, without spaces, quotes or a colon, which would begin a password")
    return value


def without_password(value: object) -> object:
    """Refuse before it is read as an address: what is none would be repeated with the password in it."""
    text = str(value)
    authority = text.split("://", 1)[-1].split("/", 1)[0]
    if "@" in authority or "@" in text.split("?", 1)[0].rsplit("/", 1)[0]:
        raise _secret("holds a user or password; rendered files are read by many: give it by a file or a variable")
    if _SECRET_PARAMETER.search(text.partition("?")[2]):
        raise _secret("holds a secret after the ?; rendered files are read by many: give it by a file or a variable")
    return value


SecretFile = Annotated[Path, BeforeValidator(_absolute)]
VariableName = Annotated[str, Field(pattern=f"^{_VARIABLE}$"), BeforeValidator(_variable_name)]
Username = Annotated[str, Field(pattern=f"^{_USER}$"), BeforeValidator(_user)]
Address = Annotated[HttpUrl, BeforeValidator(without_password)]
"""Of HTTP; without a password."""
Host = Annotated[str, BeforeValidator(without_password)]
"""Of another protocol, with its port, or an origin; without a password."""


def tokens(text: str) -> list[str]:
    """Return the tokens of a token file, one a line.

    Raises:
        ValueError: a line that is no token, by its number: the program that reads the file takes each for one.
    """
    if text.startswith(_BYTE_ORDER_MARK):
        raise ValueError("begins with a byte order mark, which would be taken for a part of the token")
    if not text.strip():
        raise ValueError("holds no token")
    # As the collector reads lines: form feeds and the like end none.
    lines = text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise ValueError(f"line {number} is blank")
        if line.endswith("\r"):
            raise ValueError(f"line {number} ends as on Windows (CRLF)")
        if line.lstrip().startswith(("#", "//", ";")):
            raise ValueError(f"line {number} is a comment, and would be taken for a token")
        if line != line.strip() or len(line.split()) > 1:
            raise ValueError(f"line {number} has spaces: what is behind them is not read")
        if not (line.isascii() and line.isprintable()):
            raise ValueError(f"line {number} has characters that a header cannot carry")
        if len(line) < SHORTEST_TOKEN:
            raise ValueError(f"line {number} is shorter than {SHORTEST_TOKEN} characters, and can be guessed")
    return lines
