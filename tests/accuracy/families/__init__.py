"""The families, one file per support, as in `jaxdist/families`."""

from tests.accuracy.families import category, circle, count, interval, positive, real

FAMILIES = [
    family
    for room in (real, positive, interval, circle, count, category)
    for family in room.FAMILIES
]
