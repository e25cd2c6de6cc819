"""The families, one file per support as in `jaxdist/families`, and one of wrappers."""

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
    wrappers,
)

FAMILIES = [
    family
    for room in (
        *(real, positive, interval, circle, count, category, simplex, vector, matrix),
        wrappers,
    )
    for family in room.FAMILIES
]
