"""Standard errors of estimates, from the observed Fisher information."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.distribution import Distribution, require_distribution
from jaxdist.inference.data import as_data, check_observations
from jaxdist.inference.free_parameters import (
    flatten,
    has_free_parameters,
    kept_names,
    parameter_names,
    unflatten,
)
from jaxdist.inference.joints import map_parts
from jaxdist.inference.numerical import mean_loss, over_batch
from jaxdist.linalg.lapack import eigenvalues, inverse
from jaxdist.promotion import numpy_promotion
from jaxdist.wrappers.joint import Joint


@numpy_promotion
def standard_errors(
    d: Distribution,
    data: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    fixed: tuple[str, ...] = (),
) -> Distribution:
    r"""Return the standard errors of a maximum likelihood estimate.

    .. math:: \sqrt{\operatorname{diag} \left(-\sum_i w_i \nabla^2 \log p(x_i)\right)^{-1}}

    from the observed Fisher information, mapped from unconstrained parameters by their derivatives.

    Args:
      d: the estimate, as `fit` returns it.
      data: the observations that it was fitted to; for `Joint` a tree of these.
      weights: as for `fit`.
      fixed: names of the parameters that were given; their errors are 0, as are those of counts,
        of ends of a support, of transforms and of covariance functions.

    Raises:
      ValueError: a name in `fixed` is that of no parameter, or an observation is outside of the
        support.

    Returns:
      The distribution with a standard error in the place of each parameter; not one to draw from.
      NaN if the data do not determine all of them, up to rounding.

    Example:
      >>> import jaxdist as jd
      >>> data = [1.0, 2.0, 3.0, 6.0]
      >>> jd.standard_errors(jd.fit(jd.Normal, data), data)
      Normal(loc=0.9354, scale=0.6614)
    """
    require_distribution(d)
    _check_fixed(d, fixed)
    if isinstance(d, Joint):
        return map_parts(
            "standard_errors", lambda part, x: _of_part(part, x, weights, fixed), d, data
        )
    observed = as_data("standard_errors", data, weights, len(d.event_shape))
    estimate = d.expand(observed.weights.shape[1:])
    check_observations(f"standard_errors of {type(d).__name__}", observed, estimate.support)
    if not has_free_parameters(estimate, fixed):
        return jax.tree.map(jnp.zeros_like, estimate)
    return over_batch(
        _standard_errors_of_one,
        tuple(fixed),
        estimate,
        observed.values,
        observed.weights,
    )


def _of_part(
    part: Distribution, data: ArrayLike, weights: ArrayLike | None, fixed: tuple[str, ...]
) -> Distribution:
    names = parameter_names(part) + kept_names(part)
    own = tuple(name for name in fixed if name in names)
    return standard_errors(part, data, weights=weights, fixed=own)


def _check_fixed(d: Distribution, fixed: Any) -> None:
    names = parameter_names(d) + kept_names(d)
    if not isinstance(fixed, tuple | list) or not all(name in names for name in fixed):
        raise ValueError(
            f"standard_errors: fixed must be a tuple of names of parameters, which are "
            f"{', '.join(names)}; got {fixed!r}"
        )


def _standard_errors_of_one(
    fixed: tuple[str, ...], d: Distribution, values: Array, weights: Array
) -> Distribution:
    vector = flatten(d, fixed)

    def loss(z: Array) -> Array:
        return mean_loss(unflatten(d, z, fixed), values, weights) * jnp.sum(weights)

    jacobian = jax.jacobian(lambda z: unflatten(d, z, fixed))(vector)
    # Of a matrix, those above its triangle move nothing.
    moves = [jnp.any(rows != 0, range(rows.ndim - 1)) for rows in jax.tree.leaves(jacobian)]
    is_used = jnp.any(jnp.stack(moves), 0)
    information = jax.hessian(loss)(vector)
    unit = jnp.eye(vector.size, dtype=information.dtype)
    covariance = covariance_of(jnp.where(is_used & is_used[:, None], information, unit))

    def error(rows: Array) -> Array:
        variance = jnp.einsum("...i,ij,...j->...", rows, covariance, rows, precision="highest")
        return jnp.where(jnp.any(rows != 0, -1), jnp.sqrt(variance), 0)

    return jax.tree.map(error, jacobian)


def covariance_of(information: Array) -> Array:
    """Invert the observed information of parameters; NaN if data do not determine all of them.

    With a diagonal of ones it does not depend on the units of the parameters. Then it is singular
    if its least eigenvalue may be the rounding error of sums over observations, which is below 30
    eps for a million of them.

    Args:
      information: shape `(n, n)`.
    """
    unit = jnp.sqrt(jnp.abs(jnp.diagonal(information)))
    scaled = information / unit[:, None] / unit
    least = 32 * unit.size * jnp.finfo(unit.dtype).eps
    is_determined = jnp.min(eigenvalues(scaled)) > least
    return jnp.where(is_determined, inverse(scaled), jnp.nan) / unit[:, None] / unit
