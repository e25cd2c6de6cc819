"""The log-determinant of each entry of an event, where entries are transformed by themselves."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

from jaxdist.transforms.elementwise import ElementwiseTransform
from jaxdist.transforms.independent import IndependentTransform
from jaxdist.transforms.transform import Transform


def log_slopes(parts: Sequence[Transform], x: Array) -> Array:
    """Evaluate log |dy/dx| of each entry of x, behind transforms of single numbers in order.

    Raises:
      NotImplementedError: if a transform is not known to be one of single numbers.
    """
    total = jnp.zeros_like(x)
    for part in parts:
        while isinstance(part, IndependentTransform):
            part = part.base_transform
        if not isinstance(part, ElementwiseTransform):
            raise NotImplementedError(
                "TransformedDistribution has no log_prob where single points of the "
                f"base distribution have a probability and {part!r} transforms entries together; "
                "use transforms of single numbers, such as AffineTransform and ExpTransform"
            )
        total = total + part._log_slope(x)
        x = part._forward(x)
    return total
