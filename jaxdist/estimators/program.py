"""The expectation of a program that draws in sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax import Array

from jaxdist.arguments import check_callable, check_flag, check_key
from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import Estimator
from jaxdist.estimators.expectation import check_num_samples, choose, expect, stop_aux

Program = Callable[["Draw", Array], Any]  # program(draw, key), where the key follows the last draw


class Draw:
    """The function by which a program draws: `x = draw(dist, estimator=None, num_samples=None)`.

    A name may precede the distribution, as in the models of `jaxdist.Program`.
    """

    def __init__(self, past: tuple[Any, ...]) -> None:
        self._past = past
        self._count = 0

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Draw from a distribution; `estimator` is as for `jaxdist.expectation`.

        `num_samples` is the number of draws for each draw before it, 1 by default.
        """
        named = bool(arguments) and isinstance(arguments[0], str)
        return self._draw(*arguments[named:], **options)

    def _draw(
        self, dist: Distribution, estimator: Any = None, num_samples: int | None = None
    ) -> Any:
        if self._count < len(self._past):
            self._count += 1
            return self._past[self._count - 1]
        raise _Pause(dist, estimator, num_samples)


class _Pause(BaseException):
    """Stops a program at a draw. It is no `Exception`, so that programs do not catch it."""

    def __init__(self, dist: Distribution, estimator: Any, num_samples: int | None) -> None:
        self.dist = dist
        self.estimator = estimator
        self.num_samples = num_samples


def program_expectation(
    program: Callable[[Draw], Any], key: Array, *, num_samples: int = 1, has_aux: bool = False
) -> Any:
    r"""Estimate the mean of what a program returns that draws in sequence.

    .. math:: E_{x_1 \sim p_1} E_{x_2 \sim p_2(\cdot | x_1)} \dots [f(x_1, x_2, \dots)]

    Each draw has its own estimator, whose integrand is the rest of the program: scores multiply
    what comes after the draw, an enumerated draw runs the rest for every value, and pathwise
    derivatives go through later distributions.

    The program is run once for every draw, and must be a pure function: what it returns depends on
    its draws alone. It must not draw inside `jax.lax` loops and branches, but may itself be called
    inside them, `jax.jit` and `jax.vmap`. For the score function of a rollout by `jax.lax.scan`,
    see `jaxdist.dice`.

    Args:
      program: function of `draw`, which calls `draw(dist, estimator=None, num_samples=None)` any
        number of times; a name may precede the distribution, as in a `Program`.
      key: a PRNG key.
      num_samples: number of draws where the program first draws without enumerating; for each of
        them, later distributions are drawn from once, unless `draw` is given another number.
      has_aux: whether the program returns a pair, whose second element is averaged but not
        differentiated.

    Returns:
      The mean of what the program returns.

    Raises:
      NotImplementedError: if an estimator does not support its distribution. The message names
        the estimators that do.

    References:
      Lew et al. 2023, "ADEV: Sound automatic differentiation of expected values of probabilistic
      programs"; Schulman et al. 2015, "Gradient estimation using stochastic computation graphs".

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
    check_callable("program_expectation", "program", program)
    check_flag("program_expectation", "has_aux", has_aux)
    check_num_samples(num_samples)
    value = _run(lambda draw, _: program(draw), check_key(key), num_samples, ())
    return stop_aux(value) if has_aux else value


def _run(program: Program, key: Array, num_samples: int, past: tuple[Any, ...]) -> Any:
    """Run a program whose first draws are known."""
    try:
        return program(Draw(past), key)
    except _Pause as pause:
        dist, estimator, requested = pause.dist, pause.estimator, pause.num_samples
    if requested is not None:
        check_num_samples(requested)
        num_samples = requested
    later = num_samples if _is_exact(choose(dist, num_samples, estimator)) else 1

    def rest(x: Any, key: Array) -> Any:
        return _run(program, key, later, (*past, x))

    try:
        return expect(rest, dist, key, num_samples, estimator)
    except jax.errors.UnexpectedTracerError as error:
        raise RuntimeError(
            "a program must call `draw` outside of jax.jit, jax.vmap and the loops and branches of "
            "jax.lax; transform the whole expectation instead, or see jaxdist.dice for rollouts"
        ) from error


def _is_exact(chosen: Estimator | list[Estimator]) -> bool:
    estimators = chosen if isinstance(chosen, list) else [chosen]
    return all(estimator.is_exact for estimator in estimators)
