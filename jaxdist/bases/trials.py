"""Probabilities of the two outcomes of a Bernoulli trial, exact from `probs` and from `logits`."""

from __future__ import annotations

import math
from typing import Protocol

import jax.numpy as jnp
from jax import Array

from jaxdist.special import (
    Probability,
    log_prob_of_trials,
    masked_log,
    p_log_p,
    sigmoid,
    softplus,
    times_sigmoid,
    xlog1py,
    xlogy,
)

_SURE = 40.0  # logits of a trial whose less likely outcome is negligible beside the other


class Trial(Protocol):
    """A distribution that stores the `probs` or the `logits` of a success."""

    @property
    def probs(self) -> Array:
        """Probability of success."""

    @property
    def logits(self) -> Array:
        """Log-odds of success."""


def _has_exact_logits(d: Trial) -> bool:
    """Whether a trial stores its logits, or another parameter from which it computes them."""
    return "probs" not in vars(d)


def sigmoid_of_logits(d: Trial) -> Array:
    """Return the probability of success of a trial that stores its logits."""
    return sigmoid(d.logits)


def logit_of_probs(d: Trial) -> Array:
    """Return the log-odds of success of a trial that stores its probability."""
    return jnp.log(d.probs) - jnp.log1p(-d.probs)


def stored_parameter(d: Trial) -> dict[str, Array]:
    """Return the stored one of `probs` and `logits`, as a keyword argument of a constructor."""
    name = "logits" if "logits" in vars(d) else "probs"
    return {name: vars(d)[name]}


def failure_prob(d: Trial) -> Array:
    """Return the probability of failure."""
    return sigmoid(-d.logits) if _has_exact_logits(d) else 1 - d.probs


def success_odds(d: Trial) -> Array:
    """Return the ratio of the probabilities of success and failure."""
    return jnp.exp(d.logits) if _has_exact_logits(d) else d.probs / (1 - d.probs)


def times_success_prob(number: Array, d: Trial) -> Array:
    """Return a number times the probability of success, also where that underflows."""
    if _has_exact_logits(d):
        return times_sigmoid(number, d.logits)
    return number * d.probs


def times_failure_prob(number: Array, d: Trial) -> Array:
    """Return a number times the probability of failure, also where that underflows."""
    if _has_exact_logits(d):
        return times_sigmoid(number, -d.logits)
    return number * failure_prob(d)


def log_success_prob(d: Trial) -> Array:
    """Return the log-probability of success; for `probs` 0, `-inf` with a finite gradient."""
    if _has_exact_logits(d):
        return -softplus(-d.logits)
    return masked_log(d.probs)


def log_failure_prob(d: Trial) -> Array:
    """Return the log-probability of failure; for `probs` 1, `-inf` with a finite gradient."""
    if _has_exact_logits(d):
        return -softplus(d.logits)
    return _masked_log_complement(d.probs)


def _masked_log_complement(probs: Array) -> Array:
    certain = probs == 1
    return jnp.where(certain, -math.inf, jnp.log1p(-jnp.where(certain, 0, probs)))


def trial_probability(d: Trial) -> Probability:
    """Return the probabilities of success and failure, and their logarithms."""
    return Probability(d.probs, failure_prob(d), log_success_prob(d), log_failure_prob(d))


def bernoulli_log_prob(d: Trial, success: Array) -> Array:
    """Return the log-probability of outcomes, given as booleans."""
    if _has_exact_logits(d):
        return -softplus(jnp.where(success, -d.logits, d.logits))
    of_success = masked_log(jnp.where(success, d.probs, 1))
    of_failure = _masked_log_complement(jnp.where(success, 0, d.probs))
    return jnp.where(success, of_success, of_failure)


def log_prob_of_sequence(d: Trial, successes: Array | int, failures: Array | int) -> Array:
    """Return the log-probability of a sequence of trials, given the numbers of both outcomes.

    It is `-inf` with gradient 0 where an outcome has probability 0.
    """
    if _has_exact_logits(d):
        logits = d.logits
        outcomes = (jnp.asarray(number, logits.dtype) for number in (successes, failures))
        return log_prob_of_trials(*outcomes, logits)
    impossible = ((d.probs == 0) & (successes > 0)) | ((d.probs == 1) & (failures > 0))
    probs = jnp.where(impossible, 0.5, d.probs)
    return jnp.where(impossible, -math.inf, xlogy(successes, probs) + xlog1py(failures, -probs))


def bernoulli_entropy(d: Trial) -> Array:
    """Return the entropy of one trial, in nats."""
    success = p_log_p(d.probs, log_success_prob(d))
    entropy = -(success + p_log_p(failure_prob(d), log_failure_prob(d)))
    if not _has_exact_logits(d):
        return entropy
    # Of two probabilities the smaller one may underflow, but not its product with a logarithm.
    size = jnp.where(d.logits < 0, -d.logits, d.logits)
    is_sure = (size > _SURE) & (size < math.inf)
    size = jnp.where(is_sure, size, _SURE)
    return jnp.where(is_sure, times_sigmoid(size + 1, -size), entropy)
