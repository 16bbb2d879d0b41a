import pytest

from pipecat_lgtm.config.units import format_seconds, parse_bytes, parse_ratio, parse_seconds, spell_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1 ms", 0.001),
        ("800 ms", 0.8),
        ("1200ms", 1.2),
        ("1.2 s", 1.2),
        (" 5 m ", 300.0),
        ("24 h", 86400.0),
        ("7 d", 604800.0),
    ],
)
def test_seconds(text: str, seconds: float) -> None:
    """A time with a unit is its seconds, exactly."""
    assert seconds == parse_seconds(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("1 B", 1), ("2 kB", 2048), ("2 KiB", 2048), ("800 MiB", 838_860_800), ("1.5 GiB", 1_610_612_736)],
)
def test_bytes(text: str, size: int) -> None:
    """A size with a unit is its bytes, 1024-based."""
    assert size == parse_bytes(text)


@pytest.mark.parametrize(("text", "ratio"), [("0.5 %", 0.005), ("1 %", 0.01), ("70%", 0.7), ("100 %", 1.0)])
def test_ratio(text: str, ratio: float) -> None:
    """A share in percent is a ratio from 0 to 1."""
    assert ratio == parse_ratio(text)


@pytest.mark.parametrize(
    "value", ["5", 5, 0.5, "", "s", "-1 s", "1 S", "1 week", "1e3 s", "1 s 2 ms", None, True, ["1 s"]]
)
def test_no_unit(value: object) -> None:
    """A time without one of the known units is refused with an example."""
    with pytest.raises(ValueError, match=r"^write a number and a unit \(ms, s, m, min, h, d, w\), for example 800 ms$"):
        parse_seconds(value)


def test_more_than_all() -> None:
    """A share beyond 100 % is refused."""
    with pytest.raises(ValueError, match=r"^a share is at most 100 %$"):
        parse_ratio("101 %")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0005, "0.5ms"),
        (0.02, "20ms"),
        (0.8, "800ms"),
        (1, "1s"),
        (1.2, "1200ms"),
        (30, "30s"),
        (90, "90s"),
        (300, "5m"),
        (86400, "24h"),
        (604800, "168h"),
    ],
)
def test_format_seconds(seconds: float, text: str) -> None:
    """Seconds are written with the largest unit that leaves a whole number."""
    assert text == format_seconds(seconds)


@pytest.mark.parametrize(
    "milliseconds", [1, 7, 50, 650, 999, 1000, 1001, 59_999, 60_000, 90_000, 3_600_000, 86_400_001]
)
def test_round_trip(milliseconds: int) -> None:
    """What is written is read back as the same time."""
    assert milliseconds / 1000 == pytest.approx(parse_seconds(format_seconds(milliseconds / 1000)), rel=1e-12)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "0.5 seconds"),
        (1, "1 second"),
        (20, "20 seconds"),
        (60, "1 minute"),
        (90, "90 seconds"),
        (600, "10 minutes"),
        (3600, "1 hour"),
        (86400, "24 hours"),
    ],
)
def test_spell_seconds(seconds: float, text: str) -> None:
    """In a sentence a time is a number of the largest unit that divides it."""
    assert text == spell_seconds(seconds)
