"""Flows given a context: distributions of x given c, such as posteriors given data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.arguments import as_real_numbers
from jaxdist.pytree import Pytree
from jaxdist.wrappers.transformed import TransformedDistribution


class WithContext(Pytree):
    """A network of vectors, to which a context is appended.

    Args:
      network: function of vectors of numbers and then of the context.
      context: shape `(context_dim,)`.
    """

    network: Any
    context: Array

    def __call__(self, x: Array) -> Array:
        """Evaluate the network at each vector."""
        context = jnp.broadcast_to(self.context, (*x.shape[:-1], *self.context.shape))
        return self.network(jnp.concatenate([x, context.astype(x.dtype)], -1))


class ConditionalFlow(Pytree):
    r"""A normalizing flow whose networks also take a context, :math:`p(x \mid c)`.

    `coupling`, `neural_spline` and `masked_autoregressive` return one if `context_dim` is given.
    Its leaves are the weights, for an optimizer.

    Attributes:
      flow: the flow at a context of zeros.

    Example:
      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> flow = jd.flows.coupling(jax.random.key(0), 2, context_dim=3, num_layers=2)
      >>> contexts, x = jnp.ones((5, 3)), jnp.zeros((5, 2))
      >>> flow.log_prob(x, contexts).shape  # of each x given its context
      (5,)
      >>> flow(jnp.ones(3)).sample(jax.random.key(1), 7).shape
      (7, 2)
      >>> flow.sample(jax.random.key(1), contexts).shape
      (5, 2)

    References:
      Winkler et al. 2019, "Learning likelihoods with conditional normalizing flows".
    """

    flow: TransformedDistribution

    @property
    def context_dim(self) -> int:
        """Length of the context."""
        networks = jax.tree.leaves(self.flow, is_leaf=_has_context)
        return next(n.context.shape[-1] for n in networks if _has_context(n))

    def __call__(self, context: ArrayLike) -> TransformedDistribution:
        """Return the distribution given one context.

        Args:
          context: shape `(context_dim,)`.
        """
        c = self._as_context(context)
        if c.ndim != 1:
            raise ValueError(
                f"ConditionalFlow: call it with one context, of shape ({self.context_dim},); got "
                f"{c.shape}. For several, use `log_prob` and `sample`, or jax.vmap"
            )
        return jax.tree.map(
            lambda node: WithContext(node.network, c) if _has_context(node) else node,
            self.flow,
            is_leaf=_has_context,
        )

    def log_prob(self, value: ArrayLike, context: ArrayLike) -> Array:
        """Evaluate the log-density of values given contexts.

        Args:
          value: shape `(..., dim)`.
          context: shape `(..., context_dim)`, of axes that broadcast with those of the values.

        Returns:
          Shape `(...)`.
        """
        x = jnp.asarray(as_real_numbers("ConditionalFlow", "the value", value), float)
        return self._over_contexts(lambda d, x: d.log_prob(x), x, self._as_context(context), 1)

    def sample(
        self, key: Array, context: ArrayLike, sample_shape: int | Sequence[int] = ()
    ) -> Array:
        """Draw given contexts, with the gradient stopped.

        Args:
          key: a PRNG key.
          context: shape `(..., context_dim)`.
          sample_shape: shape of the draws for each context.

        Returns:
          Shape `(..., *sample_shape, dim)`.
        """
        return self._draw("sample", key, context, sample_shape)

    def rsample(
        self, key: Array, context: ArrayLike, sample_shape: int | Sequence[int] = ()
    ) -> Array:
        """Draw given contexts, with a pathwise derivative: see `sample`."""
        return self._draw("rsample", key, context, sample_shape)

    def _draw(
        self, method: str, key: Array, context: ArrayLike, sample_shape: int | Sequence[int]
    ) -> Array:
        c = self._as_context(context)
        keys = jax.random.split(key, c.shape[:-1]) if c.ndim > 1 else key
        draw = lambda d, k: getattr(d, method)(k, sample_shape)
        return self._over_contexts(draw, keys, c, keys.ndim - c.ndim + 1)

    def _over_contexts(self, function: Any, value: Array, context: Array, event_ndim: int) -> Array:
        """Map a function of the distribution given a context and of a value over all axes."""
        shape = jnp.broadcast_shapes(value.shape[: value.ndim - event_ndim], context.shape[:-1])
        value = jnp.broadcast_to(value, shape + value.shape[value.ndim - event_ndim :])
        context = jnp.broadcast_to(context, shape + context.shape[-1:])
        one = lambda x, c: function(self(c), x)
        for _ in shape:
            one = jax.vmap(one)
        return one(value, context)

    def _as_context(self, context: ArrayLike) -> Array:
        c = jnp.asarray(as_real_numbers("ConditionalFlow", "context", context), float)
        if c.ndim and c.shape[-1] == self.context_dim:
            return c
        raise ValueError(
            f"ConditionalFlow: the last axis of context must have length {self.context_dim}; got "
            f"shape {c.shape}"
        )


def _has_context(node: object) -> bool:
    return isinstance(node, WithContext)
