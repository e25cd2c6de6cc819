"""Maximum likelihood: the parameters under which data are most likely."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.argument_checks import validation
from jaxdist.arguments import as_real_numbers, did_you_mean
from jaxdist.constraints import Constraint, is_dependent
from jaxdist.distribution import Distribution
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.category.one_hot_categorical import OneHotCategorical
from jaxdist.families.circle.von_mises import VonMises
from jaxdist.families.count.discrete_laplace import DiscreteLaplace
from jaxdist.families.count.geometric import Geometric
from jaxdist.families.count.poisson import Poisson
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.half_normal import HalfNormal
from jaxdist.families.positive.inverse_gamma import InverseGamma
from jaxdist.families.positive.lindley import Lindley
from jaxdist.families.positive.log_normal import LogNormal
from jaxdist.families.positive.maxwell import Maxwell
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.positive.rayleigh import Rayleigh
from jaxdist.families.real.laplace import Laplace
from jaxdist.families.real.normal import Normal
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.inference.data import Data, as_data, check_batch_shape, check_observations
from jaxdist.inference.free_parameters import (
    free_parameters,
    has_free_parameters,
    kept_names,
    parameter_names,
)
from jaxdist.inference.joints import map_parts
from jaxdist.inference.no_maximum import require_maximum
from jaxdist.inference.numerical import fit_from
from jaxdist.inference.starting_points import start_of
from jaxdist.promotion import numpy_promotion
from jaxdist.pytree import is_concrete
from jaxdist.special import (
    bessel_ratio,
    bessel_ratio_complement,
    deviance,
    stirling_curvature,
    stirling_slope,
)
from jaxdist.special.hyperbolic import hypot
from jaxdist.wrappers.joint import Joint

_STEPS = 8  # of Newton's method, which converges quadratically from these starts
_Estimate = Callable[[Data], Distribution]
_ESTIMATORS: dict[type[Distribution], tuple[_Estimate, int, Constraint]] = {}


def _estimator(
    family: type[Distribution], event_ndim: int = 0, support: Constraint | None = None
) -> Callable[[_Estimate], _Estimate]:
    """Register the maximum likelihood estimate of a family: a decorator.

    Args:
      family: the class.
      event_ndim: number of axes of an observation.
      support: what observations must be, if the support of the class depends on parameters.
    """

    def register(estimate: _Estimate) -> _Estimate:
        _ESTIMATORS[family] = estimate, event_ndim, support or family.support
        return estimate

    return register


@numpy_promotion
def fit(
    family: type[Distribution],
    data: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    init: Distribution | None = None,
    **known: ArrayLike,
) -> Distribution:
    r"""Return the member of a family under which data are most likely.

    .. math:: \hat\theta = \arg\max_\theta \sum_i w_i \log p(x_i \mid \theta)

    In closed form where there is one; for the concentration of Gamma, InverseGamma and VonMises by
    Newton's method. Otherwise by a damped Newton's method over unconstrained parameters
    (`biject_to` of their constraints): from the likeliest member of a grid, or from `init`. The
    ends of a support, `low` and `high`, are fitted in closed form alone. For the standard errors
    see `standard_errors`; for a regression, `fit_model`.

    Args:
      family: the class of the distribution.
      data: observations along a first axis, shape `(n, *batch_shape, *event_shape)`; for `Joint` a
        tree of these, each of which its part is fitted to.
      weights: non-negative, shape `(n,)` or `(n, *batch_shape)`; one each by default.
      init: where to begin, a distribution of the class and the batch shape. It is needed by classes
        whose draws or parameters are vectors, or whose parameters are other distributions, of
        which it fits the parameters too.
      **known: parameters that are given, whose shapes broadcast to `batch_shape`, before the axes
        of a vector; with `init`, their names with the value True. Transforms and covariance
        functions that have parameters are not fitted, and must be named.

    Returns:
      A distribution of the class `family` and of batch shape `batch_shape`.

    Raises:
      TypeError: if the class has a parameter that must be given, `init` is needed, a name is that
        of no parameter, or what is not fitted is not named.
      NotImplementedError: if the family is not a class of distributions.
      ValueError: if the shapes do not fit, a weight is negative or all are 0, an observation is
        outside of the support, all parameters are given, or no member is the likeliest, as where
        all observations of a Normal are equal. Under `jax.jit`, where the numbers are not known,
        the estimate then is NaN or a limit that is no member.

    Example:
      >>> import jaxdist as jd
      >>> jd.fit(jd.Normal, [1.0, 2.0, 3.0, 6.0])
      Normal(loc=3., scale=1.8708)
      >>> beyond_one = jd.Truncated(jd.Exponential(1.0), low=1.0)
      >>> fitted = jd.fit(jd.Truncated, [1.5, 2.0, 4.0], init=beyond_one)
      >>> print(f"{fitted.base_dist.rate:.3f}")
      0.667
    """
    if not (isinstance(family, type) and issubclass(family, Distribution)):
        raise NotImplementedError(
            f"no maximum likelihood estimate is known for {family!r}; give a class of distributions"
        )
    if init is not None:
        return _fit_from_init(family, init, data, weights, tuple(known))
    if not known and family in _ESTIMATORS:
        return _estimate(family, data, weights)
    _require_own_parameters(family)
    owner = f"fit of {family.__name__}"
    observed = as_data("fit", data, weights, 0)
    check_observations(owner, observed, _known_support(family))  # before anything is compiled
    given = {name: jnp.asarray(as_real_numbers("fit", name, x)) for name, x in known.items()}
    start = start_of(family, given, observed)
    check_observations(owner, observed, start.support)
    return _maximum_from(owner, start, observed, tuple(known))


def _require_own_parameters(family: type[Distribution]) -> None:
    """Raise a TypeError where a class is made of more than parameters, such as `base_dist`."""
    others = [
        field.name
        for field in dataclasses.fields(family)
        if field.init
        and field.name not in family._parameters
        and field.default is field.default_factory is dataclasses.MISSING
    ]
    if others:
        name = family.__name__
        raise TypeError(
            f"fit: {name} has no {' or '.join(map(repr, others))} to begin with; give an example: "
            f"fit({name}, data, init={name}(...)), whose parameters, and those of the "
            "distributions that it is made of, are fitted"
        )


def _known_support(family: type[Distribution]) -> Constraint:
    """Return the set of numbers that a class supports, as far as no parameters are needed."""
    support = family.support
    is_known = isinstance(support, Constraint) and not is_dependent(support)
    return support if is_known and support.event_dim == 0 else constraints.real


def _estimate(
    family: type[Distribution], data: ArrayLike, weights: ArrayLike | None
) -> Distribution:
    owner = f"fit of {family.__name__}"
    estimate, event_ndim, support = _ESTIMATORS[family]
    observed = as_data("fit", data, weights, event_ndim)
    check_observations(owner, observed, support)
    if not all(map(is_concrete, (observed.values, observed.weights))):
        return estimate(observed)
    with validation("off"):
        d = estimate(observed)
    parameters = ((name, value, d._constraint(name)) for name, value in d._stored().items())
    require_maximum(owner, d, parameters, observed, jnp.ones(d.batch_shape, bool))
    return d


def _maximum_from(
    owner: str, start: Distribution, data: Data, fixed: tuple[str, ...]
) -> Distribution:
    d, is_maximum = fit_from(start, data, fixed)
    require_maximum(owner, d, free_parameters(d, fixed), data, is_maximum)
    return d


def _fit_from_init(
    family: type[Distribution],
    init: Distribution,
    data: ArrayLike,
    weights: ArrayLike | None,
    fixed: tuple[str, ...],
) -> Distribution:
    if type(init) is not family:
        raise TypeError(f"fit: init must be a {family.__name__}; got {init!r}")
    kept = kept_names(init)
    names = parameter_names(init) + kept
    if unknown := sorted(set(fixed) - set(names)):
        close = did_you_mean(unknown, names)
        raise TypeError(f"fit: init has the parameters {names}; got {unknown}{close}")
    if isinstance(init, Joint):
        return _fit_parts(init, data, weights, fixed)
    if unnamed := [name for name in kept if name not in fixed]:
        given = ", ".join(f"{name}=True" for name in unnamed)
        raise TypeError(
            f"fit of {family.__name__} from init: what {unnamed} hold are no parameters of "
            f"distributions, and are not fitted. Say that they stay as they are, by {given}, or "
            "fit them by fit_model, which takes any function of parameters"
        )
    observed = as_data("fit", data, weights, len(init.event_shape))
    batch_shape = observed.weights.shape[1:]
    check_batch_shape(f"fit of {family.__name__}: init", init.batch_shape, batch_shape)
    start = init.expand(batch_shape)
    owner = f"fit of {family.__name__} from init"
    check_observations(owner, observed, start.support)
    return _maximum_from(owner, start, observed, fixed)


def _fit_parts(
    init: Joint, data: ArrayLike, weights: ArrayLike | None, fixed: tuple[str, ...]
) -> Joint:
    """Fit each part that has free parameters to its own data."""

    def fit_part(part: Distribution, values: ArrayLike) -> Distribution:
        names = (*parameter_names(part), *kept_names(part))
        own = tuple(name for name in fixed if name in names)
        if has_free_parameters(init, fixed) and not has_free_parameters(part, own):
            batch_shape = as_data("fit", values, weights, len(part.event_shape)).weights.shape[1:]
            return part.expand(batch_shape)
        return _fit_from_init(type(part), part, values, weights, own)

    return map_parts("fit", fit_part, init, data)


def _root_mean_square(data: Data) -> Array:
    """Relative to the largest observation, whose square may overflow."""
    largest = jnp.max(jnp.where(data.weights > 0, jnp.abs(data.values), 0), 0)
    unit = jnp.where(largest > 0, largest, 1)
    return unit * jnp.sqrt(data.mean((data.values / unit) ** 2))


def _center(data: Data) -> tuple[Array, Data]:
    """Return the mean, and the data less the mean."""
    rough = data.mean(data.values)
    mean = rough + data.mean(data.values - rough)
    return mean, data._replace(values=data.values - mean)


@_estimator(Normal)
def _(data: Data) -> Normal:
    mean, centered = _center(data)
    return Normal(mean, _root_mean_square(centered))


@_estimator(LogNormal)
def _(data: Data) -> LogNormal:
    mean, centered = _center(data._replace(values=jnp.log(data.values)))
    return LogNormal(mean, _root_mean_square(centered))


@_estimator(Laplace)
def _(data: Data) -> Laplace:
    """The weighted median, and the mean distance to it."""
    order = jnp.argsort(data.values, 0)
    values, weights = (jnp.take_along_axis(x, order, 0) for x in (data.values, data.weights))
    is_median = jnp.cumsum(weights, 0) >= data.total_weight / 2
    median = jnp.take_along_axis(values, jnp.argmax(is_median, 0)[None], 0)[0]
    return Laplace(median, data.mean(jnp.abs(data.values - median)))


@_estimator(Uniform, support=constraints.real)
def _(data: Data) -> Uniform:
    counted = data.weights > 0
    low = jnp.min(jnp.where(counted, data.values, math.inf), 0)
    return Uniform(low, jnp.max(jnp.where(counted, data.values, -math.inf), 0))


@_estimator(Exponential)
def _(data: Data) -> Exponential:
    return Exponential(1 / data.mean(data.values))


@_estimator(Lindley)
def _(data: Data) -> Lindley:
    r"""Solve :math:`m \theta^2 + (m - 1) \theta = 2`, for the mean m, without cancellation."""
    mean = data.mean(data.values)
    excess, root = mean - 1, hypot(mean - 1, jnp.sqrt(8 * mean))
    total = jnp.abs(excess) + root
    return Lindley(jnp.where(excess > 0, 4 / total, total / (2 * mean)))


@_estimator(HalfNormal)
def _(data: Data) -> HalfNormal:
    return HalfNormal(_root_mean_square(data))


@_estimator(Rayleigh, support=constraints.positive)
def _(data: Data) -> Rayleigh:
    return Rayleigh(_root_mean_square(data) / math.sqrt(2))


@_estimator(Maxwell)
def _(data: Data) -> Maxwell:
    return Maxwell(_root_mean_square(data) / math.sqrt(3))


@_estimator(Pareto, support=constraints.positive)
def _(data: Data) -> Pareto:
    scale = jnp.min(jnp.where(data.weights > 0, data.values, math.inf), 0)
    return Pareto(scale, 1 / data.mean(jnp.log1p((data.values - scale) / scale)))


@_estimator(Gamma, support=constraints.positive)
def _(data: Data) -> Gamma:
    concentration, mean = _gamma_concentration(data, data.values)
    return Gamma(concentration, concentration / mean)


@_estimator(InverseGamma)
def _(data: Data) -> InverseGamma:
    concentration, mean = _gamma_concentration(data, 1 / data.values)
    return InverseGamma(concentration, concentration / mean)


def _gamma_concentration(data: Data, values: Array) -> tuple[Array, Array]:
    r"""Solve :math:`\log a - \psi(a) = \log E[x] - E[\log x]` for a; also return the mean.

    The right side is the mean deviance, whose terms do not cancel. Newton's steps are in 1 / a
    (Minka 2002, "Estimating a gamma distribution").
    """
    mean = data.mean(values)
    spread = data.mean(deviance(jnp.ones_like(values), values / mean))
    a = (3 - spread + jnp.sqrt((spread - 3) ** 2 + 24 * spread)) / (12 * spread)
    for _ in range(_STEPS):
        gap = 1 / (2 * a) - stirling_slope(a)  # log(a) - digamma(a)
        slope = -0.5 - a**2 * stirling_curvature(a)  # of the gap in 1 / a, with a minus
        a = 1 / (1 / a + (gap - spread) / slope)
    return jnp.where(data.is_constant, jnp.inf, a), mean


@_estimator(Bernoulli)
def _(data: Data) -> Bernoulli:
    return Bernoulli(data.mean(data.values))


@_estimator(Poisson)
def _(data: Data) -> Poisson:
    return Poisson(data.mean(data.values))


@_estimator(Geometric)
def _(data: Data) -> Geometric:
    return Geometric(1 / (1 + data.mean(data.values)))


@_estimator(DiscreteLaplace)
def _(data: Data) -> DiscreteLaplace:
    """Solve for the rate at which the expected value of |x| is its mean."""
    return DiscreteLaplace(jnp.arcsinh(1 / data.mean(jnp.abs(data.values))))


@_estimator(OneHotCategorical, event_ndim=1)
def _(data: Data) -> OneHotCategorical:
    return OneHotCategorical(data.mean(data.values))


@_estimator(VonMises)
def _(data: Data) -> VonMises:
    r"""The mean direction, and the κ with :math:`I_1(\kappa) / I_0(\kappa)` the mean length."""
    cosine, sine = data.mean(jnp.cos(data.values)), data.mean(jnp.sin(data.values))
    length = hypot(cosine, sine)
    loc = jnp.arctan2(sine, cosine)
    spread = 2 * data.mean(jnp.sin((data.values - loc) / 2) ** 2)  # 1 - length, which cancels
    kappa = length * (2 - length**2) / (spread * (1 + length))
    for _ in range(_STEPS):
        complement, slope = jax.jvp(bessel_ratio_complement, (kappa,), (jnp.ones_like(kappa),))
        error = jnp.where(length < 0.5, length - bessel_ratio(kappa), complement - spread)
        kappa = jnp.maximum(kappa - error / slope, kappa / 4)
    return VonMises(loc, jnp.where(data.is_constant, jnp.inf, kappa))


@_estimator(MultivariateNormalDiag, event_ndim=1)
def _(data: Data) -> MultivariateNormalDiag:
    mean = data.mean(data.values)
    return MultivariateNormalDiag(mean, jnp.sqrt(data.mean((data.values - mean) ** 2)))


@_estimator(MultivariateNormal, event_ndim=1)
def _(data: Data) -> MultivariateNormal:
    mean = data.mean(data.values)
    centered = data.values - mean
    covariance = data.mean(centered[..., :, None] * centered[..., None, :])
    return MultivariateNormal(mean, covariance_matrix=covariance)
