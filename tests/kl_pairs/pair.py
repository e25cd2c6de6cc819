"""What a pair and an example are, and the parameters that many of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import jaxdist as jd


@dataclass(frozen=True)
class Pair:
    """Two distributions, made when asked for, and their divergence in float64.

    The name begins with the class of p. Pairs that take long to compile are slow.
    """

    name: str
    make: Callable[[], tuple[jd.Distribution, jd.Distribution]]
    expected: Callable[[], np.ndarray]
    slow: bool = False

    @property
    def group(self) -> tuple[str, bool]:
        """Pairs of one group are compiled together: those with one class of p."""
        return self.name.split()[0], self.slow

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Example:
    """A class, its reference with `ppf` and `logpdf`, or `logpmf`, and parameters of both.

    `q` are the parameters where it is the second one of a pair; None: the same as `p`.
    """

    make: Callable[..., jd.Distribution]
    reference: Callable[..., Any]
    p: tuple[Any, ...]
    q: tuple[Any, ...] | None = None

    def parameters(self, side: str) -> tuple[Any, ...]:
        return self.p if side == "p" or self.q is None else self.q


def same_class(name, make, p, q, expected, slow=False):
    """Return a pair of one class, by the parameters of p and of q."""
    return Pair(name, lambda: (make(*p), make(*q)), expected, slow)


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

WEIGHTS, OTHER_WEIGHTS = np.array([[0.1, 0.6, 0.3], [1.0, 2.0, 2.0]]), np.array([0.3, 0.3, 0.4])
MEAN, OTHER_MEAN = np.array([[0.5, -1.0, 2.0], [0.0, 0.0, 0.0]]), np.array([0.0, 0.3, 2.0])
DIAG, OTHER_DIAG = np.array([0.5, 1.0, 2.0]), np.array([0.7, 0.9, 2.0])
TRIL = np.array([[1.0, 0.0, 0.0], [0.5, 0.7, 0.0], [-0.3, 0.2, 1.5]])
OTHER_TRIL = np.array([[0.6, 0.0, 0.0], [-0.5, 1.0, 0.0], [0.1, 0.2, 2.0]])
COV, OTHER_COV = TRIL @ TRIL.T, OTHER_TRIL @ OTHER_TRIL.T
