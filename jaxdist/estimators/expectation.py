"""The expectation of a function of a draw, and the choice of its estimator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import jax
from jax import Array, lax

from jaxdist.arguments import as_integer, check_callable, check_flag, check_key, describe
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.estimators.control_variates import DeltaMethod
from jaxdist.estimators.enumeration import Enumeration, support_size
from jaxdist.estimators.estimator import Estimator, Integrand, joint_parts
from jaxdist.estimators.measure_valued import MeasureValued
from jaxdist.estimators.pathwise import Pathwise
from jaxdist.estimators.rebar import Rebar
from jaxdist.estimators.relaxation import GumbelSoftmax, StraightThrough
from jaxdist.estimators.score_function import LeaveOneOut, ScoreFunction
from jaxdist.estimators.without_replacement import WithoutReplacement
from jaxdist.wrappers.joint import Joint

_MAX_ENUMERATED = 64  # values up to which enumeration is the default

NAMED: dict[str, Estimator] = {
    "pathwise": Pathwise(),
    "score_function": ScoreFunction(),
    "leave_one_out": LeaveOneOut(),
    "enumeration": Enumeration(),
    "measure_valued": MeasureValued(),
    "straight_through": StraightThrough(),
    "gumbel_softmax": GumbelSoftmax(),
    "rebar": Rebar(),
    "without_replacement": WithoutReplacement(),
    "delta_method": DeltaMethod(),
}


def expectation(
    f: Callable[[Any], Any],
    dist: Distribution,
    key: Array,
    *,
    num_samples: int = 1,
    estimator: Any = None,
    has_aux: bool = False,
) -> Any:
    r"""Estimate the mean of a function of a draw, with derivatives by the estimator you choose.

    .. math:: E_{x \sim p(x; \theta)}[f(x; \theta)]

    `jax.grad` of this function estimates the gradient of the expectation in the parameters of the
    distribution and in the parameters that f closes over. `jax.jvp` and `jax.hessian` estimate
    their derivatives too, up to the order that the estimator supports.

    The default estimator is "pathwise" for distributions with a pathwise derivative, "enumeration"
    for distributions with at most 64 values, and "leave_one_out" for all others ("score_function"
    if there is one draw). If the parts of a `Joint` have different defaults, they are drawn in
    sequence, each with its own.

    Args:
      f: function from a draw of shape `batch_shape + event_shape` (a tree for a `Joint`) to an
        array or a tree of arrays. A batch is drawn as one: for the expectations of its members, use
        `jax.vmap`.
      dist: distribution to draw from.
      key: a PRNG key.
      num_samples: number of draws; for "without_replacement" the size of the set.
      estimator: one of `jaxdist.estimators`, or a name: "pathwise", "score_function",
        "leave_one_out", "enumeration", "measure_valued", "straight_through", "gumbel_softmax",
        "rebar", "without_replacement", "delta_method". For a `Joint` also a tree of these, one for
        each part.
      has_aux: whether f returns a pair, whose second element is averaged but not differentiated.

    Returns:
      The mean of what f returns.

    Raises:
      NotImplementedError: if the estimator does not support the distribution. The message names
        the estimators that do.
      ValueError: if there is no estimator of that name, or it does not support the number of draws.

    References:
      Schulman et al. 2015, "Gradient estimation using stochastic computation graphs"; Mohamed et
      al. 2020, "Monte Carlo Gradient Estimation in Machine Learning".

    Example:
      The gradient of E[x^2] under Normal(mu, 1) is 2 mu.

      >>> import jax, jaxdist as jd
      >>> def objective(mu, estimator):
      ...     return jd.expectation(lambda x: x**2, jd.Normal(mu, 1.0), jax.random.key(0),
      ...                           num_samples=100_000, estimator=estimator)
      >>> [f"{jax.grad(objective)(1.5, e):.1f}" for e in ("pathwise", "leave_one_out")]
      ['3.0', '3.0']
    """
    check_callable("expectation", "f", f)
    check_flag("expectation", "has_aux", has_aux)
    check_num_samples(num_samples)
    value = expect(lambda x, _: f(x), dist, check_key(key), num_samples, estimator)
    return stop_aux(value) if has_aux else value


def expect(f: Integrand, dist: Distribution, key: Array, num_samples: int, estimator: Any) -> Any:
    """Estimate the mean of an integrand; the arguments are those of `expectation`."""
    chosen = choose(dist, num_samples, estimator)
    if isinstance(chosen, Estimator):
        return chosen.expect(f, dist, key, num_samples)
    joint = cast(Joint, dist)
    parts = joint_parts(joint)
    order = sorted(range(len(parts)), key=lambda i: _rank(chosen[i]))

    def expect_rest(draws: dict[int, Any], key: Array, num_samples: int) -> Any:
        """Estimate the mean given the draws of the first parts."""
        if len(draws) == len(parts):
            return f(joint.unflatten([draws[i] for i in range(len(parts))]), key)
        i = order[len(draws)]
        later = num_samples if chosen[i].is_exact else 1
        rest = lambda x, key: expect_rest({**draws, i: x}, key, later)
        return chosen[i].expect(rest, parts[i], key, num_samples)

    return expect_rest({}, key, num_samples)


def choose(dist: Distribution, num_samples: int, estimator: Any) -> Estimator | list[Estimator]:
    """Return the estimator for a distribution.

    Args:
      dist: distribution to draw from.
      num_samples: number of draws.
      estimator: None for the default, a name, an estimator, or a tree of these like that of a
        `Joint`.

    Returns:
      An estimator that supports the distribution, or a list of one for each part of a `Joint`.
    """
    require_distribution(dist, "dist")
    if estimator is None:
        found = _default(dist, num_samples)
    elif isinstance(estimator, str):
        found = _named(estimator)
    elif isinstance(estimator, Estimator):
        found = estimator
    elif isinstance(dist, Joint):
        return _choose_for_parts(dist, num_samples, estimator)
    else:
        raise TypeError(
            f"estimator must be a name, one of {', '.join(NAMED)}, or one of jaxdist.estimators; "
            f"got {estimator!r}"
        )
    if found is None or (isinstance(dist, Joint) and not found.takes_joint):
        return [cast(Estimator, choose(part, num_samples, found)) for part in joint_parts(dist)]
    return _require_support(found, dist)


def _choose_for_parts(dist: Joint, num_samples: int, tree: Any) -> list[Estimator]:
    is_leaf = lambda node: node is None or isinstance(node, Estimator)
    estimators, parts = jax.tree.leaves(tree, is_leaf=is_leaf), joint_parts(dist)
    if len(estimators) != len(parts):
        raise ValueError(
            "the estimators of a Joint must be a tree like its own; got "
            f"{len(estimators)} for {len(parts)} parts"
        )
    return [
        cast(Estimator, choose(part, num_samples, estimator))
        for part, estimator in zip(parts, estimators, strict=True)
    ]


def _default(d: Distribution, num_samples: int) -> Estimator | None:
    """Return the default estimator; None for a `Joint` whose parts have different ones."""
    if Pathwise().supports(d):
        return Pathwise()
    if Enumeration().supports(d) and support_size(d) <= _MAX_ENUMERATED:
        return Enumeration()
    score = LeaveOneOut() if num_samples > 1 else ScoreFunction()
    if isinstance(d, Joint):
        defaults = [_default(part, num_samples) for part in joint_parts(d)]
        return score if all(type(e) is type(score) for e in defaults) else None
    return score


def _named(name: str) -> Estimator:
    if name not in NAMED:
        raise ValueError(f"estimator must be one of {', '.join(NAMED)}; got {name!r}")
    return NAMED[name]


def _require_support(estimator: Estimator, d: Distribution) -> Estimator:
    reason = estimator.unsupported_reason(d)
    if reason is None:
        return estimator
    others = ", ".join(repr(name) for name in applicable(d)) or "none that has a name"
    raise NotImplementedError(
        f"{type(estimator).__name__} does not support {type(d).__name__}: {reason}. Estimators "
        f"that do: {others}"
    )


def applicable(d: Distribution) -> list[str]:
    """Return the names of the estimators that support a distribution.

    Example:
      >>> import jaxdist as jd
      >>> jd.estimators.applicable(jd.Uniform(0.0, 1.0))
      ['pathwise']
    """
    require_distribution(d)
    return [name for name, estimator in NAMED.items() if estimator.supports(d)]


def _rank(estimator: Estimator) -> int:
    """Order the parts of a `Joint`: exact sums first, pathwise derivatives last.

    Only the first part that is not enumerated has several draws, of which pathwise derivatives,
    having little variance, make the least use.
    """
    return 0 if estimator.is_exact else 2 if isinstance(estimator, Pathwise) else 1


def check_num_samples(num_samples: int) -> None:
    """Raise a ValueError unless the number of draws is a positive integer."""
    as_integer("expectation", "num_samples", num_samples, minimum=1)


def stop_aux(pair: Any) -> tuple[Any, Any]:
    """Stop the gradient of the second element of a pair."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(
            "with has_aux=True, the function must return a pair, of what is averaged and of other "
            f"results; got {describe(pair)}"
        )
    value, aux = pair
    return value, lax.stop_gradient(aux)
