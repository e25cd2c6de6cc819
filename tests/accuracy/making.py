"""How distributions of the suite are made from their parameters, where no class takes those."""

from __future__ import annotations

import functools
from collections.abc import Callable

from jax import Array

import jaxdist as jd

Make = Callable[..., jd.Distribution]


def independent(loc: Array, scale: Array) -> jd.Independent:
    return jd.Independent(jd.Normal(loc, scale, validate_args=False), 1)


def masked(loc: Array, scale: Array) -> jd.Masked:
    return jd.Masked(jd.Normal(loc, scale, validate_args=False), True)


def exp_of_minus_gumbel(loc: Array, scale: Array) -> jd.TransformedDistribution:
    base = jd.Gumbel(loc, scale, validate_args=False)
    return jd.TransformedDistribution(base, [jd.AffineTransform(0.0, -1.0), jd.ExpTransform()])


def normal_and_laplace(logits: Array, loc: Array, scale: Array) -> jd.Mixture:
    weights = jd.Categorical(logits=logits, validate_args=False)
    components = [
        family(loc[..., i], scale[..., i], validate_args=False)
        for i, family in enumerate((jd.Normal, jd.Laplace))
    ]
    return jd.Mixture(weights, components)


def normals(logits: Array, loc: Array, scale: Array) -> jd.MixtureSameFamily:
    weights = jd.Categorical(logits=logits, validate_args=False)
    return jd.MixtureSameFamily(weights, jd.Normal(loc, scale, validate_args=False))


def zero_inflated(rate: Array, gate: Array) -> jd.ZeroInflated:
    return jd.ZeroInflated(jd.Poisson(rate, validate_args=False), gate, validate_args=False)


MAKERS: dict[str, Make] = {
    "Independent": independent,
    "LKJCholesky": lambda concentration: jd.LKJCholesky(3, concentration, validate_args=False),
    "Masked": masked,
    "Mixture": normal_and_laplace,
    "MixtureSameFamily": normals,
    "TransformedDistribution": exp_of_minus_gumbel,
    "ZeroInflated": zero_inflated,
}


def maker(name: str) -> Make:
    """Return a function of the parameters of the suite."""
    return MAKERS.get(name) or functools.partial(getattr(jd, name), validate_args=False)
