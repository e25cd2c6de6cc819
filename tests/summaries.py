"""Single numbers of distributions and of arrays."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxdist as jd


def summary(d: jd.Distribution, name: str) -> Any:
    """The value of a property, or of a method without arguments."""
    attribute = getattr(d, name)
    return attribute() if callable(attribute) else attribute


def weighted_total(x: Array) -> Array:
    """Sum with weights that differ, for what always has the same sum, as probabilities have."""
    weights = np.linspace(1, 2, np.size(x)).reshape(np.shape(x))
    x = x.astype(jnp.promote_types(x.dtype, jnp.float32))
    return jnp.sum(x * weights.astype(x.dtype))
