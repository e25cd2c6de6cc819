"""Generating functions of categories, and of counts of them."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.bases.trials import trial_probability
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.count.multinomial import Multinomial
from jaxdist.generating_functions.averages import (
    average_of_exponentials,
    log_average_of_exponentials,
    log_average_of_trial,
    polar,
)
from jaxdist.generating_functions.registry import CHARACTERISTIC, CUMULANT
from jaxdist.special import masked_log_softmax


@CUMULANT.register(Bernoulli)
def bernoulli(d: Bernoulli, t: Array) -> Array:
    """Return the logarithm of the average of 1 and an exponential."""
    return log_average_of_trial(trial_probability(d), t)


@CHARACTERISTIC.register(Bernoulli)
def bernoulli_characteristic(d: Bernoulli, t: Array) -> Array:
    """Return the average of 1 and a number on the unit circle."""
    return 1 - 2 * d.probs * jnp.sin(t / 2) ** 2 + 1j * (d.probs * jnp.sin(t))


@CUMULANT.register(Multinomial)
def multinomial(d: Multinomial, t: Array) -> Array:
    """Return that of as many draws of one category."""
    return d.total_count * log_average_of_exponentials(masked_log_softmax(d.logits), t)


@CHARACTERISTIC.register(Multinomial)
def multinomial_characteristic(d: Multinomial, t: Array) -> Array:
    """Return a power of the function of one category."""
    one = average_of_exponentials(masked_log_softmax(d.logits), t)
    return polar(d.total_count * jnp.log(jnp.abs(one)), d.total_count * jnp.angle(one))
