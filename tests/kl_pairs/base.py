"""What a pair is, how examples are written, and the parameters that many of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import jaxdist as jd


@dataclass(frozen=True)
class Pair:
    """Two distributions, built when asked for, and their divergence in float64."""

    name: str
    make: Callable[[], tuple[jd.Distribution, jd.Distribution]]
    expected: Callable[[], np.ndarray]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Example:
    """A batch of distributions, and its reference with `ppf`, `isf` and `logpdf`, or `logpmf`."""

    make: Callable[[], jd.Distribution]
    reference: object


LOC, OTHER_LOC = np.array([-1.0, 0.3, 2.0]), np.array([0.0, 0.3, -0.5])
SCALE, OTHER_SCALE = np.array([0.3, 1.0, 1.5]), np.array([0.8, 1.1, 2.0])
SHAPE, OTHER_SHAPE = np.array([0.6, 2.0, 30.0]), np.array([0.8, 5.0, 31.0])
EXPONENT, OTHER_EXPONENT = np.array([0.7, 1.5, 4.0]), np.array([1.1, 1.5, 0.6])
TAIL, OTHER_TAIL = np.array([5.0, 7.0, 20.0]), np.array([5.5, 2.0, 20.0])
LOGITS, OTHER_LOGITS = np.array([-2.0, 0.7, 3.0]), np.array([-1.0, -0.4, 3.0])
LOW, HIGH = np.array([0.2, 0.1, 0.55]), np.array([0.7, 0.9, 1.0])
OTHER_LOW, OTHER_HIGH = np.array([0.1, -1.0, 0.6]), np.array([0.8, 2.0, 1.0])
TEMPERATURE = np.array([2.0, 3.0, 2.5])
RATE, OTHER_RATE = np.array([0.5, 4.0, 90.0]), np.array([0.7, 3.0, 80.0])
PROBS, OTHER_PROBS = np.array([0.1, 0.5, 0.9]), np.array([0.2, 0.5, 0.7])


def located(make, reference, side, stretch=1.0):
    loc, scale = ((LOC, SCALE), (OTHER_LOC, stretch * OTHER_SCALE))[side]
    return Example(lambda: make(loc, scale), reference(loc, scale))


def sides(example):
    return example(0), example(1)


def pick(side, *pairs):
    return [pair[side] for pair in pairs]
