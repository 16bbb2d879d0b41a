"""How different two colours look, to every eye."""

import math

_SIGHTS = (
    ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
)
"""Usual sight, and red and green blindness, as matrices over linear RGB (Machado, Oliveira and Fernandes 2009)."""
_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
"""sRGB to XYZ, D65."""
_WHITE = (0.95047, 1.0, 1.08883)

_Triple = tuple[float, float, float]


def distance(one: str, other: str) -> float:
    """Return the CIE76 distance of two colours `#RRGGBB`, for whoever sees them least apart; 2 is just noticeable.

    Raises:
        ValueError: a colour is not written as `#RRGGBB`.
    """
    first, second = _linear(one), _linear(other)
    return min(math.dist(_lab(_times(sight, first)), _lab(_times(sight, second))) for sight in _SIGHTS)


def _linear(colour: str) -> _Triple:
    if not colour.startswith("#") or len(colour) != len("#RRGGBB"):
        raise ValueError(f"{colour!r} is no colour; write it as #RRGGBB")
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _decoded(red), _decoded(green), _decoded(blue)


def _decoded(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB's


def _times(matrix: tuple[_Triple, ...], vector: _Triple) -> _Triple:
    first, second, third = (min(1.0, max(0.0, sum(a * b for a, b in zip(row, vector, strict=True)))) for row in matrix)
    return first, second, third


def _lab(linear: _Triple) -> _Triple:
    x, y, z = (_lightness(part / white) for part, white in zip(_times(_XYZ, linear), _WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _lightness(part: float) -> float:
    return part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
