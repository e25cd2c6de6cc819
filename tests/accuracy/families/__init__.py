"""The families, one file per support as in `jaxdist/families`, and one of wrappers."""

from tests.accuracy.families import (
    category,
    circle,
    count,
    interval,
    matrix,
    normal_mixture,
    positive,
    real,
    simplex,
    sine_model,
    sphere,
    vector,
    wallenius,
    wrappers,
)

_ROOMS = (
    real,
    normal_mixture,
    positive,
    interval,
    circle,
    sine_model,
    count,
    wallenius,
    category,
    simplex,
    sphere,
    vector,
    matrix,
    wrappers,
)

FAMILIES = [family for room in _ROOMS for family in room.FAMILIES]
