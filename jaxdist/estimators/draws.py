"""Draws that fill the space more evenly than independent ones: antithetic, and quasi-Monte Carlo.

.. math:: x_i = F^{-1}(u_i; \\theta)

Each draw has the right distribution by itself, so that any mean over them is unbiased; together
they are spread out, so that means of smooth functions are more exact.
"""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import parts, unwrapped
from jaxdist.wrappers.joint import Joint

Draws = Literal["independent", "antithetic", "lattice"]

# Cools, Kuo and Nuyens 2006, "Constructing embedded lattice rules for multivariate integration",
# SIAM J. Sci. Comput. 28: good for every power of two up to 2^20 points.
_GENERATOR = np.array([
    1, 182667, 469891, 498753, 110745, 446247, 250185, 118627, 245333, 283199, 408519, 391023,
    246327, 126539, 399185, 461527, 300343, 69681, 516695, 436179, 106383, 238523, 413283, 70841,
    47719, 300129, 113029, 123925, 410745, 211325, 17489, 511893, 40767, 186077, 519471, 255369,
    101819, 243573, 66189, 152143, 503455, 113217, 132603, 463967, 297717, 157383, 224015, 502917,
    36237, 94049, 170665, 79397, 123963, 223451, 323871, 303633, 98567, 318855, 494245, 477137,
    177975, 64483, 26695, 88779,
])  # fmt: skip


def refuses_inversion(d: Distribution) -> str | None:
    """Say why a distribution has no draws by inversion; None if it has."""
    for part in map(unwrapped, parts(d)):
        if part.event_shape != ():
            return (
                "antithetic and lattice draws invert cumulative distribution functions, which "
                f'vectors do not have; take draws="independent" for {type(part).__name__}'
            )
    return None


def check_draws(draws: str) -> None:
    """Raise a ValueError unless a kind of draws is known."""
    if draws not in get_args(Draws):
        raise ValueError(f"draws must be one of {get_args(Draws)}; got {draws!r}")


def invert(d: Distribution, key: Array, num_samples: int, draws: Draws) -> Any:
    """Draw by inversion, with a pathwise derivative where the distribution is continuous.

    Args:
      d: univariate, or a batch, or a `Joint` of such: every number is a dimension of its own.
      key: a PRNG key.
      num_samples: how many draws.
      draws: "antithetic" or "lattice".

    Returns:
      What `d.sample(key, num_samples)` returns.
    """
    bases = [unwrapped(part) for part in parts(d)]
    sizes = [math.prod(base.batch_shape) for base in bases]
    u = _uniforms(key, num_samples, sum(sizes), draws).astype(jnp.result_type(jnp.float32, d.dtype))
    columns = jnp.split(u, np.cumsum(sizes)[:-1], 1)
    values = [
        base.icdf(jnp.reshape(q, (num_samples, *base.batch_shape)))
        for base, q in zip(bases, columns, strict=True)
    ]
    return d.unflatten(values) if isinstance(d, Joint) else values[0]


def _uniforms(key: Array, number: int, dimensions: int, draws: Draws) -> Array:
    if draws == "antithetic":
        return _antithetic(key, number, dimensions)
    return lattice(key, number, dimensions)


def _inside(u: Array) -> Array:
    """Keep uniform numbers away from 0 and 1, where quantiles may be infinite."""
    info = jnp.finfo(u.dtype)
    return jnp.clip(u, info.eps / 4, 1 - info.epsneg)


def _antithetic(key: Array, number: int, dimensions: int) -> Array:
    r"""Pairs of opposite points: :math:`u` and :math:`1 - u` (Hammersley and Morton 1956)."""
    if number % 2:
        raise ValueError(f"antithetic draws come in pairs: num_samples must be even; got {number}")
    u = _inside(jax.random.uniform(key, (number // 2, dimensions)))
    return jnp.concatenate([u, 1 - u])


def lattice(key: Array, number: int, dimensions: int) -> Array:
    r"""Points of a rank-1 lattice, shifted at random, which makes means over them unbiased.

    .. math:: u_i = \left(\frac{i}{n} z + \Delta\right) \bmod 1, \quad i = 0 \dots n - 1

    Args:
      key: a PRNG key, for the shift :math:`\Delta`.
      number: how many points, n; powers of two are best.
      dimensions: of the cube, at most 64.

    Returns:
      Points in the open unit cube, shape `(number, dimensions)`.

    Raises:
      ValueError: if there are too many dimensions.

    References:
      Cranley and Patterson 1976, "Randomization of number theoretic methods for multiple
      integration"; Cools, Kuo and Nuyens 2006 for the generating vector z.
    """
    if dimensions > len(_GENERATOR):
        raise ValueError(
            f"lattice draws have at most {len(_GENERATOR)} dimensions; got {dimensions}. Take "
            'draws="antithetic" or "independent"'
        )
    points = np.outer(np.arange(number), _GENERATOR[:dimensions]) % number / number
    shift = jax.random.uniform(key, (dimensions,))
    return _inside((jnp.asarray(points, shift.dtype) + shift) % 1)
