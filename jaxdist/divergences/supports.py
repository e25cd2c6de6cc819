"""Whether q's support contains p's: if p has mass outside q's support, KL(p || q) is infinite."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.constraints import Range
from jaxdist.distribution import Distribution


def contains_support(q: Distribution, p: Distribution) -> Array:
    """Return whether the support of q contains that of p.

    Args:
      q: a distribution whose support is a `Range`.
      p: another one.

    Returns:
      Booleans, of the shape of both batch shapes broadcast together.
    """
    assert isinstance(q.support, Range)
    assert isinstance(p.support, Range)
    (q_low, q_high), (p_low, p_high) = q.support.bounds, p.support.bounds
    return (jnp.asarray(p_low) >= q_low) & (jnp.asarray(p_high) <= q_high)


def never_contains_support(q: Distribution, p: Distribution) -> bool:
    """Return whether p has mass outside q's support whatever the parameters are."""
    if not (isinstance(q.support, Range) and isinstance(p.support, Range)):
        return False
    (q_low, q_high), (p_low, p_high) = q.support.bounds, p.support.bounds
    return _is_less(p_low, q_low) or _is_less(q_high, p_high)


def _is_less(a: object, b: object) -> bool:
    """Return whether a < b, if neither depends on parameters."""
    return isinstance(a, int | float) and isinstance(b, int | float) and a < b


def infinite_outside_support(p: Distribution, q: Distribution, divergence: Array) -> Array:
    """Replace a divergence by infinity, with gradient 0, where p has mass outside q's support.

    Infinite divergences also get the gradient 0.
    """
    return jnp.where(contains_support(q, p) & (divergence < math.inf), divergence, math.inf)


def infinite_divergence(p: Distribution, q: Distribution) -> Array:
    """Divergence of pairs where p always has mass outside q's support."""
    return jnp.full((), math.inf)
