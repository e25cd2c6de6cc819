"""Derivatives of draws in the parameters of their distribution, attached after the fact."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable

from jax import Array

from jaxdist.promotion import custom_jvp


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def attach_derivatives(
    derivatives: Callable[..., tuple[Array, ...]], draw: Array, *parameters: Array
) -> Array:
    r"""Give a draw its derivatives in the parameters, :math:`dx = \sum_i s_i\, d\theta_i`.

    Args:
      derivatives: maps the draw and the parameters to the derivative in each parameter.
      draw: any shape; its own derivative is dropped.
      *parameters: broadcastable to the shape of the draw.

    Returns:
      `draw`. Where no derivative is taken, it costs nothing.
    """
    return draw


@attach_derivatives.defjvp
def _attach_derivatives_jvp(
    derivatives: Callable[..., tuple[Array, ...]],
    primals: tuple[Array, ...],
    tangents: tuple[Array, ...],
) -> tuple[Array, Array]:
    (draw, *parameters), (_, *dots) = primals, tangents
    draw = attach_derivatives(derivatives, draw, *parameters)
    slopes = derivatives(draw, *parameters)
    return draw, functools.reduce(operator.add, map(operator.mul, slopes, dots))
