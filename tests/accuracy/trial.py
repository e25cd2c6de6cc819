"""A single trial in mpmath: its probabilities and their logarithms, by probability or log-odds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp


class Odds(NamedTuple):
    """Probabilities of success and failure, their logarithms, and the log-odds."""

    p: Any
    q: Any
    log_p: Any
    log_q: Any
    logit: Any


@dataclass(frozen=True)
class Trial:
    """How a trial is given: the parameter's name, its odds, and a float64 version for draws."""

    name: str
    odds: Callable[[Any], Odds]
    logit_of: Callable[[float], float]

    def __call__(self, given: Any) -> Odds:
        return self.odds(given)

    def prob_of(self, given: float) -> float:
        """The probability of success, in float64."""
        return float(1 / (1 + np.exp(-np.clip(self.logit_of(given), -700, 700))))


def _of_probs(p: Any) -> Odds:
    log_p, log_q = mp.log(p), mp.log1p(-p)
    return Odds(p, 1 - p, log_p, log_q, log_p - log_q)


def _of_logits(logit: Any) -> Odds:
    p, q = 1 / (1 + mp.exp(-logit)), 1 / (1 + mp.exp(logit))
    return Odds(p, q, -mp.log1p(mp.exp(-logit)), -mp.log1p(mp.exp(logit)), logit)


by_probs = Trial("probs", _of_probs, lambda p: float(np.log(p) - np.log1p(-p)))
by_logits = Trial("logits", _of_logits, float)
