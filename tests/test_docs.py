"""Documents that people write stay true: links, commands, targets, sections, examples."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import yamls
from pipecat_lgtm import cli
from pipecat_lgtm.config import load
from pipecat_lgtm.config.load import shipped_path
from pipecat_lgtm.errors import ConfigError

REPOSITORY = Path(__file__).parents[1]
DOCUMENTS = {
    name: REPOSITORY / name
    for name in subprocess.run(
        ["git", "-C", str(REPOSITORY), "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
}
WRITTEN = {name: path.read_text() for name, path in DOCUMENTS.items() if path.is_file()}
ALL = "\n".join(WRITTEN.values())
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", WRITTEN)
def test_links_resolve(name: str) -> None:
    """Every link to a file of this repository, and to a heading in it, leads somewhere."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _FENCE.sub("", WRITTEN[name])):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (DOCUMENTS[name].parent / path).resolve() if path else DOCUMENTS[name]

        assert file.exists(), target
        assert not anchor or anchor in _anchors(file.read_text()), target


def _commands() -> Iterator[tuple[str, Any]]:
    def walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - typer's own classes
        if children := getattr(command, "commands", None):
            for name, child in children.items():
                yield from walk(child, f"{path} {name}")
        else:
            yield path, command

    yield from walk(typer.main.get_command(cli.app), "pipecat-lgtm")


COMMANDS = dict(_commands())


@pytest.mark.parametrize("path", COMMANDS)
def test_command_has_help_and_example(path: str) -> None:
    """Every command says in a sentence what it does, with an example; every option and argument says what it is."""
    command = COMMANDS[path]

    assert command.help
    assert re.search(rf"`[^`]*{re.escape(path)}[^`]*`", command.help)
    assert [] == [one.name for one in command.params if one.name != "help" and not getattr(one, "help", "")]


@pytest.mark.parametrize("path", COMMANDS)
def test_command_is_documented(path: str) -> None:
    """Every command is in a document that people write, not only in its own help."""
    assert re.search(rf"`?{re.escape(path)}\b", ALL)


def test_documented_commands_exist() -> None:
    """No document names a command that does not exist."""
    known = {*COMMANDS, *(path.rpartition(" ")[0] for path in COMMANDS)}
    named = re.findall(r"(?:^|`)(pipecat-lgtm [a-z]+(?: [a-z]+)?)", ALL, re.MULTILINE)

    assert [] == [text for text in named if text not in known and text.rpartition(" ")[0] not in COMMANDS]


def test_make_targets_exist() -> None:
    """Every `make` target that a document names is in the Makefile, which explains each, and there are few."""
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))

    assert set() == set(re.findall(r"(?:^|`)make ([a-z]+)", ALL, re.MULTILINE)) - targets
    assert set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split()) == targets
    assert len(targets) <= 12


def test_every_section_is_described() -> None:
    """docs/config.md describes every section of stack.yaml, and no other."""
    table = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", WRITTEN["docs/config.md"], re.MULTILINE)
    described = {name.strip("` ") for row in table for name in row.split(",")}

    assert set(yamls.load(shipped_path().read_text())) == described


@pytest.mark.parametrize("recipe", [text for kind, text in _FENCE.findall(WRITTEN["docs/config.md"]) if kind == "yaml"])
def test_recipes_load(recipe: str, tmp_path: Path) -> None:
    """Every recipe of docs/config.md is a config that is accepted."""
    file = tmp_path / "stack.yaml"
    file.write_text(recipe)

    assert load(file).config


def test_shown_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error that docs/config.md shows is the one that is printed."""
    monkeypatch.chdir(tmp_path)
    Path("stack.yaml").write_text("network:\n  ports:\n    otlp_gprc: 14317\n")
    with pytest.raises(ConfigError) as caught:
        load(Path("stack.yaml"))

    assert f"error {caught.value.message}\n  next {caught.value.hint[:25]}" in WRITTEN["docs/config.md"]


def test_changelog() -> None:
    """The changelog has an Unreleased part, and only the headings that Keep a Changelog knows."""
    text = WRITTEN["CHANGELOG.md"]
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

    assert "## Unreleased\n" in text
    assert set() == set(re.findall(r"^### (.+)$", text, re.MULTILINE)) - kinds
