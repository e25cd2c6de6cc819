"""Antithetic and lattice draws, which are spread more evenly than independent ones.

.. math:: x_i = F^{-1}(u_i; \\theta)

Each draw has the right distribution, so that any mean over the draws is unbiased. Together they
are spread evenly, so that means of smooth functions have less variance.
"""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.arguments import as_integer, check_key
from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import base_distribution, joint_parts
from jaxdist.promotion import numpy_promotion, result_type
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


def why_not_invertible(d: Distribution) -> str | None:
    """Return why a distribution cannot be drawn by inversion; None if it can."""
    for part in map(base_distribution, joint_parts(d)):
        if part.event_shape != ():
            return (
                "antithetic and lattice draws invert cumulative distribution functions, which "
                f'vectors do not have; take draws="independent" for {type(part).__name__}'
            )
    return None


def check_draws(draws: str) -> None:
    """Raise a ValueError unless the kind of draws is known."""
    if not (isinstance(draws, str) and draws in get_args(Draws)):
        raise ValueError(f"draws must be one of {get_args(Draws)}; got {draws!r}")


def draw_by_inversion(d: Distribution, key: Array, num_samples: int, draws: Draws) -> Any:
    """Draw by inverting the cumulative distribution function.

    The draws have a pathwise derivative if the distribution is continuous.

    Args:
      d: a univariate distribution, a batch, or a `Joint` of these; every number that is drawn is
        one dimension of the points.
      key: a PRNG key.
      num_samples: number of draws.
      draws: "antithetic" or "lattice".

    Returns:
      What `d.sample(key, num_samples)` returns.
    """
    bases = [base_distribution(part) for part in joint_parts(d)]
    sizes = [math.prod(base.batch_shape) for base in bases]
    points = _antithetic if draws == "antithetic" else lattice
    u = points(key, num_samples, sum(sizes)).astype(result_type(jnp.float32, d.dtype))
    columns = jnp.split(u, np.cumsum(sizes)[:-1], 1)
    values = [
        base.icdf(jnp.reshape(q, (num_samples, *base.batch_shape)))
        for base, q in zip(bases, columns, strict=True)
    ]
    return d.unflatten(values) if isinstance(d, Joint) else values[0]


def _open_unit(u: Array) -> Array:
    """Clip uniform numbers away from 0 and 1, where quantiles may be infinite."""
    info = jnp.finfo(u.dtype)
    return jnp.clip(u, info.eps / 4, 1 - info.epsneg)


def _antithetic(key: Array, number: int, dimensions: int) -> Array:
    r"""Return pairs of points :math:`u` and :math:`1 - u` (Hammersley and Morton 1956)."""
    if number % 2:
        raise ValueError(f"antithetic draws come in pairs: num_samples must be even; got {number}")
    u = _open_unit(jax.random.uniform(key, (number // 2, dimensions)))
    return jnp.concatenate([u, 1 - u])


@numpy_promotion
def lattice(key: Array, number: int, dimensions: int) -> Array:
    r"""Return the points of a rank-1 lattice with a random shift, which makes means unbiased.

    .. math:: u_i = \left(\frac{i}{n} z + \Delta\right) \bmod 1, \quad i = 0 \dots n - 1

    Args:
      key: a PRNG key, for the shift :math:`\Delta`.
      number: number of points, n; powers of two are best.
      dimensions: dimensions of the cube, at most 64.

    Returns:
      Points in the open unit cube, shape `(number, dimensions)`.

    Raises:
      ValueError: if there are too many dimensions.

    References:
      Cranley and Patterson 1976, "Randomization of number theoretic methods for multiple
      integration"; Cools, Kuo and Nuyens 2006 for the generating vector z.

    Example:
      >>> import jax, jaxdist as jd
      >>> points = jd.estimators.lattice(jax.random.key(0), 1024, 2)
      >>> print(f"{(points[:, 0] * points[:, 1]).mean():.2f}")
      0.25
    """
    number = as_integer("lattice", "number", number, minimum=1)
    dimensions = as_integer("lattice", "dimensions", dimensions, minimum=1)
    if dimensions > len(_GENERATOR):
        raise ValueError(
            f"lattice draws have at most {len(_GENERATOR)} dimensions; got {dimensions}. Take "
            'draws="antithetic" or "independent"'
        )
    points = np.outer(np.arange(number), _GENERATOR[:dimensions]) % number / number
    shift = jax.random.uniform(check_key(key), (dimensions,))
    return _open_unit((jnp.asarray(points, shift.dtype) + shift) % 1)
