"""Shifted and Scaled: a distribution plus a number, or times one, in its family if it can be."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.argument_checks import check_arguments
from jaxdist.arguments import as_real_numbers
from jaxdist.bases.location_scale import LocationScale
from jaxdist.distribution import Distribution
from jaxdist.families.interval.arcsine import Arcsine
from jaxdist.families.interval.triangular import Triangular
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.frechet import Frechet
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.half_cauchy import HalfCauchy
from jaxdist.families.positive.half_normal import HalfNormal
from jaxdist.families.positive.half_student_t import HalfStudentT
from jaxdist.families.positive.inverse_gamma import InverseGamma
from jaxdist.families.positive.inverse_gaussian import InverseGaussian
from jaxdist.families.positive.levy import Levy
from jaxdist.families.positive.log_logistic import LogLogistic
from jaxdist.families.positive.log_normal import LogNormal
from jaxdist.families.positive.log_uniform import LogUniform
from jaxdist.families.positive.maxwell import Maxwell
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.positive.rayleigh import Rayleigh
from jaxdist.families.positive.weibull import Weibull
from jaxdist.families.real.generalized_extreme_value import GeneralizedExtremeValue
from jaxdist.families.real.johnson_su import JohnsonSU
from jaxdist.families.real.lambert_w_normal import LambertWNormal
from jaxdist.families.real.normal import Normal
from jaxdist.families.real.sinh_arcsinh import SinhArcsinh
from jaxdist.promotion import numpy_promotion
from jaxdist.transforms import AffineTransform
from jaxdist.wrappers.transformed import TransformedDistribution
from jaxdist.wrappers.wrapper import require_base

_ENDS = ("low", "high")
_LOCATED = (
    Normal,
    LocationScale,
    GeneralizedExtremeValue,
    JohnsonSU,
    LambertWNormal,
    SinhArcsinh,
    Levy,
)
# Classes, and their parameters that a shift is added to.
_ADDED: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_LOCATED, ("loc",)),
    ((Uniform, Arcsine), _ENDS),
    (Triangular, (*_ENDS, "peak")),
)
# Classes, and their parameters that a factor multiplies, and divides.
_MULTIPLIED: tuple[tuple[Any, tuple[str, ...], tuple[str, ...]], ...] = (
    (_LOCATED, ("loc", "scale"), ()),
    ((HalfNormal, HalfCauchy, HalfStudentT, Maxwell, Rayleigh), ("scale",), ()),
    ((Weibull, Frechet, Pareto), ("scale",), ()),
    ((Uniform, Arcsine, LogUniform), _ENDS, ()),
    (Triangular, (*_ENDS, "peak"), ()),
    (InverseGamma, ("rate",), ()),
    (InverseGaussian, ("loc", "concentration"), ()),
    (Exponential, (), ("rate",)),
)


@numpy_promotion
def Shifted(base_dist: Distribution, loc: ArrayLike) -> Distribution:
    """Return the distribution of x + loc.

    Args:
      base_dist: the distribution of x.
      loc: the shift, broadcastable with the batch shape of single numbers, or with events.

    Returns:
      A distribution of the same family where shifts keep that, so that divergences in closed form
      hold; otherwise a `TransformedDistribution`.

    Example:
      >>> import jaxdist as jd
      >>> jd.Shifted(jd.Laplace(0.0, 2.0), 3.0)
      Laplace(loc=3., scale=2.)
    """
    shift = _as_shift_or_factor("Shifted", base_dist, "loc", loc, constraints.real)
    for classes, names in _ADDED:
        if isinstance(base_dist, classes):
            return _rebuild(base_dist, {name: getattr(base_dist, name) + shift for name in names})
    return TransformedDistribution(base_dist, AffineTransform(shift, jnp.ones_like(shift)))


@numpy_promotion
def Scaled(base_dist: Distribution, scale: ArrayLike) -> Distribution:
    """Return the distribution of scale * x.

    Args:
      base_dist: the distribution of x.
      scale: positive, broadcastable with the batch shape of single numbers, or with events.

    Returns:
      A distribution of the same family where factors keep that, so that divergences in closed form
      hold; otherwise a `TransformedDistribution`.

    Example:
      >>> import jaxdist as jd
      >>> jd.Scaled(jd.Gamma(2.0, 3.0), 6.0)
      Gamma(concentration=2., rate=0.5)
    """
    factor = _as_shift_or_factor("Scaled", base_dist, "scale", scale, constraints.positive)
    if isinstance(base_dist, LogNormal | LogLogistic):
        return _rebuild(base_dist, {"loc": base_dist.loc + jnp.log(factor)})
    if isinstance(base_dist, Gamma):
        return Gamma(base_dist.concentration, base_dist.rate / factor, validate_args=False)
    for classes, multiplied, divided in _MULTIPLIED:
        if isinstance(base_dist, classes):
            changed = {name: getattr(base_dist, name) * factor for name in multiplied}
            changed |= {name: getattr(base_dist, name) / factor for name in divided}
            return _rebuild(base_dist, changed)
    return TransformedDistribution(base_dist, AffineTransform(jnp.zeros_like(factor), factor))


def _as_shift_or_factor(
    owner: str, base: Distribution, name: str, value: ArrayLike, constraint: constraints.Constraint
) -> Array:
    require_base(owner, "base_dist", base)
    if base.support.is_discrete:
        raise TypeError(
            f"{owner}: base_dist must be continuous; got {base!r}. Add to, or multiply, its draws"
        )
    numbers = jnp.asarray(as_real_numbers(owner, name, value))
    numbers = numbers.astype(jnp.promote_types(numbers.dtype, base.dtype))
    shape = base.batch_shape + base.event_shape
    try:
        jnp.broadcast_shapes(numbers.shape, shape)
    except ValueError as error:
        raise ValueError(
            f"{owner}: {name} must broadcast with the shape {shape} of a draw; "
            f"got shape {numbers.shape}"
        ) from error
    check_arguments(owner, {name: (numbers, constraint)})
    return numbers


def _rebuild(d: Distribution, changed: dict[str, Any]) -> Distribution:
    """Return a distribution of the same class with other parameters."""
    stored = {name: value for name, value in d._stored().items() if name in type(d)._parameters}
    if "scale" in changed and "scale" not in stored:  # the logarithm is stored instead
        stored.pop("log_scale", None)
    return type(d)(**{**stored, **changed}, validate_args=False)
