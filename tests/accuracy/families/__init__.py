"""The families, one file per support, as in `jaxdist/families`."""

from tests.accuracy.families import (
    category,
    circle,
    count,
    interval,
    matrix,
    positive,
    real,
    simplex,
    vector,
)

FAMILIES = [
    family
    for room in (real, positive, interval, circle, count, category, simplex, vector, matrix)
    for family in room.FAMILIES
]
