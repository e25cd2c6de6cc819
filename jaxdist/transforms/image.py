"""Images of intervals under transforms, for the supports of transformed distributions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from jaxdist import constraints
from jaxdist.constraints import Constraint
from jaxdist.promotion import numpy_promotion
from jaxdist.transforms.transform import Transform


def images(support: Constraint, transforms: Sequence[Transform]) -> list[Constraint]:
    """Return a set, and its images under the first transform, the first two, and so on.

    The image of an interval under a monotone function of single numbers is an interval. Of other
    transforms it is not known, and the codomain stands for it. Sets of arrays whose entries lie in
    an interval are given by the interval.
    """
    sets = [_of_entries(support)]
    for t in transforms:
        sets.append(_image(t, sets[-1]))
    return sets


def exceeds(support: Constraint, domain: Constraint) -> bool:
    """Return whether an interval is not inside of another, whatever the parameters are."""
    support, domain = _of_entries(support), _of_entries(domain)
    if not (isinstance(support, constraints.Range) and isinstance(domain, constraints.Range)):
        return False
    (lower, upper), (least, largest) = support.bounds, domain.bounds
    return _is_less(lower, least) or _is_less(largest, upper)


def _of_entries(constraint: Constraint) -> Constraint:
    while isinstance(constraint, constraints.Independent):
        constraint = constraint.base_constraint
    return constraint


def _is_less(a: Any, b: Any) -> bool:
    return _is_number(a) and _is_number(b) and a < b


def _is_number(bound: Any) -> bool:
    """Whether a bound is a Python number: those that depend on parameters may be traced."""
    return isinstance(bound, int | float)


@numpy_promotion
def _image(t: Transform, support: Constraint) -> Constraint:
    domain, codomain = _of_entries(t.domain), _of_entries(t.codomain)
    intervals = [x for x in (support, domain, codomain) if isinstance(x, constraints.Range)]
    if len(intervals) < 3:
        return t.codomain
    ends, limits, values = (interval.bounds for interval in intervals)
    at_limits = [_is_number(end) and end == limit for end, limit in zip(ends, limits, strict=True)]
    sign = None if all(at_limits) else _sign(t)
    if sign is None:
        return t.codomain
    first, last = (
        jnp.where(sign > 0, values[i], values[1 - i]) if at_limits[i] else t(ends[i])
        for i in (0, 1)
    )
    return constraints.interval(jnp.minimum(first, last), jnp.maximum(first, last))


def _sign(t: Transform) -> Any:
    """Return the sign of a monotone function of single numbers, None for other transforms."""
    try:
        return t.sign
    except NotImplementedError:
        return None
