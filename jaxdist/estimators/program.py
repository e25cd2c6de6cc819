"""Expectations over one distribution, or over a program that draws one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import jax
from jax import Array, lax

from jaxdist.distribution import Distribution
from jaxdist.estimators.control import DeltaMethod
from jaxdist.estimators.enumeration import Enumeration, support_size
from jaxdist.estimators.estimator import Estimator, Integrand, parts
from jaxdist.estimators.measure import MeasureValued
from jaxdist.estimators.pathwise import Pathwise
from jaxdist.estimators.rebar import Rebar
from jaxdist.estimators.relaxed import GumbelSoftmax, StraightThrough
from jaxdist.estimators.score import LeaveOneOut, ScoreFunction
from jaxdist.estimators.subsets import WithoutReplacement
from jaxdist.validation import check_key
from jaxdist.wrappers.joint import Joint

_FEW = 64  # values up to which enumeration is the default

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
    r"""Estimate the mean of a function of a draw, with the derivatives of the estimator you choose.

    .. math:: E_{x \sim p(x; \theta)}[f(x; \theta)]

    `jax.grad` of this, in the parameters of the distribution and in those that f closes over,
    estimates the gradient of the expectation; so do `jax.jvp` and `jax.hessian`, to the order that
    the estimator is good for.

    By default the derivative is pathwise where the distribution has one; at most 64 values are
    enumerated; otherwise it is the score function with the mean of the other draws as baseline.
    A `Joint` for which none of these is right for all parts takes its parts one after the other.

    Args:
      f: from a draw of shape `batch_shape + event_shape` (a tree for a `Joint`) to an array or a
        tree of arrays. A batch is drawn as one: for an expectation of each of its members, use
        `jax.vmap` over them.
      dist: what to draw from.
      key: a PRNG key.
      num_samples: how many draws; the set size of "without_replacement".
      estimator: one of `jaxdist.estimators`, or a name: "pathwise", "score_function",
        "leave_one_out", "enumeration", "measure_valued", "straight_through", "gumbel_softmax",
        "rebar", "without_replacement", "delta_method". For a `Joint` also a tree of these, one for
        each part.
      has_aux: whether f returns a pair, of which the second part is averaged too, but not
        differentiated.

    Returns:
      The mean of what f returns.

    Raises:
      NotImplementedError: if the estimator is not for this distribution; it names those that are.
      ValueError: if there is no estimator of that name, or the number of draws is not for it.

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
    _check_number(num_samples)
    value = _expect(lambda x, _: f(x), dist, check_key(key), num_samples, estimator)
    return _stop_aux(value) if has_aux else value


Program = Callable[["Draw", Array], Any]  # the key is for what follows the last draw


class Draw:
    """What a program draws with: `x = draw(dist, estimator=None, num_samples=None)`."""

    def __init__(self, past: tuple[Any, ...]) -> None:
        self._past = past
        self._count = 0

    def __call__(
        self, dist: Distribution, estimator: Any = None, num_samples: int | None = None
    ) -> Any:
        """Draw; estimator and number of draws are chosen as for `jaxdist.expectation`."""
        if self._count < len(self._past):
            self._count += 1
            return self._past[self._count - 1]
        raise _Pause(dist, estimator, num_samples)


class _Pause(BaseException):
    """Stops a program at a draw; not an error, so that no program catches it."""

    def __init__(self, dist: Distribution, estimator: Any, num_samples: int | None) -> None:
        self.dist = dist
        self.estimator = estimator
        self.num_samples = num_samples


def program_expectation(
    program: Callable[[Draw], Any], key: Array, *, num_samples: int = 1, has_aux: bool = False
) -> Any:
    r"""Estimate the mean of what a program returns that draws in sequence.

    .. math:: E_{x_1 \sim p_1} E_{x_2 \sim p_2(\cdot | x_1)} \dots [f(x_1, x_2, \dots)]

    Each draw has its own estimator, for which all that follows is the integrand: scores weigh what
    came after, an enumerated draw runs the rest for every value, and pathwise derivatives go
    through later distributions. The program is run once more for every draw, and has to be a pure
    function: what it returns depends on its draws alone, and it draws outside of `jax.lax` loops
    and branches, though it may be called inside of them, and of `jax.jit` and `jax.vmap`. For
    scores of a rollout made by a scan, see `jaxdist.dice`.

    Args:
      program: gets `draw`, and calls `draw(dist, estimator=None, num_samples=None)` as often as it
        wants.
      key: a PRNG key.
      num_samples: how many draws are made where the program first draws without enumerating; later
        there is a single one for each of them, unless `draw` is told another number.
      has_aux: whether the program returns a pair, of which the second part is averaged too, but not
        differentiated.

    Returns:
      The mean of what the program returns.

    Raises:
      NotImplementedError: if an estimator is not for its distribution; it names those that are.

    References:
      Lew et al. 2023, "ADEV: Sound automatic differentiation of expected values of probabilistic
      programs"; Schulman et al. 2015.

    Example:
      >>> import jax, jaxdist as jd
      >>> def game(theta):
      ...     def program(draw):
      ...         heads = draw(jd.Bernoulli(theta), "enumeration")
      ...         noise = draw(jd.Normal(theta * heads, 1.0))
      ...         return noise * heads  # E = theta^2
      ...     return jd.program_expectation(program, jax.random.key(0), num_samples=10_000)
      >>> print(f"{jax.grad(game)(0.5):.1f}")
      1.0
    """
    _check_number(num_samples)
    value = _run(lambda draw, _: program(draw), check_key(key), num_samples, ())
    return _stop_aux(value) if has_aux else value


def _run(program: Program, key: Array, num_samples: int, past: tuple[Any, ...]) -> Any:
    """Run a program whose first draws are known."""
    try:
        return program(Draw(past), key)
    except _Pause as pause:
        dist, estimator, here = pause.dist, pause.estimator, pause.num_samples
    if here is not None:
        _check_number(here)
        num_samples = here
    after = num_samples if _is_exact(choose(dist, num_samples, estimator)) else 1

    def resume(x: Any, key: Array) -> Any:
        return _run(program, key, after, (*past, x))

    try:
        return _expect(resume, dist, key, num_samples, estimator)
    except jax.errors.UnexpectedTracerError as error:
        raise RuntimeError(
            "a program must call `draw` outside of jax.jit, jax.vmap and the loops and branches of "
            "jax.lax; transform the whole expectation instead, or see jaxdist.dice for rollouts"
        ) from error


def _expect(f: Integrand, dist: Distribution, key: Array, num_samples: int, estimator: Any) -> Any:
    chosen = choose(dist, num_samples, estimator)
    if isinstance(chosen, Estimator):
        return chosen.expect(f, dist, key, num_samples)
    joint = cast(Joint, dist)
    order = sorted(range(len(chosen)), key=lambda i: _rank(chosen[i]))

    def in_sequence(draw: Draw, key: Array) -> Any:
        drawn = {i: draw(parts(joint)[i], chosen[i]) for i in order}
        return f(joint.unflatten([drawn[i] for i in range(len(chosen))]), key)

    return _run(in_sequence, key, num_samples, ())


def choose(dist: Distribution, num_samples: int, estimator: Any) -> Estimator | list[Estimator]:
    """Return the estimator that was asked for, or the default.

    Args:
      dist: what is drawn from.
      num_samples: how many draws.
      estimator: None, a name, an estimator, or a tree of these like that of a `Joint`.

    Returns:
      An estimator that supports the distribution, or a list of one for each part of a `Joint`.
    """
    if not isinstance(dist, Distribution):
        raise TypeError(f"expected a jaxdist Distribution to draw from; got {dist!r}")
    if estimator is None:
        found = _default(dist, num_samples)
    elif isinstance(estimator, str):
        found = _named(estimator)
    elif isinstance(estimator, Estimator):
        found = estimator
    elif isinstance(dist, Joint):
        return _choose_each(dist, num_samples, estimator)
    else:
        raise TypeError(
            f"estimator must be a name, one of {', '.join(NAMED)}, or one of jaxdist.estimators; "
            f"got {estimator!r}"
        )
    if found is None or (isinstance(dist, Joint) and not found.takes_joint):
        return [cast(Estimator, choose(part, num_samples, found)) for part in parts(dist)]
    return _supported(found, dist)


def _choose_each(dist: Joint, num_samples: int, tree: Any) -> list[Estimator]:
    is_leaf = lambda node: node is None or isinstance(node, Estimator)
    asked = jax.tree.leaves(tree, is_leaf=is_leaf)
    if len(asked) != len(parts(dist)):
        raise ValueError(
            f"the estimators of a Joint must be a tree like its own; got {len(asked)} for "
            f"{len(parts(dist))} parts"
        )
    pairs = zip(parts(dist), asked, strict=True)
    return [cast(Estimator, choose(part, num_samples, estimator)) for part, estimator in pairs]


def _default(d: Distribution, num_samples: int) -> Estimator | None:
    """The default estimator; None for a `Joint` whose parts have different ones."""
    if Pathwise().supports(d):
        return Pathwise()
    if Enumeration().supports(d) and support_size(d) <= _FEW:
        return Enumeration()
    scores = LeaveOneOut() if num_samples > 1 else ScoreFunction()
    if isinstance(d, Joint):
        each = [_default(part, num_samples) for part in parts(d)]
        return scores if all(type(e) is type(scores) for e in each) else None
    return scores


def _named(name: str) -> Estimator:
    if name not in NAMED:
        raise ValueError(f"estimator must be one of {', '.join(NAMED)}; got {name!r}")
    return NAMED[name]


def _supported(estimator: Estimator, d: Distribution) -> Estimator:
    refusal = estimator._refusal(d)
    if refusal is None:
        return estimator
    others = ", ".join(repr(name) for name in applicable(d)) or "none that has a name"
    raise NotImplementedError(
        f"{type(estimator).__name__} is not for {type(d).__name__}: {refusal}. Estimators that "
        f"are: {others}"
    )


def applicable(d: Distribution) -> list[str]:
    """Names of the estimators that support a distribution."""
    return [name for name, estimator in NAMED.items() if estimator.supports(d)]


def _is_exact(chosen: Estimator | list[Estimator]) -> bool:
    each = chosen if isinstance(chosen, list) else [chosen]
    return all(estimator.is_exact for estimator in each)


def _rank(estimator: Estimator) -> int:
    """Exact sums first, then what has the use of several draws, then what has the path."""
    return 0 if estimator.is_exact else 2 if isinstance(estimator, Pathwise) else 1


def _check_number(num_samples: int) -> None:
    if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples < 1:
        raise ValueError(f"num_samples must be a positive integer; got {num_samples!r}")


def _stop_aux(pair: Any) -> tuple[Any, Any]:
    value, aux = pair
    return value, lax.stop_gradient(aux)
