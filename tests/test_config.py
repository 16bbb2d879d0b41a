import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from pipecat_lgtm.config import Config, Loaded, load, load_default
from pipecat_lgtm.config.load import shipped_path
from pipecat_lgtm.config.versions import KNOWN
from pipecat_lgtm.errors import ConfigError, OutputError
from pipecat_lgtm.ops import settings

CONFIGS = Path(__file__).parent / "configs"
BAD = sorted(CONFIGS.glob("*.bad.yaml"))


def _load(tmp_path: Path, text: str) -> Loaded:
    file = tmp_path / "stack.yaml"
    file.write_text(text)
    return load(file)


def _changed(config: Config) -> dict[str, Any]:
    """Return the sections in which a config differs from the shipped one."""
    shipped = load_default().model_dump()
    return {name: section for name, section in config.model_dump().items() if section != shipped[name]}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name.removesuffix(".bad.yaml"))
def test_bad(path: Path) -> None:
    """A bad config is refused with exactly the message beside it: where, which key, what is wrong, what to do."""
    with pytest.raises(ConfigError) as caught:
        load(path)

    said = f"{caught.value.message}\nnext: {caught.value.hint}\n".replace(f"{CONFIGS}/", "")
    assert path.with_suffix(".txt").read_text() == said


def test_every_message_has_its_config() -> None:
    """No expected message is left over from a config that is gone, and there are many."""
    assert {path.with_suffix(".txt") for path in BAD} == set(CONFIGS.glob("*.bad.txt"))
    assert len(BAD) >= 60


def test_missing_file(tmp_path: Path) -> None:
    """A config that is not there is named, with the way to make one."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "stack.yaml")

    assert (
        f"{tmp_path}/stack.yaml: No such file or directory\n"
        "  next: give the path of a stack.yaml, or make one with `pipecat-lgtm init DIR`"
    ) == str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "services: {}\nthresholds: {}\n"])
def test_empty(tmp_path: Path, text: str) -> None:
    """A file that changes nothing is the shipped config."""
    assert load_default() == _load(tmp_path, text).config


def test_frozen() -> None:
    """A config cannot be changed after it was loaded."""
    with pytest.raises(ValidationError, match="frozen"):
        load_default().network.ports.grafana = 1  # type: ignore[misc]


def test_partial_file(tmp_path: Path) -> None:
    """A file of one key changes that key and nothing else."""
    config = _load(tmp_path, "network: {ports: {grafana: 3001}}").config
    expected = load_default().model_dump()["network"]
    expected["ports"]["grafana"] = 3001

    assert {"network": expected} == _changed(config)


def test_override(tmp_path: Path) -> None:
    """A bound given under `thresholds` wins over the preset; the others stay the preset's."""
    config = _load(tmp_path, "thresholds: {ttfw: {p95: {critical: 1500 ms}}}").config

    assert [0.8, 0.8, 1.5] == config.thresholds.ttfw.p95.values()
    assert load_default().thresholds.e2e == config.thresholds.e2e


def test_bound_taken_away(tmp_path: Path) -> None:
    """A bound set to null is no bound any more."""
    config = _load(tmp_path, "thresholds: {error_ratio: {critical: null}}").config

    assert [0.005, 0.01] == config.thresholds.error_ratio.values()


def test_other_preset(tmp_path: Path) -> None:
    """Choosing a preset takes all its bounds."""
    config = _load(tmp_path, "thresholds: {preset: tolerant}").config
    tolerant = config.presets["tolerant"].model_dump(exclude={"source", "date"})

    assert tolerant == config.thresholds.model_dump(include=set(tolerant))
    assert 7.0 == config.thresholds.ttfw.p95.critical


def test_own_preset(tmp_path: Path) -> None:
    """A preset of one's own stands beside the shipped ones and can be chosen, with overrides over it."""
    shipped = yaml.safe_load(shipped_path().read_text())["presets"]["tolerant"]
    ours = {**shipped, "source": "our own calls", "silence": {"warning": "8 s"}}
    text = json.dumps(
        {"presets": {"ours": ours}, "thresholds": {"preset": "ours", "stt_ttfb": {"p95": {"warning": "2 s"}}}}
    )
    config = _load(tmp_path, text).config

    assert ["hamming-2026-02", "tolerant", "ours"] == list(config.presets)
    assert (8.0, 2.0) == (config.thresholds.silence.warning, config.thresholds.stage("stt").warning)


def test_list_is_replaced(tmp_path: Path) -> None:
    """A list of the user's replaces the shipped one, it is not appended."""
    assert (1.0, 2.0) == _load(tmp_path, "histograms: {latency: [1 s, 2 s]}").config.histograms.latency


def test_open_with_auth(tmp_path: Path) -> None:
    """A non-loopback address is accepted once bots must show a token."""
    config = _load(tmp_path, "network: {address: 0.0.0.0, auth: {token_file: /etc/tokens}}").config

    assert ("0.0.0.0", Path("/etc/tokens")) == (str(config.network.address), config.network.auth.token_file)


def test_origins(tmp_path: Path) -> None:
    """`config show` says of each value whether it is the user's, the preset's or the shipped one, and the line."""
    text = "thresholds:\n  ttfw:\n    p95: {critical: 1500 ms}\nretention: {logs: 14 d}\n"
    loaded = _load(tmp_path, text)
    rows = {key: (value, origin) for key, value, origin in settings.rows(loaded)}
    mine = tmp_path / "stack.yaml"

    assert ('"1500 ms"', f"{mine}:3") == rows["thresholds.ttfw.p95.critical"]
    assert ('"800 ms"', "preset hamming-2026-02") == rows["thresholds.ttfw.p95.warning"]
    assert ('"14 d"', f"{mine}:4") == rows["retention.logs"]
    assert rows["retention.traces"][1].startswith("shipped stack.yaml:")
    assert not [key for key in rows if key.startswith("presets.")]


def test_every_value_has_an_origin() -> None:
    """No value in force is missing from `config show`."""
    loaded = load(None)
    shown = {key for key, _, _ in settings.rows(loaded)}

    def leaves(data: dict[str, Any], path: str = "") -> set[str]:
        found: set[str] = set()
        for key, value in data.items():
            found |= leaves(value, f"{path}{key}.") if isinstance(value, dict) else {path + key}
        return found

    assert leaves({key: value for key, value in loaded.values.items() if key != "presets"}) == shown


SCHEMA = json.loads(settings.schema())


def test_schema_is_valid() -> None:
    """`config schema` is a JSON Schema by its own metaschema."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_shipped_config_has_the_schema() -> None:
    """The shipped stack.yaml is valid by the printed schema, whole and section by section."""
    shipped = yaml.safe_load(shipped_path().read_text())
    validator = jsonschema.Draft202012Validator(SCHEMA)

    assert [] == list(validator.iter_errors(shipped))
    assert [] == [error for key, value in shipped.items() for error in validator.iter_errors({key: value})]


@pytest.mark.parametrize(
    "name",
    [
        "unknown_section",
        "unknown_key",
        "unknown_bound",
        "no_unit",
        "wrong_unit",
        "percent_missing",
        "section_is_list",
        "port_too_high",
        "port_is_text",
        "content_mode",
        "exporter_unknown_key",
        "exporter_literal_secret",
        "version_is_number",
        "buckets_empty",
        "buckets_not_a_list",
    ],
)
def test_schema_refuses(name: str) -> None:
    """An editor that knows the schema marks what the loader refuses."""
    bad = yaml.safe_load((CONFIGS / f"{name}.bad.yaml").read_text())

    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(bad)


def test_init(tmp_path: Path) -> None:
    """`init` writes the shipped stack.yaml, which loads as the shipped config; a second one is refused."""
    written = settings.init(tmp_path / "new" / "folder")

    assert tmp_path / "new/folder/stack.yaml" == written
    assert load_default() == load(written).config
    with pytest.raises(OutputError) as caught:
        settings.init(written.parent)
    assert f"{written}: exists already\n  next: edit it, or choose another folder" == str(caught.value)


@pytest.mark.parametrize("engine", sorted(KNOWN))
def test_images_are_pinned(engine: str) -> None:
    """Every image has a full version, never `latest`, and it is the version asked for."""
    for version, image in KNOWN[engine].items():
        assert version == image.split(":")[1].removeprefix("v")
