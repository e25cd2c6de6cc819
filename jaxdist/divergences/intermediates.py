r"""Members of one exponential family between two others, or beyond them.

.. math:: m(x) \propto p(x)^w q(x)^{1 - w}

Its natural parameters are w times those of p plus 1 - w times those of q.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.bases.trials import log_success_prob
from jaxdist.distribution import Distribution
from jaxdist.divergences.shared_parameters import are_shared
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.families.category.one_hot_categorical import OneHotCategorical
from jaxdist.families.circle.von_mises import VonMises
from jaxdist.families.count.binomial import Binomial
from jaxdist.families.count.discrete_laplace import DiscreteLaplace
from jaxdist.families.count.log_series import LogSeries
from jaxdist.families.count.multinomial import Multinomial
from jaxdist.families.count.negative_binomial import NegativeBinomial
from jaxdist.families.count.zipf import Zipf
from jaxdist.families.interval.logit_normal import LogitNormal
from jaxdist.families.interval.tanh_normal import TanhNormal
from jaxdist.families.positive.chi import Chi
from jaxdist.families.positive.half_normal import HalfNormal
from jaxdist.families.positive.inverse_gaussian import InverseGaussian
from jaxdist.families.positive.maxwell import Maxwell
from jaxdist.families.real.normal import Normal
from jaxdist.families.simplex.logistic_normal import LogisticNormal
from jaxdist.families.vector.circulant_normal import CirculantNormal
from jaxdist.families.vector.low_rank_multivariate_normal import LowRankMultivariateNormal
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.special import log1mexp, quotient
from jaxdist.special.hyperbolic import hypot
from jaxdist.wrappers.independent import Independent

Mix = Callable[[Array, Array], Array]
Formula = Callable[[Any, Any, Mix], Distribution]
NORMAL_VECTORS = (
    CirculantNormal,
    LowRankMultivariateNormal,
    MultivariateNormal,
    MultivariateNormalDiag,
)


class Entry(NamedTuple):
    """A formula of the table, and the parameters that both distributions must have in common."""

    formula: Formula
    shared: tuple[str, ...]


_TABLE: dict[type[Distribution], Entry] = {}


def _between(
    *families: type[Distribution], shared: tuple[str, ...] = ()
) -> Callable[[Formula], Formula]:
    """Add a formula for two members of each of some families: a decorator."""

    def register(formula: Formula) -> Formula:
        _TABLE.update(dict.fromkeys(families, Entry(formula, shared)))
        return formula

    return register


def require_family(what: str, p: Distribution, q: Distribution) -> Array:
    """Return where p and q are members of one exponential family.

    Args:
      what: the divergence, for errors.
      p: a distribution.
      q: another one.

    Raises:
      NotImplementedError: if they are known to be none.
    """
    names = f"{type(p).__name__} and {type(q).__name__}"
    if isinstance(p, Independent) and isinstance(q, Independent):
        if p.reinterpreted_batch_ndims == q.reinterpreted_batch_ndims:
            same = require_family(what, p.base_dist, q.base_dist)
            return jnp.all(same, tuple(range(-min(same.ndim, p.reinterpreted_batch_ndims), 0)))
    elif (entry := _find(p, q)) is not None:
        error = NotImplementedError(
            f"the {what} of {names} is known where they have equal {' and '.join(entry.shared)}"
        )
        return are_shared([(getattr(p, name), getattr(q, name)) for name in entry.shared], error)
    raise NotImplementedError(
        f"the {what} is known for two members of one exponential family; got {names}"
    )


def _find(p: Distribution, q: Distribution) -> Entry | None:
    """Return the formula of two members of one family."""
    if isinstance(p, NORMAL_VECTORS) and isinstance(q, NORMAL_VECTORS) and type(p) is not type(q):
        return Entry(_normal_vectors, ())
    if type(p) is not type(q):
        return None
    of_class = next((_TABLE[kind] for kind in type(p).__mro__ if kind in _TABLE), None)
    is_family = isinstance(p, ExponentialFamily)
    return Entry(_by_natural_parameters, ()) if of_class is None and is_family else of_class


def intermediate(p: Distribution, q: Distribution, weight: Array) -> tuple[Any, Any, Any, Array]:
    """Return p and q of one batch shape, the member between them, and whether it exists.

    Where it does not, p is in its place.

    Args:
      p: a member of an exponential family.
      q: another one.
      weight: that of the natural parameters of p; any real number.
    """
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape, weight.shape)
    p, q, weight = p.expand(shape), q.expand(shape), jnp.broadcast_to(weight, shape)
    everywhere = jnp.ones(shape, bool)
    exists = _is_valid(_member(*jax.lax.stop_gradient((p, q, weight)), everywhere))
    return p, q, _member(p, q, weight, exists), exists


def _member(p: Distribution, q: Distribution, weight: Array, exists: Array) -> Distribution:
    def mix(a: Array, b: Array) -> Array:
        """Average two parameters, whose axes begin with those of the batch."""
        extra = tuple(range(weight.ndim - a.ndim, 0))
        w, is_some = (jnp.expand_dims(x, extra) for x in (weight, exists))
        alike = a == b
        x, y = (jnp.where(alike & jnp.isinf(a), 0, v) for v in (a, b))  # masked logits
        mixed = jnp.where(alike, x + (1 - w) * (y - x), w * x + (1 - w) * y)
        return jnp.where(is_some & ~(alike & jnp.isinf(a)), mixed, a)

    if isinstance(p, Independent) and isinstance(q, Independent):
        return Independent(_formula(p.base_dist, q.base_dist, mix), p.reinterpreted_batch_ndims)
    return _formula(p, q, mix)


def _formula(p: Distribution, q: Distribution, mix: Mix) -> Distribution:
    if isinstance(p, Independent) and isinstance(q, Independent):
        return Independent(_formula(p.base_dist, q.base_dist, mix), p.reinterpreted_batch_ndims)
    entry = _find(p, q)
    assert entry is not None
    return entry.formula(p, q, mix)


def _is_valid(d: Distribution) -> Array:
    """Return whether the parameters satisfy their constraints, shape `batch_shape`."""
    if isinstance(d, Independent):
        return jnp.all(_is_valid(d.base_dist), tuple(range(-d.reinterpreted_batch_ndims, 0)))
    checks = (
        d.arg_constraints[name].check(value) | ((name == "logits") & (value == -math.inf))
        if d.arg_constraints[name].event_dim == 0
        else d.arg_constraints[name].check(value)
        for name, value in d._stored().items()
        if not d.arg_constraints[name].is_discrete
    )
    return functools.reduce(jnp.logical_and, checks)


def _by_natural_parameters(p: Any, q: Any, mix: Mix) -> Any:
    return p.from_natural_parameters(*map(mix, p.natural_parameters, q.natural_parameters))


@_between(Binomial, Multinomial, shared=("total_count",))
def _trials(p: Any, q: Any, mix: Mix) -> Distribution:
    logits = mix(p.logits, q.logits)
    return type(p)(p.total_count, logits=logits, validate_args=False)


@_between(NegativeBinomial, shared=("total_count",))
def _negative_binomial(p: NegativeBinomial, q: NegativeBinomial, mix: Mix) -> NegativeBinomial:
    log_prob = mix(log_success_prob(p), log_success_prob(q))
    return NegativeBinomial(p.total_count, logits=_logit_of_log(log_prob), validate_args=False)


@_between(LogSeries)
def _log_series(p: LogSeries, q: LogSeries, mix: Mix) -> LogSeries:
    log_prob = mix(log_success_prob(p), log_success_prob(q))
    return LogSeries(logits=_logit_of_log(log_prob), validate_args=False)


def _logit_of_log(log_prob: Array) -> Array:
    """Return the logit of a probability; NaN if that is 1 or more."""
    return jnp.where(log_prob == 0, math.nan, log_prob - log1mexp(-log_prob))


@_between(OneHotCategorical)
def _one_hot(p: OneHotCategorical, q: OneHotCategorical, mix: Mix) -> OneHotCategorical:
    return OneHotCategorical(logits=mix(p.logits, q.logits), validate_args=False)


@_between(DiscreteLaplace)
def _discrete_laplace(p: DiscreteLaplace, q: DiscreteLaplace, mix: Mix) -> DiscreteLaplace:
    return DiscreteLaplace(mix(p.rate, q.rate), validate_args=False)


@_between(Zipf)
def _zipf(p: Zipf, q: Zipf, mix: Mix) -> Zipf:
    return Zipf(mix(p.power, q.power), validate_args=False)


@_between(Chi)
def _chi(p: Chi, q: Chi, mix: Mix) -> Chi:
    return Chi(mix(p.df, q.df), validate_args=False)


@_between(HalfNormal, Maxwell)
def _scales(p: Any, q: Any, mix: Mix) -> Distribution:
    """Average the inverses of the squares, relative to one of them: they may overflow."""
    ratio = quotient(p.scale, q.scale)
    of_square = mix(jnp.ones_like(ratio), ratio**2)
    return type(p)(p.scale / jnp.sqrt(of_square), validate_args=False)


@_between(LogitNormal, TanhNormal, LogisticNormal)
def _of_normal(p: Any, q: Any, mix: Mix) -> Distribution:
    """Average the normal distributions that are mapped to an interval or the simplex."""
    normal = _by_natural_parameters(_normal_behind(p), _normal_behind(q), mix)
    return type(p)(normal.loc, normal.scale, validate_args=False)


def _normal_behind(d: Any) -> Normal:
    return Normal(d.loc, d.scale, validate_args=False)


@_between(InverseGaussian)
def _inverse_gaussian(p: InverseGaussian, q: InverseGaussian, mix: Mix) -> InverseGaussian:
    """Average the factors of -1 / 2x, and of -x / 2."""
    concentration = mix(p.concentration, q.concentration)
    slope = mix(*(d.concentration / d.loc / d.loc for d in (p, q)))
    return InverseGaussian(jnp.sqrt(concentration / slope), concentration, validate_args=False)


@_between(VonMises)
def _von_mises(p: VonMises, q: VonMises, mix: Mix) -> VonMises:
    """Average the vectors of which the concentrations are the lengths."""
    angle = q.loc - p.loc
    x = mix(p.concentration, q.concentration * jnp.cos(angle))
    y = mix(jnp.zeros_like(angle), q.concentration * jnp.sin(angle))
    length = hypot(x, y)
    is_some = length > 0
    turn = jnp.arctan2(jnp.where(is_some, y, 0), jnp.where(is_some, x, 1))
    return VonMises(p.loc + turn, length, validate_args=False)


@_between(CirculantNormal, LowRankMultivariateNormal, MultivariateNormalDiag)
def _normal_vectors(p: Any, q: Any, mix: Mix) -> Distribution:
    if isinstance(p, MultivariateNormalDiag) and isinstance(q, MultivariateNormalDiag):
        normal = _by_natural_parameters(_entries(p), _entries(q), mix)
        return MultivariateNormalDiag(normal.loc, normal.scale, validate_args=False)
    member: Distribution = _by_natural_parameters(_with_matrix(p), _with_matrix(q), mix)
    return member


def _entries(d: MultivariateNormalDiag) -> Normal:
    return Normal(d.loc, d.scale_diag, validate_args=False)


def _with_matrix(d: Any) -> MultivariateNormal:
    if isinstance(d, MultivariateNormal):
        return d
    return MultivariateNormal(d.loc, covariance_matrix=d._covariance(), validate_args=False)
