"""MaskedAutoregressive: each entry of a vector is transformed given those before it."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.transforms.conditioner import ConditionedTransform


class MaskedAutoregressive(ConditionedTransform):
    r"""Masked autoregressive flow.

    .. math:: y_i = t(x_i; \mathrm{conditioner}(x)_i), \quad
              \mathrm{conditioner}(x)_i \text{ depends on } x_{1:i-1} \text{ alone}

    The inverse computes the entries one after another, in n steps. For an inverse autoregressive
    flow, which samples in one step, use `inv`.

    Papamakarios et al. (2017), "Masked autoregressive flow for density estimation"; Kingma et al.
    (2016), "Improving variational inference with inverse autoregressive flow".

    Args:
      conditioner: a function, or callable pytree whose arrays become leaves, from vectors, shape
        `(..., n)`, to parameters, the i-th of which depend on entries before the i-th only; for
        example a masked network.
      transform: a function of these parameters that returns an elementwise transform of values of
        shape `(..., n)`.
    """

    def _forward(self, x: Array) -> Array:
        return self._conditioned_on(x)._forward(x)

    def _inverse(self, y: Array) -> Array:
        """Iterate n times: after i iterations the first i entries are exact."""

        def iterate(x: Array, _: None) -> tuple[Array, None]:
            return self._conditioned_on(x)._inverse(y), None

        return lax.scan(iterate, vary_with(jnp.zeros_like(y), self), length=y.shape[-1])[0]

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.sum(self._conditioned_on(x)._log_det(x, y), -1)
