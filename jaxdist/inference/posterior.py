"""Conjugate updates: the posterior of a parameter, given data, in closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.arguments import as_real_numbers
from jaxdist.constraints import Constraint
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.category.categorical import Categorical
from jaxdist.families.category.one_hot_categorical import OneHotCategorical
from jaxdist.families.count.binomial import Binomial
from jaxdist.families.count.geometric import Geometric
from jaxdist.families.count.multinomial import Multinomial
from jaxdist.families.count.negative_binomial import NegativeBinomial
from jaxdist.families.count.poisson import Poisson
from jaxdist.families.interval.beta import Beta
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.matrix.inverse_wishart import InverseWishart
from jaxdist.families.matrix.wishart import Wishart
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.inverse_gamma import InverseGamma
from jaxdist.families.positive.log_normal import LogNormal
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.real.normal import Normal
from jaxdist.families.simplex.dirichlet import Dirichlet
from jaxdist.families.simplex.generalized_dirichlet import GeneralizedDirichlet
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.families.vector.normal_inverse_gamma import NormalInverseGamma
from jaxdist.inference.data import Data, as_data, check_observations
from jaxdist.linalg.triangular import cholesky, gram, solve_lower, solve_lower_matrix
from jaxdist.precision import matmul, matvec
from jaxdist.promotion import numpy_promotion

Update = Callable[..., Distribution]
Support = Callable[..., Constraint]
_UPDATES: dict[tuple[type, type], tuple[Update, str, tuple[str, ...], int, Support]] = {}


def _conjugate(
    prior: type,
    likelihood: type,
    unknown: str,
    known: tuple[str, ...] = (),
    event_ndim: int = 0,
    support: Support | None = None,
) -> Callable[[Update], Update]:
    """Register an update: a decorator.

    Args:
      prior: the class of the prior, and of the posterior.
      likelihood: the class of the distribution of an observation.
      unknown: its parameter that the prior is of.
      known: its other parameters.
      event_ndim: number of axes of an observation.
      support: function of the prior and the other parameters that returns what observations must
        be, if the support of the class of the likelihood depends on parameters.
    """

    def register(update: Update) -> Update:
        of_class: Any = lambda *_, **__: likelihood.support  # type: ignore[attr-defined]
        _UPDATES[prior, likelihood] = update, unknown, known, event_ndim, support or of_class
        return update

    return register


@numpy_promotion
def posterior(
    prior: Distribution,
    likelihood: type[Distribution],
    data: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    **known: ArrayLike,
) -> Distribution:
    r"""Return the posterior distribution of a parameter, given independent observations.

    .. math:: p(\theta \mid x) \propto p(\theta) \prod_i p(x_i \mid \theta)^{w_i}

    The prior is conjugate to the likelihood, so that the posterior is of its family:

    - Beta: `probs` of Bernoulli, Binomial, Geometric or NegativeBinomial
    - Gamma: `rate` of Poisson, Exponential, Gamma or InverseGamma; `alpha` of Pareto
    - Normal: `loc` of Normal or LogNormal
    - NormalInverseGamma: mean and variance of Normal
    - Dirichlet or GeneralizedDirichlet: `probs` of Categorical, OneHotCategorical or Multinomial
    - Pareto: `high` of Uniform, whose `low` is 0
    - MultivariateNormal: `loc` of MultivariateNormal, given `covariance_matrix`
    - Wishart: `precision_matrix` of MultivariateNormal, given `loc`
    - InverseWishart: `covariance_matrix` of MultivariateNormal, given `loc`

    Args:
      prior: the distribution of the parameter.
      likelihood: the class of the distribution of an observation.
      data: observations along a first axis, shape `(n, *batch_shape, *event_shape)`, where
        `batch_shape` broadcasts with that of the prior.
      weights: non-negative, shape `(n,)` or `(n, *batch_shape)`; one each by default.
      **known: the other parameters of the likelihood, of any shape that broadcasts with
        `batch_shape`.

    Returns:
      A distribution of the class of the prior.

    Raises:
      NotImplementedError: if the prior is not conjugate to the likelihood.
      TypeError: if the other parameters of the likelihood are not those given.
      ValueError: if a weight is negative, or an observation is outside of the support.

    Example:
      >>> import jaxdist as jd
      >>> jd.posterior(jd.Beta(1.0, 1.0), jd.Bernoulli, [1, 1, 0, 1])
      Beta(concentration1=4., concentration0=2.)
      >>> jd.posterior(jd.Normal(0.0, 1.0), jd.Normal, [1.0, 2.0, 3.0], scale=1.0)
      Normal(loc=1.5, scale=0.5)

    References:
      Gelman et al. 2013, "Bayesian Data Analysis", chapters 2 and 3.
    """
    require_distribution(prior, "prior")
    is_class = isinstance(likelihood, type)
    entry = _UPDATES.get((type(prior), likelihood)) if is_class else None
    if entry is None:
        pairs = ", ".join(f"({p.__name__}, {q.__name__})" for p, q in _UPDATES)
        name = getattr(likelihood, "__name__", repr(likelihood))
        raise NotImplementedError(
            f"no conjugate update is known for ({type(prior).__name__}, {name}); there are {pairs}"
        )
    update, unknown, names, event_ndim, support = entry
    if set(known) != set(names):
        raise TypeError(
            f"posterior: the prior is of {unknown!r} of {likelihood.__name__}; its other "
            f"parameters are {list(names)}; got {sorted(known)}"
        )
    observed = as_data("posterior", data, weights, event_ndim)
    others = {name: jnp.asarray(as_real_numbers("posterior", name, x)) for name, x in known.items()}
    check_observations(
        f"posterior of {likelihood.__name__}", observed, support(prior, **others), may_be_none=True
    )
    return update(prior, observed, **others)


# --- probabilities -------------------------------------------------------------------------------


@_conjugate(Beta, Bernoulli, "probs")
def _(prior: Beta, data: Data) -> Beta:
    return _after_trials(prior, data.sum(data.values), data.sum(1 - data.values))


@_conjugate(
    *(Beta, Binomial, "probs", ("total_count",)),
    support=lambda prior, total_count: constraints.integer_interval(0, total_count),
)
def _(prior: Beta, data: Data, total_count: Array) -> Beta:
    return _after_trials(prior, data.sum(data.values), data.sum(total_count - data.values))


@_conjugate(Beta, Geometric, "probs")
def _(prior: Beta, data: Data) -> Beta:
    return _after_trials(prior, data.total_weight, data.sum(data.values))


@_conjugate(Beta, NegativeBinomial, "probs", ("total_count",))
def _(prior: Beta, data: Data, total_count: Array) -> Beta:
    """The values count successes, before `total_count` failures."""
    return _after_trials(prior, data.sum(data.values), data.total_weight * total_count)


def _after_trials(prior: Beta, successes: Array, failures: Array) -> Beta:
    return Beta(prior.concentration1 + successes, prior.concentration0 + failures)


def _labels(prior: Dirichlet | GeneralizedDirichlet) -> Constraint:
    return constraints.integer_interval(0, prior.event_shape[0] - 1)


def _counts(prior: Dirichlet | GeneralizedDirichlet) -> Constraint:
    return constraints.independent(constraints.nonnegative_integer, 1)


@_conjugate(Dirichlet, Categorical, "probs", support=_labels)
@_conjugate(GeneralizedDirichlet, Categorical, "probs", support=_labels)
def _(prior: Dirichlet | GeneralizedDirichlet, data: Data) -> Distribution:
    categories = jnp.arange(prior.event_shape[0])
    is_category = (data.values[..., None] == categories).astype(data.values.dtype)
    return _after_choices(prior, data.sum(is_category))


@_conjugate(Dirichlet, OneHotCategorical, "probs", event_ndim=1)
@_conjugate(Dirichlet, Multinomial, "probs", event_ndim=1, support=_counts)
@_conjugate(GeneralizedDirichlet, OneHotCategorical, "probs", event_ndim=1)
@_conjugate(GeneralizedDirichlet, Multinomial, "probs", event_ndim=1, support=_counts)
def _(prior: Dirichlet | GeneralizedDirichlet, data: Data) -> Distribution:
    return _after_choices(prior, data.sum(data.values))


def _after_choices(prior: Dirichlet | GeneralizedDirichlet, counts: Array) -> Distribution:
    """Add the counts; those of later categories did not choose a fraction of the stick."""
    if isinstance(prior, Dirichlet):
        return Dirichlet(prior.concentration + counts)
    later = lax.cumsum(counts, axis=counts.ndim - 1, reverse=True)[..., 1:]
    return GeneralizedDirichlet(
        prior.concentration1 + counts[..., :-1], prior.concentration0 + later
    )


# --- rates ---------------------------------------------------------------------------------------


@_conjugate(Gamma, Poisson, "rate")
def _(prior: Gamma, data: Data) -> Gamma:
    return Gamma(prior.concentration + data.sum(data.values), prior.rate + data.total_weight)


@_conjugate(Gamma, Exponential, "rate")
def _(prior: Gamma, data: Data) -> Gamma:
    return Gamma(prior.concentration + data.total_weight, prior.rate + data.sum(data.values))


@_conjugate(Gamma, Gamma, "rate", ("concentration",))
def _(prior: Gamma, data: Data, concentration: Array) -> Gamma:
    shape = prior.concentration + data.total_weight * concentration
    return Gamma(shape, prior.rate + data.sum(data.values))


@_conjugate(Gamma, InverseGamma, "rate", ("concentration",))
def _(prior: Gamma, data: Data, concentration: Array) -> Gamma:
    shape = prior.concentration + data.total_weight * concentration
    return Gamma(shape, prior.rate + data.sum(1 / data.values))


@_conjugate(
    *(Gamma, Pareto, "alpha", ("scale",)),
    support=lambda prior, scale: constraints.greater_than_eq(scale),
)
def _(prior: Gamma, data: Data, scale: Array) -> Gamma:
    excess = jnp.log1p((data.values - scale) / scale)
    return Gamma(prior.concentration + data.total_weight, prior.rate + data.sum(excess))


# --- locations and ends --------------------------------------------------------------------------


@_conjugate(Normal, Normal, "loc", ("scale",))
def _(prior: Normal, data: Data, scale: Array) -> Normal:
    return _after_measurements(prior, data, data.values, scale)


@_conjugate(Normal, LogNormal, "loc", ("scale",))
def _(prior: Normal, data: Data, scale: Array) -> Normal:
    return _after_measurements(prior, data, jnp.log(data.values), scale)


def _after_measurements(prior: Normal, data: Data, values: Array, scale: Array) -> Normal:
    """Weigh the prior mean and the mean of the data by their precisions."""
    share = data.total_weight * (prior.scale / scale) ** 2  # of the precisions, that of the data
    shift = data.sum(values - prior.loc) * (prior.scale / scale) ** 2 / (1 + share)
    return Normal(prior.loc + shift, prior.scale / jnp.sqrt(1 + share))


@_conjugate(NormalInverseGamma, Normal, "loc, and of the variance,")
def _(prior: NormalInverseGamma, data: Data) -> NormalInverseGamma:
    """Add the scatter around the mean of the data, and that of this mean around the prior's."""
    n = data.total_weight
    mean = data.mean(data.values)
    scatter = data.sum((data.values - mean) ** 2)
    share = n / (prior.count + n)
    shift = mean - prior.loc
    rate = prior.rate + (scatter + prior.count * share * shift**2) / 2
    concentration = prior.concentration + n / 2
    return NormalInverseGamma(prior.loc + share * shift, prior.count + n, concentration, rate)


@_conjugate(MultivariateNormal, MultivariateNormal, "loc", ("covariance_matrix",), event_ndim=1)
def _(prior: MultivariateNormal, data: Data, covariance_matrix: Array) -> MultivariateNormal:
    """Add precisions in the coordinates in which that of the prior is the identity."""
    batch_shape = jnp.broadcast_shapes(
        prior.batch_shape, data.total_weight.shape, covariance_matrix.shape[:-2]
    )
    prior, n = prior.expand(batch_shape), data.total_weight[..., None, None]
    of_data = jnp.broadcast_to(cholesky(covariance_matrix), prior.scale_tril.shape)
    whitened = solve_lower_matrix(of_data, prior.scale_tril)
    transposed = jnp.matrix_transpose(whitened)
    precision = jnp.eye(prior.event_shape[0]) + n * matmul(transposed, whitened)
    factor = cholesky(precision)
    root = solve_lower_matrix(factor, jnp.matrix_transpose(prior.scale_tril))
    total = jnp.broadcast_to(data.sum(data.values - prior.loc), prior.loc.shape)
    pull = solve_lower(factor, matvec(transposed, solve_lower(of_data, total)))
    root_transposed = jnp.matrix_transpose(root)
    loc = prior.loc + matvec(root_transposed, pull)
    return MultivariateNormal(loc, covariance_matrix=gram(root_transposed))


@_conjugate(Wishart, MultivariateNormal, "precision_matrix", ("loc",), event_ndim=1)
def _(prior: Wishart, data: Data, loc: Array) -> Wishart:
    """The precision matrix of the prior, and the scatter of the data, add up."""
    precision = prior.precision_matrix + _scatter(data, loc)
    return Wishart(prior.df + data.total_weight, precision_matrix=precision)


@_conjugate(InverseWishart, MultivariateNormal, "covariance_matrix", ("loc",), event_ndim=1)
def _(prior: InverseWishart, data: Data, loc: Array) -> InverseWishart:
    return InverseWishart(prior.df + data.total_weight, prior.scale_matrix + _scatter(data, loc))


def _scatter(data: Data, loc: Array) -> Array:
    """Sum the outer products of the observations less a location."""
    centered = data.values - loc
    return data.sum(centered[..., :, None] * centered[..., None, :])


@_conjugate(Pareto, Uniform, "high", support=lambda prior: constraints.nonnegative)
def _(prior: Pareto, data: Data) -> Pareto:
    """The lower end of the interval is 0."""
    largest = jnp.max(jnp.where(data.weights > 0, data.values, -jnp.inf), 0)
    return Pareto(jnp.maximum(prior.scale, largest), prior.alpha + data.total_weight)
