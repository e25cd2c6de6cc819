"""Legal parameters at the ends of float32, for each distribution with scalar parameters."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np

import jaxdist as jd

LEAST, HUGE = 1.2e-38, 3e38
SIZES = np.float32([0, LEAST, 1e-30, 0.4, 1, 1e3, 1e9, 1e30, HUGE])
REALS = np.append(-SIZES, SIZES)
ENDS = np.float32([-HUGE, -1e30, LEAST, 1e-30, 1e30, HUGE])
COUNTS = np.float32([0, 1, 2, 7, 1e3, 1e6, 1e9])


def has_scalar_parameters(d: jd.Distribution) -> bool:
    """Whether it is made of numbers alone, each of which may be moved by itself."""
    parameters = d._stored().values()
    are_numbers = all(value.shape == d.batch_shape for value in parameters)
    return d.event_shape == () and are_numbers and len(jax.tree.leaves(d)) == len(parameters)


def numbers(constraint: jd.constraints.Constraint) -> np.ndarray:
    """Numbers to choose the values of a parameter from."""
    return COUNTS if constraint.is_discrete else REALS


def extreme_parameters(d: jd.Distribution) -> jd.Distribution:
    """Replace the parameters of a distribution, one by one and two by two, by numbers at the ends.

    Returns:
      A batch of all of them that are legal.
    """
    start = {name: np.ravel(value)[0] for name, value in d._stored().items()}
    choices = {name: numbers(d._constraint(name)) for name in start}
    ends = {name: x if x is COUNTS else ENDS for name, x in choices.items()}
    table = [start | {name: x} for name in start for x in choices[name]]
    for one, other in itertools.combinations(start, 2):
        pairs = itertools.product(ends[one], ends[other])
        table += [start | {one: x, other: y} for x, y in pairs]
    moved = d._with(**{name: jnp.float32([row[name] for row in table]) for name in start})
    legal = np.logical_and.reduce(
        [moved._constraint(name).check(getattr(moved, name)) for name in start]
    )
    return jax.tree.map(lambda leaf: leaf[legal], moved)
