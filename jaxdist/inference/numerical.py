"""Maximum likelihood of families without a closed form, and standard errors of estimates."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist.arguments import Shape, as_real_numbers, broadcasts_to, check_callable
from jaxdist.bijections import biject_to
from jaxdist.constraints import Range, is_dependent
from jaxdist.constraints.intervals import is_constant
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.inference.data import Data, as_data, check_observations
from jaxdist.inference.free_parameters import (
    ENDS,
    flatten,
    has_free_parameters,
    parameter_names,
    unflatten,
)
from jaxdist.inference.newton import minimize
from jaxdist.linalg.lapack import eigenvalues, inverse
from jaxdist.promotion import numpy_promotion


def fit_from(start: Distribution, data: Data, fixed: tuple[str, ...]) -> Distribution:
    """Maximize the likelihood by Newton's method, for each batch entry.

    Args:
      start: where to begin, of the batch shape of the data.
      data: the observations.
      fixed: names of the parameters that stay as they are.

    Raises:
      ValueError: if those are all.
    """
    if not has_free_parameters(start, fixed):
        raise ValueError(
            f"fit of {type(start).__name__}: there is nothing to fit; its parameters "
            f"({', '.join(parameter_names(start)) or 'none'}) are given, counts, or ends of a "
            "support: give fewer of them"
        )
    return _over_batch(_fit_one, fixed, start, data.values, data.weights)


@functools.partial(jax.jit, static_argnums=(0, 1))
@numpy_promotion
def _over_batch(
    function: Callable[..., Any],
    fixed: tuple[str, ...],
    d: Distribution,
    values: Array,
    weights: Array,
) -> Any:
    """Apply a function of `fixed`, of one distribution and of its data to each batch entry."""
    one = functools.partial(function, fixed)
    for _ in d.batch_shape:
        one = jax.vmap(one, (0, 1, 1))
    return one(d, values, weights)


def _loss(d: Distribution, values: Array, weights: Array) -> Array:
    """Return minus the weighted mean of the log-likelihood."""
    log_probs = d.log_prob(values)
    terms = jnp.where(weights > 0, weights * log_probs, 0)
    return -jnp.sum(terms) / jnp.sum(weights)


def _fit_one(
    fixed: tuple[str, ...], start: Distribution, values: Array, weights: Array
) -> Distribution:
    minimum = minimize(
        lambda z: _loss(unflatten(start, z, fixed), values, weights), flatten(start, fixed)
    )
    return unflatten(start, minimum.x, fixed)


# --- where to begin ------------------------------------------------------------------------------


def start_of(family: type[Distribution], known: Mapping[str, Array], data: Data) -> Distribution:
    """Return the likeliest of a grid of members of a family, for each batch entry.

    Args:
      family: the class.
      known: parameters that are given.
      data: observations of single numbers.

    Raises:
      TypeError: if a parameter must be given, or one is that is none of the class.
      ValueError: if the shape of a given one does not fit the batch.
    """
    _check_names(family, known)
    batch_shape = data.weights.shape[1:]
    given = {name: _of_batch(family, name, x, batch_shape) for name, x in known.items()}
    return _likeliest(family, given, data.values, data.weights)


def _check_names(family: type[Distribution], known: Mapping[str, Array]) -> None:
    if unknown := sorted(set(known) - set(family._parameters)):
        raise TypeError(
            f"fit: {family.__name__} has the parameters {list(family._parameters)}; got {unknown}"
        )


def _of_batch(family: type[Distribution], name: str, value: Array, batch_shape: Shape) -> Array:
    """Broadcast a given parameter to the batch."""
    end = value.ndim - getattr(family.arg_constraints[name], "event_dim", 0)
    if end < 0:
        raise ValueError(
            f"fit of {family.__name__}: {name!r} must have {value.ndim - end} or more axes; got "
            f"shape {value.shape}"
        )
    check_batch_shape(f"fit of {family.__name__}: {name!r}", value.shape[:end], batch_shape)
    return jnp.broadcast_to(value, batch_shape + value.shape[end:])


def check_batch_shape(owner: str, shape: Shape, batch_shape: Shape) -> None:
    """Check that the batch shape of what is given broadcasts to that of the data."""
    if not broadcasts_to(shape, batch_shape):
        raise ValueError(
            f"{owner} has batch shape {shape}, which does not broadcast to that of the data, "
            f"{batch_shape}. To fit several distributions, give data of shape (n, *batch_shape)"
        )


@functools.partial(jax.jit, static_argnums=0)
@numpy_promotion
def _likeliest(
    family: type[Distribution], known: Mapping[str, Array], values: Array, weights: Array
) -> Distribution:
    makers = _candidates(family, known)
    choices = np.array(list(itertools.product(*(range(len(m)) for m in makers.values()))))

    def one(known: Mapping[str, Array], values: Array, weights: Array) -> Distribution:
        starts = _build(family, known, makers, choices, _Summary.of(values, weights))
        if starts.event_shape:
            raise TypeError(
                f"fit: {family.__name__} is not a distribution of single numbers; give `init`, a "
                "distribution from which to begin"
            )
        losses = jax.vmap(lambda d: _loss(d, values, weights))(starts)
        losses = jnp.where(jnp.isfinite(losses), losses, jnp.inf)
        return jax.tree.map(lambda leaf: leaf[jnp.argmin(losses)], starts)

    for _ in weights.shape[1:]:
        one = jax.vmap(one, (0, 1, 1))
    return one(known, values, weights)


class _Summary(NamedTuple):
    """What starts are made from."""

    mean: Array
    median: Array
    spread: Array
    size: Array

    @classmethod
    def of(cls, values: Array, weights: Array) -> _Summary:
        total = jnp.sum(weights)
        mean = jnp.sum(weights * values) / total
        spread = jnp.sqrt(jnp.sum(weights * (values - mean) ** 2) / total)
        size = jnp.sum(weights * jnp.abs(values)) / total
        floor = jnp.finfo(values.dtype).tiny
        return cls(mean, jnp.median(values), jnp.maximum(spread, floor), jnp.maximum(size, floor))


Start = Callable[[Any, _Summary], Array]  # of a constraint and a summary of the data

_POSITIVE = (0.5, 1.0, 3.0, 12.0)


def _candidates(family: type[Distribution], known: Mapping[str, Any]) -> dict[str, list[Start]]:
    """Return for each free parameter of a class functions of its constraint and a summary."""
    found = {}
    has_alternative = any(name in known for name in family._alternatives)
    for name, field in family._parameters.items():
        if name in known or not field.init:
            continue
        if name in family._alternatives:
            if has_alternative:
                continue
            has_alternative = True
        constraint = family.arg_constraints[name]
        if constraint.is_discrete or name in ENDS:
            raise TypeError(f"fit: give {name!r} of {family.__name__}, which is not fitted")
        if getattr(constraint, "event_dim", 0):
            raise TypeError(
                f"fit: {family.__name__} has vectors or matrices of parameters; give `init`, a "
                "distribution from which to begin"
            )
        found[name] = _starts_of(name)
    return found


def _starts_of(name: str) -> list[Start]:
    """Return starts of a parameter by its name: functions of its constraint and a summary."""
    if name == "loc":
        return [
            lambda c, s: _inside(c, s.median),
            lambda c, s: _inside(c, s.mean),
            lambda c, s: _inside(c, jnp.log(s.size)),
            lambda c, s: _inside(c, jnp.zeros_like(s.mean)),
        ]
    if name == "scale":
        return [
            lambda c, s: s.spread,
            lambda c, s: s.spread / 4,
            lambda c, s: s.size,
            lambda c, s: jnp.ones_like(s.mean),
        ]
    if name == "rate":
        return [
            lambda c, s: 0.5 / s.size,
            lambda c, s: 1 / s.size,
            lambda c, s: 3 / s.size,
            lambda c, s: s.size,
        ]
    return [functools.partial(_typical, k) for k in range(len(_POSITIVE))]


def _inside(constraint: Any, value: Array) -> Array:
    """Return a value, or a small positive one where the constraint asks for that."""
    if isinstance(constraint, Range) and is_constant(constraint.bounds[0], 0):
        return jnp.maximum(value, 1e-3)
    return value


def _typical(k: int, constraint: Any, summary: _Summary) -> Array:
    """Return the k-th typical value in a set."""
    like = summary.mean
    if (
        isinstance(constraint, Range)
        and is_constant(constraint.bounds[0], 0)
        and not is_constant(constraint.bounds[1], 1)
    ):
        return jnp.full_like(like, _POSITIVE[k])
    return biject_to(constraint)(jnp.full_like(like, (0.0, 1.0, -1.0, 2.0)[k]))


def _build(
    family: type[Distribution],
    known: Mapping[str, Array],
    makers: Mapping[str, list[Start]],
    choices: np.ndarray,
    summary: _Summary,
) -> Distribution:
    """Build a batch of members of the family, one parameter after another.

    Args:
      family: the class.
      known: parameters that are given.
      makers: for each of the others functions of its constraint and a summary.
      choices: which function to use for each of them, shape `(members, parameters)`.
      summary: that of the data.
    """
    number = len(choices)
    values: dict[str, Any] = {
        name: jnp.broadcast_to(x, (number, *x.shape)) for name, x in known.items()
    }
    for column, (name, starts) in enumerate(makers.items()):
        constraint = family.arg_constraints[name]
        if is_dependent(constraint):
            constraint = family._parameters[name].metadata["constraint"](_Partial(values))
        options = [jnp.broadcast_to(start(constraint, summary), (number,)) for start in starts]
        values[name] = jnp.stack(options)[choices[:, column], np.arange(number)]
    return family(**values, validate_args=False)


class _Partial:
    """Parameters that are known so far, which the constraints of others may depend on."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)


# --- standard errors -----------------------------------------------------------------------------


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
      data: the observations that it was fitted to.
      weights: as for `fit`.
      fixed: names of the parameters that were given; their errors are 0, as are those of counts
        and of ends of a support.

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
    observed = as_data("standard_errors", data, weights, len(d.event_shape))
    estimate = d.expand(observed.weights.shape[1:])
    check_observations(f"standard_errors of {type(d).__name__}", observed, estimate.support)
    if not has_free_parameters(estimate, fixed):
        return jax.tree.map(jnp.zeros_like, estimate)
    return _over_batch(
        _standard_errors_of_one,
        tuple(fixed),
        estimate,
        observed.values,
        observed.weights,
    )


def _check_fixed(d: Distribution, fixed: Any) -> None:
    names = parameter_names(d)
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
        return _loss(unflatten(d, z, fixed), values, weights) * jnp.sum(weights)

    covariance = _covariance(jax.hessian(loss)(vector))
    jacobian = jax.jacobian(lambda z: unflatten(d, z, fixed))(vector)

    def error(rows: Array) -> Array:
        variance = jnp.einsum("...i,ij,...j->...", rows, covariance, rows, precision="highest")
        return jnp.where(jnp.any(rows != 0, -1), jnp.sqrt(variance), 0)

    return jax.tree.map(error, jacobian)


def _covariance(information: Array) -> Array:
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


class Fit(NamedTuple):
    """A fitted model.

    Attributes:
      parameters: the estimate, a tree as `init`.
      standard_errors: a tree of the same structure; NaN if data do not determine all of them.
      covariance: of the estimates of all entries of the flattened tree, shape `(n, n)`.
      log_likelihood: the sum over the observations.
    """

    parameters: Any
    standard_errors: Any
    covariance: Array
    log_likelihood: Array


@numpy_promotion
def fit_model(
    model: Callable[[Any], Distribution],
    init: Any,
    data: ArrayLike,
    *,
    weights: ArrayLike | None = None,
) -> Fit:
    r"""Fit a regression: a distribution of the data whose parameters are a function of others.

    .. math:: \hat\theta = \arg\max_\theta \sum_i w_i \log p(x_i \mid \theta)

    by Newton's method, with standard errors from the observed Fisher information. The model may use
    covariates and censored observations.

    Args:
      model: maps a tree of real numbers to a distribution, whose batch is that of the
        observations; apply `jnp.exp` to what must be positive.
      init: where to begin, a tree of arrays or numbers.
      data: observations, for `log_prob` of the distribution.
      weights: non-negative, of the shape of the log-probabilities; one each by default.

    Returns:
      A `Fit`.

    Raises:
      TypeError: if the model does not return a distribution.
      ValueError: if `init` holds no numbers, or the likelihood is 0 there.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> age = jnp.array([1.0, 2.0, 3.0, 4.0, 5.0])
      >>> failed = jnp.array([1, 0, 3, 4, 9])
      >>> result = jd.fit_model(
      ...     lambda p: jd.Poisson(jnp.exp(p["intercept"] + p["slope"] * age)),
      ...     {"intercept": 0.0, "slope": 0.0},
      ...     failed,
      ... )
      >>> print(f"{result.parameters['slope']:.2f} +- {result.standard_errors['slope']:.2f}")
      0.71 +- 0.23
    """
    check_callable("fit_model", "model", model)
    tree = jax.tree.map(lambda x: jnp.asarray(as_real_numbers("fit_model", "init", x), float), init)
    leaves, structure = jax.tree.flatten(tree)
    if not any(leaf.size for leaf in leaves):
        raise ValueError(f"fit_model: init must hold numbers to fit; got {init!r}")
    require_distribution(model(tree), "what `model` returns")

    def unravel(vector: Array) -> Any:
        parts, position = [], 0
        for leaf in leaves:
            parts.append(vector[position : position + leaf.size].reshape(leaf.shape))
            position += leaf.size
        return jax.tree.unflatten(structure, parts)

    def loss(vector: Array) -> Array:
        log_probs = model(unravel(vector)).log_prob(data)
        if weights is None:
            return -jnp.sum(log_probs)
        return -jnp.sum(jnp.where(jnp.asarray(weights) > 0, jnp.asarray(weights) * log_probs, 0))

    start = jnp.concatenate([leaf.ravel() for leaf in leaves])
    if not jnp.isfinite(loss(start)):
        raise ValueError("fit_model: the data have probability 0 at `init`; begin elsewhere")
    minimum = jax.jit(lambda start: minimize(loss, start))(start)
    covariance = _covariance(minimum.hessian)
    errors = jnp.sqrt(jnp.diagonal(covariance))
    return Fit(unravel(minimum.x), unravel(errors), covariance, -minimum.value)
