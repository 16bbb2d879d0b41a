import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

import yamls
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
    found = _named_as_shipped(config).model_dump()
    return {name: section for name, section in found.items() if section != shipped[name]}


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
    """A file that changes nothing is the shipped config, of a stack of its own name."""
    assert load_default() == _named_as_shipped(_load(tmp_path, text).config)


def _named_as_shipped(config: Config) -> Config:
    return config.model_copy(update={"name": load_default().name})


@pytest.mark.parametrize(
    ("folder", "text", "name"),
    [
        ("my-stack", "", "my-stack"),
        ("My Stack_2", "", "my-stack_2"),
        ("--", "", "stack"),
        ("x" * 60, "", "x" * 40),
        ("my-stack", "name: other", "other"),
    ],
    ids=["folder", "letters", "none", "long", "given"],
)
def test_name(tmp_path: Path, folder: str, text: str, name: str) -> None:
    """A stack is named in its stack.yaml, or after the folder that holds it, in the letters that Compose takes."""
    (tmp_path / folder).mkdir()
    assert name == _load(tmp_path / folder, text).config.name
    assert "pipecat-lgtm" == load_default().name


def test_name_of_a_kept_copy(tmp_path: Path) -> None:
    """A copy in another folder keeps the stack's name."""
    (tmp_path / "stack.yaml").write_text("")
    assert "mine" == load(tmp_path / "stack.yaml", "mine").config.name


def test_links_follow_the_ports(tmp_path: Path) -> None:
    """Where no address is given, links go to the Grafana of this stack; a given one wins."""
    follows = _load(tmp_path, "network: {address: 127.0.0.2, ports: {grafana: 3001}}").config
    given = _load(tmp_path, "alerts: {links: {grafana: 'https://g.example.com/', runbooks: 'https://r.example.com'}}")

    assert "http://127.0.0.2:3001" == follows.grafana_url
    assert "http://127.0.0.2:3001/public/runbooks/A.md" == follows.runbook_url("A")
    assert "https://g.example.com" == given.config.grafana_url
    assert "https://r.example.com/A.md" == given.config.runbook_url("A")


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
    shipped = yamls.load(shipped_path().read_text())["presets"]["tolerant"]
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
    config = _load(tmp_path, "network: {address: 0.0.0.0, auth: {token_file: /etc/tokens}, insecure: true}").config

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
    shipped = yamls.load(shipped_path().read_text())
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
    bad = yamls.load((CONFIGS / f"{name}.bad.yaml").read_text())

    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(bad)


def test_init(tmp_path: Path) -> None:
    """`init` writes a short stack.yaml that repeats nothing of the shipped one; a second one is refused."""
    written = settings.init(tmp_path / "new" / "folder")
    config = load(written).config

    assert tmp_path / "new/folder/stack.yaml" == written
    assert {"name": "folder"} == yamls.load(written.read_text())
    assert ("folder", load_default()) == (config.name, _named_as_shipped(config))
    with pytest.raises(OutputError) as caught:
        settings.init(written.parent)
    assert f"{written}: exists already\n  next: edit it, or choose another folder" == str(caught.value)


def test_what_init_suggests(tmp_path: Path) -> None:
    """Each block that `init` has commented out can be taken as it is, and changes the section it is about."""
    text = settings.init(tmp_path).read_text()
    blocks = [block.splitlines() for block in text.split("\n\n")[2:]]
    suggested = ["\n".join(line.removeprefix("# ") for line in block[1:]) for block in blocks]
    changed = [_changed(_load(tmp_path, one).config) for one in suggested]

    # What is kept for how long is suggested as it is.
    sections = [["thresholds"], ["routing"], ["network"], ["network"], [], ["content"], ["stores"]]
    assert sections == [list(one) for one in changed]
    shipped = load_default().network.ports.model_dump()
    assert not set(shipped.values()) & set(changed[3]["network"]["ports"].values())


def test_an_earlier_file_is_written_anew() -> None:
    """Of a copy of an earlier shipped file nothing stays but the name it ran under; what has changed is explained."""
    path = CONFIGS / "earlier" / "stack.yaml"
    found = settings.migrate(path)

    assert {"name": "pipecat-lgtm"} == yamls.load(found.text)
    assert [
        "alerts.links.grafana: http://127.0.0.1:3000 is what an earlier version shipped; this one ships none; left out",
        "cardinality.breaches_per_service: 50 is what an earlier version shipped; this one ships 20; left out",
        "collector.queue_requests: is now `queue_size`, in bytes, such as 2 GiB; left out",
        "collector.queue_batch: is not needed any more: batches are bounded in bytes; left out",
        "name: earlier versions called every stack pipecat-lgtm; so its volumes and its state directory go on",
    ] == [note.split(" ", 1)[1] if note.startswith(str(path)) else note for note in found.notes]
    assert found.copies > 250


def test_what_was_changed_stays(tmp_path: Path) -> None:
    """What the user has set stays, also in a section that otherwise repeats the shipped one; an old pin does not."""
    file = tmp_path / "stack.yaml"
    file.write_text(
        "{name: ours, retention: {metrics: 30 d, traces: 7 d}, versions: {tempo: 2.7.1, loki: 3.7.11},"
        " thresholds: {preset: tolerant}, routing: {group_wait: 1 m}}"
    )
    found = settings.migrate(file)

    expected = {
        "name": "ours",
        "retention": {"metrics": "30 d"},
        "versions": {"loki": "3.7.11"},
        "thresholds": {"preset": "tolerant"},
    }
    assert expected == yamls.load(found.text)
    assert [
        f"{file}:1: versions.tempo: 2.7.1 is not known to this version, which ships 2.8.0; left out",
        f"{file}:1: routing.group_wait: is now given per severity, `routing.severities`; left out",
    ] == found.notes


def test_what_is_wrong_is_not_written_anew(tmp_path: Path) -> None:
    """What has not changed between versions and is wrong is refused with its line, as everywhere."""
    file = tmp_path / "stack.yaml"
    file.write_text("collector: {queue_batch: 1}\nalerts:\n  windw: 5 m\n")
    with pytest.raises(ConfigError) as caught:
        settings.migrate(file)

    assert f"{file}:3: alerts.windw: unknown key; did you mean 'window'?" == caught.value.message


@pytest.mark.parametrize("engine", sorted(KNOWN))
def test_images_are_pinned(engine: str) -> None:
    """Every image has a full version, never `latest`, and it is the version asked for."""
    for version, image in KNOWN[engine].items():
        assert version == image.split(":")[1].removeprefix("v")


@pytest.mark.parametrize(
    ("engine", "version", "image", "tested"),
    [
        ("loki", "3.7.11", "grafana/loki:3.7.11", "3.7.8"),
        ("prometheus", "3.16.2", "prom/prometheus:v3.16.2", "3.16.0"),
        ("otelcol", "0.155.1", "otel/opentelemetry-collector-contrib:0.155.1", "0.155.0"),
    ],
)
def test_a_patch_release_is_taken_with_a_note(
    tmp_path: Path, engine: str, version: str, image: str, tested: str
) -> None:
    """Another patch release of a tested version runs in containers, and is said to be untested."""
    versions = _load(tmp_path, f"versions: {{{engine}: {version}}}").config.versions

    assert image == versions.image(engine)
    assert [
        f"versions.{engine}: {version} is a patch release that was not tested here; {tested} was"
    ] == versions.notes()


def test_an_image_by_its_digest(tmp_path: Path) -> None:
    """A version may have the digest of its image behind an @; it is no other version, and what is none is refused."""
    digest = f"sha256:{'0a' * 32}"
    versions = _load(tmp_path, f"versions: {{loki: '3.7.8@{digest}', grafana: '12.3.1@{digest}'}}").config.versions

    assert f"grafana/loki:3.7.8@{digest}" == versions.image("loki")
    assert ("3.7.8", "12.3.0") == (versions.release("loki"), versions.tested("grafana"))
    assert ["versions.grafana: 12.3.1 is a patch release that was not tested here; 12.3.0 was"] == versions.notes()
    with pytest.raises(ConfigError, match=r"is no digest of an image; write 3\.7\.8@sha256"):
        _load(tmp_path, "versions: {loki: '3.7.8@sha256:12'}")


def test_tested_versions_have_no_note(tmp_path: Path) -> None:
    """Of the versions that are shipped nothing is to be said."""
    assert [] == _load(tmp_path, "").config.versions.notes()
