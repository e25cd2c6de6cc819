"""Derivatives in many digits, and how much of a rounding of the inputs arrives in a quantity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp, mpf

DIGITS = 140  # enough for second differences
# Powers of ten, relative to an input, and absolute where it is 0. A scale may be 1e-33 of a value.
_STEP, _STEP_AT_0 = -40, -50

Point = Sequence[Any]
Function = Callable[[Point], Any]


class Quantity(NamedTuple):
    """A reference, and its condition number: sum |x_i df/dx_i| over the inputs that are rounded."""

    reference: Any
    condition: Any


def _steps(x: Point) -> list[Any]:
    return [abs(v) * mpf(10) ** _STEP if v else mpf(10) ** _STEP_AT_0 for v in x]


def _moved(x: Point, *moves: tuple[int, Any]) -> list[Any]:
    moved = list(x)
    for i, step in moves:
        moved[i] += step
    return moved


def value(f: Function, x: Point, free: Sequence[int]) -> Quantity:
    """Evaluate a function, also one of arrays; `free` are the inputs that are rounded."""
    result = f(x)
    if not all(map(mp.isfinite, np.ravel(result))):
        return Quantity(result, 0 * np.ones(np.shape(result), int))
    return Quantity(result, sum(abs(x[i] * first(f, x, i)) for i in free if x[i]))


def first(f: Function, x: Point, i: int) -> Any:
    """The derivative in one input, by a central difference."""
    h = _steps(x)[i]
    return (f(_moved(x, (i, h))) - f(_moved(x, (i, -h)))) / (2 * h)


def gradient(f: Function, x: Point, free: Sequence[int]) -> list[Quantity]:
    """Differentiate a function in its free inputs."""
    h, center = _steps(x), f(x)
    up = {i: f(_moved(x, (i, h[i]))) for i in free}
    down = {i: f(_moved(x, (i, -h[i]))) for i in free}

    def second(i: int, j: int) -> Any:
        if i == j:
            return (up[i] - 2 * center + down[i]) / h[i] ** 2
        corners = (
            s * t * f(_moved(x, (i, s * h[i]), (j, t * h[j]))) for s in (-1, 1) for t in (-1, 1)
        )
        return mp.fsum(corners) / (4 * h[i] * h[j])

    curvature: dict[tuple[int, int], Any] = {}
    for i in free:
        for j in free:
            if i <= j and (x[i] or x[j]):
                curvature[i, j] = curvature[j, i] = second(i, j)
    return [
        Quantity(
            (up[i] - down[i]) / (2 * h[i]),
            mp.fsum(abs(x[j] * curvature[i, j]) for j in free if x[j]),
        )
        for i in free
    ]
