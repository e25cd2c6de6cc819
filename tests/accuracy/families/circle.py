"""Families of angles."""

from __future__ import annotations

import numpy as np
from mpmath import mp

from tests.accuracy import draws
from tests.accuracy.draws import Rng
from tests.accuracy.family import Family
from tests.accuracy.incomplete import Tails
from tests.formulas import bessel_ratio


def log_normalizer(kappa):
    return mp.log(2 * mp.pi * mp.besseli(0, kappa))


def arc(start, stop, kappa):
    """The probability between two angles around 0, in pieces as wide as the density is."""
    width = 1 / mp.sqrt(1 + kappa)
    knots = [
        2 * mp.pi * turn + side * n * width
        for turn in (-1, 0, 1)
        for side in (-1, 1)
        for n in (0, 1, 3, 8, 20)
    ]
    for end in (start, stop):
        decay = 1 / (1 + kappa * abs(mp.sin(end)))
        knots += [end + side * n * decay for side in (-1, 1) for n in (2, 8, 30)]
    inside = sorted({k for k in knots if start < k < stop})
    top = kappa * max(mp.cos(v) for v in (start, stop, *inside))
    density = lambda t: mp.exp(kappa * mp.cos(t) - top)
    return mp.quad(density, [start, *inside, stop]) * mp.exp(top - log_normalizer(kappa))


def tails(x, loc, kappa) -> Tails:
    return arc(-mp.pi - loc, x - loc, kappa), arc(x - loc, mp.pi - loc, kappa)


def value(rng: Rng, loc: float, kappa: float) -> float:
    x = rng.choice([rng.vonmises(loc, kappa), rng.uniform(-3.14159, 3.14159)], p=[0.7, 0.3])
    return float(np.clip(x, -3.14159, 3.14159))


def kl(loc, kappa, other_loc, other):
    slope = bessel_ratio(kappa) * (kappa - other * mp.cos(loc - other_loc))
    return slope + log_normalizer(other) - log_normalizer(kappa)


FAMILIES = [
    Family(
        "VonMises",
        {
            "loc": lambda rng, level: rng.uniform(-3.14159, 3.14159),
            "concentration": draws.power_of_ten((-1, 1), (-4, 3), (-8, 5)),
        },
        value,
        lambda x, loc, kappa: kappa * mp.cos(x - loc) - log_normalizer(kappa),
        tails,
        lambda loc, kappa: log_normalizer(kappa) - kappa * bessel_ratio(kappa),
        lambda loc, kappa: loc,
        lambda loc, kappa: 1 - bessel_ratio(kappa),
        kl,
    )
]
