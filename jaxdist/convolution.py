"""The distribution of a sum of two independent variables, where the library has it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax import Array
from jax.experimental import checkify

from jaxdist.argument_checks import get_validation
from jaxdist.bases.trials import stored_parameter
from jaxdist.distribution import Distribution
from jaxdist.divergences.registry import common_batch_shape
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.category.categorical import Categorical
from jaxdist.families.count.binomial import Binomial
from jaxdist.families.count.geometric import Geometric
from jaxdist.families.count.multinomial import Multinomial
from jaxdist.families.count.negative_binomial import NegativeBinomial
from jaxdist.families.count.poisson import Poisson
from jaxdist.families.count.poisson_binomial import PoissonBinomial
from jaxdist.families.count.skellam import Skellam
from jaxdist.families.interval.triangular import Triangular
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.positive.chi2 import Chi2
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.inverse_gaussian import InverseGaussian
from jaxdist.families.positive.levy import Levy
from jaxdist.families.positive.noncentral_chi2 import NoncentralChi2
from jaxdist.families.real.cauchy import Cauchy
from jaxdist.families.real.delta import Delta
from jaxdist.families.real.exponentially_modified_gaussian import ExponentiallyModifiedGaussian
from jaxdist.families.real.normal import Normal
from jaxdist.families.real.normal_inverse_gaussian import NormalInverseGaussian
from jaxdist.families.vector.circulant_normal import CirculantNormal
from jaxdist.families.vector.low_rank_multivariate_normal import LowRankMultivariateNormal
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.linalg.square_root import lower_factor
from jaxdist.linalg.triangular import cholesky, diagonal_matrix
from jaxdist.precision import narrow, widen
from jaxdist.promotion import numpy_promotion
from jaxdist.pytree import is_concrete
from jaxdist.special import hypot, masked_logsumexp
from jaxdist.wrappers.affine import Shifted
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.mixture_same_family import MixtureSameFamily

Formula = Callable[[Any, Any], Distribution]
F = TypeVar("F", bound=Formula)

_TABLE: dict[tuple[type[Distribution], type[Distribution]], Formula] = {}
_TOLERANCE = 4.0  # in eps, of parameters that must be equal


@numpy_promotion
def convolve(p: Distribution, q: Distribution) -> Distribution:
    """Return the distribution of x + y, for independent x from p and y from q.

    The sum stays in the library for: two `Normal`, `Cauchy`, `Levy`, `Poisson`, `Skellam`, `Chi2`
    or `NoncentralChi2`; normal vectors of any kinds; `Gamma` and `Exponential` of one rate;
    `Bernoulli` (`PoissonBinomial` if they differ), `Binomial`, `Geometric`, `NegativeBinomial` and
    `Multinomial` of one probability; `InverseGaussian` of one concentration / loc^2;
    `NormalInverseGaussian` of one tailweight and skew; `Uniform` of one width (`Triangular`);
    `Normal` and `Exponential` (`ExponentiallyModifiedGaussian`); `Categorical`; `Delta` and any
    continuous distribution of numbers (`Shifted`); a `MixtureSameFamily` of one of these and the
    other; and for `Independent` of these.

    Parameters that must be equal are compared up to rounding. Under `jax.jit`, `vmap` or `grad`
    they may not be known yet: the parameter of the sum is then NaN where they differ, which
    `jaxdist.validation("checkify")` reports through `checkify`.

    Args:
      p: the distribution of x.
      q: that of y, with the same event shape.

    Returns:
      A distribution with the batch shape of both broadcast together.

    Raises:
      NotImplementedError: if the library has no distribution of the sum.
      TypeError: if p or q is not a distribution.
      ValueError: if the event shapes differ, or the batch shapes do not broadcast.

    Example:
      >>> import jaxdist as jd
      >>> jd.convolve(jd.Normal(1.0, 3.0), jd.Normal(2.0, 4.0))
      Normal(loc=3., scale=5.)
      >>> jd.convolve(jd.Exponential(2.0), jd.Gamma(3.0, 2.0))
      Gamma(concentration=4., rate=2.)
      >>> two_dice = jd.convolve(jd.Categorical([1.0] * 6), jd.Categorical([1.0] * 6))
      >>> print(f"{two_dice.log_prob(5):.4f} = log(6 / 36)")
      -1.7918 = log(6 / 36)
    """
    common_batch_shape(p, q)
    formula = _find(type(p), type(q))
    if formula is None:
        raise _missing(p, q)
    dtype = jnp.result_type(p.dtype, q.dtype)
    total = formula(widen(p), widen(q))
    return jax.tree.map(lambda leaf: narrow(leaf, dtype), total)


def _find(type_p: type[Distribution], type_q: type[Distribution]) -> Formula | None:
    for pair in itertools.product(type_p.__mro__, type_q.__mro__):
        if pair in _TABLE:
            return _TABLE[pair]
        if pair[::-1] in _TABLE:
            formula = _TABLE[pair[::-1]]
            return lambda p, q: formula(q, p)
    return None


def _missing(p: Distribution, q: Distribution, why: str = "") -> NotImplementedError:
    return NotImplementedError(
        f"the sum of independent draws of {type(p).__name__} and {type(q).__name__} has no "
        f"distribution here{why and f' unless {why}'}; write a jaxdist.Program that draws both"
    )


def _sum_of(*pairs: tuple[type[Distribution], type[Distribution]]) -> Callable[[F], F]:
    """Add a formula for pairs of classes, in either order: a decorator."""

    def register(formula: F) -> F:
        _TABLE.update(dict.fromkeys(pairs, formula))
        return formula

    return register


def _shared(p: Distribution, q: Distribution, what: str, x: Array, y: Array) -> Array:
    """Return a parameter that both must share; NaN where a traced one differs.

    Raises:
      NotImplementedError: if the parameters are known and differ.
    """
    known = is_concrete(x) and is_concrete(y)
    error = _missing(p, q, f"they have equal {what}")
    with jax.ensure_compile_time_eval() if known else nullcontext():
        size = jnp.maximum(jnp.abs(x), jnp.abs(y))
        rounding = _TOLERANCE * jnp.finfo(jnp.result_type(p.dtype, q.dtype)).eps * size
        same = (x == y) | (jnp.abs(x - y) <= rounding)
        if known and not jnp.all(same):
            raise error
    if get_validation() == "checkify" and not known:
        checkify.check(jnp.all(same), str(error))
    return jnp.where(same, x, math.nan)


def _is_known_to_be_shared(p: Distribution, q: Distribution, x: Array, y: Array) -> bool:
    try:
        return is_concrete(x) and is_concrete(y) and _shared(p, q, "", x, y) is not None
    except NotImplementedError:
        return False


# --- real and positive numbers -------------------------------------------------------------------


@_sum_of((Normal, Normal))
def _normal(p: Normal, q: Normal) -> Normal:
    return Normal(p.loc + q.loc, hypot(p.scale, q.scale), validate_args=False)


@_sum_of((Cauchy, Cauchy))
def _cauchy(p: Cauchy, q: Cauchy) -> Cauchy:
    return Cauchy(p.loc + q.loc, p.scale + q.scale, validate_args=False)


@_sum_of((Levy, Levy))
def _levy(p: Levy, q: Levy) -> Levy:
    scale = (jnp.sqrt(p.scale) + jnp.sqrt(q.scale)) ** 2
    return Levy(p.loc + q.loc, scale, validate_args=False)


@_sum_of((Normal, Exponential))
def _normal_exponential(p: Normal, q: Exponential) -> ExponentiallyModifiedGaussian:
    return ExponentiallyModifiedGaussian(p.loc, p.scale, q.rate, validate_args=False)


@_sum_of((ExponentiallyModifiedGaussian, Normal))
def _modified_normal(p: ExponentiallyModifiedGaussian, q: Normal) -> ExponentiallyModifiedGaussian:
    both = _normal(Normal(p.loc, p.scale, validate_args=False), q)
    return ExponentiallyModifiedGaussian(both.loc, both.scale, p.rate, validate_args=False)


@_sum_of((NormalInverseGaussian, NormalInverseGaussian))
def _normal_inverse_gaussian(
    p: NormalInverseGaussian, q: NormalInverseGaussian
) -> NormalInverseGaussian:
    tailweight = _shared(p, q, "tailweight", p.tailweight, q.tailweight)
    skew = _shared(p, q, "skew", p.skew, q.skew)
    loc, scale = p.loc + q.loc, p.scale + q.scale
    return NormalInverseGaussian(loc, scale, tailweight, skew, validate_args=False)


@_sum_of((Delta, Distribution))
def _shifted(p: Delta, q: Distribution) -> Distribution:
    if isinstance(q, Delta):
        return Delta(p.loc + q.loc, validate_args=False)
    if q.support.is_discrete:
        raise _missing(p, q)
    return Shifted(q, p.loc)


def _as_gamma(d: Gamma | Exponential) -> tuple[Array, Array]:
    concentration = d.concentration if isinstance(d, Gamma) else jnp.ones_like(d.rate)
    return concentration, d.rate


@_sum_of((Gamma, Gamma), (Gamma, Exponential), (Exponential, Exponential))
def _gamma(p: Gamma | Exponential, q: Gamma | Exponential) -> Gamma:
    (a, rate), (b, other) = _as_gamma(p), _as_gamma(q)
    return Gamma(a + b, _shared(p, q, "rate", rate, other), validate_args=False)


@_sum_of((Chi2, Chi2))
def _chi2(p: Chi2, q: Chi2) -> Chi2:
    return Chi2(p.df + q.df, validate_args=False)


@_sum_of((NoncentralChi2, NoncentralChi2), (NoncentralChi2, Chi2))
def _noncentral_chi2(p: NoncentralChi2, q: NoncentralChi2 | Chi2) -> NoncentralChi2:
    more = q.noncentrality if isinstance(q, NoncentralChi2) else 0
    return NoncentralChi2(p.df + q.df, p.noncentrality + more, validate_args=False)


@_sum_of((InverseGaussian, InverseGaussian))
def _inverse_gaussian(p: InverseGaussian, q: InverseGaussian) -> InverseGaussian:
    ratios = (d.concentration / d.loc / d.loc for d in (p, q))
    ratio = _shared(p, q, "concentration / loc^2", *ratios)
    loc = p.loc + q.loc
    return InverseGaussian(loc, ratio * loc * loc, validate_args=False)


@_sum_of((Uniform, Uniform))
def _triangular(p: Uniform, q: Uniform) -> Triangular:
    width = _shared(p, q, "width", p.high - p.low, q.high - q.low)
    low = p.low + q.low
    return Triangular(low, low + 2 * width, low + width, validate_args=False)


# --- counts and categories -----------------------------------------------------------------------


@_sum_of((Poisson, Poisson))
def _poisson(p: Poisson, q: Poisson) -> Poisson:
    return Poisson(p.rate + q.rate, validate_args=False)


@_sum_of((Skellam, Skellam), (Skellam, Poisson))
def _skellam(p: Skellam, q: Skellam | Poisson) -> Skellam:
    more, less = (q.rate1, q.rate2) if isinstance(q, Skellam) else (q.rate, 0)
    return Skellam(p.rate1 + more, p.rate2 + less, validate_args=False)


Trials = Bernoulli | Binomial | PoissonBinomial


def _parameters(p: Any, q: Any) -> tuple[str, Array, Array]:
    """Return the parameter that both store, `probs` if they store different ones."""
    stored = {name for d in (p, q) for name in stored_parameter(d)}
    name = "logits" if stored == {"logits"} else "probs"
    return name, getattr(p, name), getattr(q, name)


@_sum_of((Binomial, Binomial), (Binomial, Bernoulli))
def _binomial(p: Binomial | Bernoulli, q: Binomial | Bernoulli) -> Binomial:
    name, x, y = _parameters(p, q)
    count, other = (d.total_count if isinstance(d, Binomial) else 1 for d in (p, q))
    return Binomial(count + other, **{name: _shared(p, q, name, x, y)}, validate_args=False)


@_sum_of((PoissonBinomial, PoissonBinomial), (PoissonBinomial, Bernoulli))
def _poisson_binomial(p: Trials, q: Trials) -> PoissonBinomial:
    name, *parameters = _parameters(p, q)
    x, y = (
        value if isinstance(d, PoissonBinomial) else value[..., None]
        for d, value in zip((p, q), parameters, strict=True)
    )
    return PoissonBinomial(**{name: _side_by_side(x, y)}, validate_args=False)


@_sum_of((Bernoulli, Bernoulli))
def _trials(p: Bernoulli, q: Bernoulli) -> Binomial | PoissonBinomial:
    """Return a binomial count if both are known to have one probability."""
    _, x, y = _parameters(p, q)
    return _binomial(p, q) if _is_known_to_be_shared(p, q, x, y) else _poisson_binomial(p, q)


def _as_negative_binomial(d: NegativeBinomial | Geometric) -> NegativeBinomial:
    if isinstance(d, NegativeBinomial):
        return d
    return NegativeBinomial(jnp.ones_like(d.logits), logits=-d.logits, validate_args=False)


@_sum_of(
    (NegativeBinomial, NegativeBinomial), (NegativeBinomial, Geometric), (Geometric, Geometric)
)
def _negative_binomial(
    p: NegativeBinomial | Geometric, q: NegativeBinomial | Geometric
) -> NegativeBinomial:
    a, b = _as_negative_binomial(p), _as_negative_binomial(q)
    name, x, y = _parameters(a, b)
    shared = {name: _shared(p, q, "probs", x, y)}
    return NegativeBinomial(a.total_count + b.total_count, **shared, validate_args=False)


@_sum_of((Multinomial, Multinomial))
def _multinomial(p: Multinomial, q: Multinomial) -> Multinomial:
    name, x, y = _parameters(p, q)
    shared = {name: _shared(p, q, name, x, y)}
    return Multinomial(p.total_count + q.total_count, **shared, validate_args=False)


@_sum_of((Categorical, Categorical))
def _categorical(p: Categorical, q: Categorical) -> Categorical:
    """Sum the products of all pairs of probabilities, as logarithms, by the sum of the labels."""
    n, m = p.num_categories, q.num_categories
    labels = jnp.arange(n + m - 1)[:, None] - jnp.arange(n)  # of y, for each sum and each x
    possible = (labels >= 0) & (labels < m)
    of_y = q.logits[..., jnp.clip(labels, 0, m - 1)]
    terms = p.logits[..., None, :] + jnp.where(possible, of_y, -math.inf)
    return Categorical(logits=masked_logsumexp(terms), validate_args=False)


# --- mixtures ------------------------------------------------------------------------------------


@_sum_of((MixtureSameFamily, Distribution))
def _mixture(p: MixtureSameFamily, q: Distribution) -> MixtureSameFamily:
    """The sum with each component."""
    weights = p.mixture_distribution.expand(common_batch_shape(p, q))
    components = convolve(p.component_distribution, q[..., None])
    return MixtureSameFamily(weights, components, validate_args=False)


# --- vectors -------------------------------------------------------------------------------------

NormalVector = (
    MultivariateNormal | MultivariateNormalDiag | LowRankMultivariateNormal | CirculantNormal
)
_KINDS = (MultivariateNormal, MultivariateNormalDiag, LowRankMultivariateNormal)


def _columns(d: NormalVector) -> Array:
    """Return a matrix whose product with its transpose is the covariance."""
    if isinstance(d, MultivariateNormal):
        return jnp.tril(d.scale_tril)
    if isinstance(d, MultivariateNormalDiag):
        return diagonal_matrix(d.scale_diag)
    if isinstance(d, CirculantNormal):
        return cholesky(d.covariance_matrix)
    own = diagonal_matrix(jnp.sqrt(d.cov_diag))
    return jnp.concatenate([d.cov_factor, own], -1)


def _side_by_side(x: Array, y: Array) -> Array:
    shape = jnp.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    return jnp.concatenate([jnp.broadcast_to(m, (*shape, m.shape[-1])) for m in (x, y)], -1)


@_sum_of(
    *((MultivariateNormal, kind) for kind in (*_KINDS, CirculantNormal)),
    (CirculantNormal, MultivariateNormalDiag),
    (CirculantNormal, LowRankMultivariateNormal),
)
def _normal_vector(p: NormalVector, q: NormalVector) -> MultivariateNormal:
    factor = lower_factor(_side_by_side(_columns(p), _columns(q)))
    return MultivariateNormal(p.loc + q.loc, scale_tril=factor, validate_args=False)


@_sum_of((CirculantNormal, CirculantNormal))
def _circulant(p: CirculantNormal, q: CirculantNormal) -> CirculantNormal:
    eigenvalues = p.covariance_rfft + q.covariance_rfft
    return CirculantNormal(p.loc + q.loc, covariance_rfft=eigenvalues, validate_args=False)


@_sum_of((MultivariateNormalDiag, MultivariateNormalDiag))
def _diagonal(p: MultivariateNormalDiag, q: MultivariateNormalDiag) -> MultivariateNormalDiag:
    scale = hypot(p.scale_diag, q.scale_diag)
    return MultivariateNormalDiag(p.loc + q.loc, scale, validate_args=False)


@_sum_of(
    (LowRankMultivariateNormal, MultivariateNormalDiag),
    (LowRankMultivariateNormal, LowRankMultivariateNormal),
)
def _low_rank(
    p: LowRankMultivariateNormal, q: LowRankMultivariateNormal | MultivariateNormalDiag
) -> LowRankMultivariateNormal:
    if isinstance(q, LowRankMultivariateNormal):
        factor, variances = _side_by_side(p.cov_factor, q.cov_factor), p.cov_diag + q.cov_diag
    else:
        factor, variances = p.cov_factor, p.cov_diag + q.scale_diag**2
    return LowRankMultivariateNormal(p.loc + q.loc, factor, variances, validate_args=False)


@_sum_of((Independent, Independent))
def _independent(p: Independent, q: Independent) -> Independent:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise _missing(p, q, "as many axes are reinterpreted")
    total = convolve(p.base_dist, q.base_dist)
    return Independent(total, p.reinterpreted_batch_ndims, validate_args=False)
