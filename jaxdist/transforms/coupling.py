"""Coupling layers: some entries of a vector are transformed given the others."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.arguments import Shape, as_integer, as_real_numbers, as_tuple
from jaxdist.pytree import must_define, static
from jaxdist.transforms.conditioner import ConditionedTransform


class _Coupling(ConditionedTransform):
    """A coupling layer, whose inverse costs as much as the forward map."""

    def _couple(self, method: str, x: Array) -> tuple[Array, Array]:
        """Apply the elementwise transform's `_forward_and_log_det` or `_inverse_and_log_det`."""
        raise must_define(self, "_couple")

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        return self._couple("_forward_and_log_det", x)

    def _inverse_and_log_det(self, y: Array) -> tuple[Array, Array]:
        return self._couple("_inverse_and_log_det", y)

    def _forward(self, x: Array) -> Array:
        return self._forward_and_log_det(x)[0]

    def _inverse(self, y: Array) -> Array:
        return self._inverse_and_log_det(y)[0]

    def _log_det(self, x: Array, y: Array) -> Array:
        return self._forward_and_log_det(x)[1]


class SplitCoupling(_Coupling):
    r"""Coupling layer that keeps the first entries of a vector.

    .. math:: y_{1:k} = x_{1:k}, \quad y_{k+1:n} = t(x_{k+1:n}; \mathrm{conditioner}(x_{1:k}))

    Dinh et al. (2017), "Density estimation using Real NVP".

    Args:
      conditioner: a function, or callable pytree whose arrays become leaves, from the first
        entries, shape `(..., split_index)`, to parameters.
      transform: a function of these parameters that returns an elementwise transform of values of
        shape `(..., n - split_index)`.
      split_index: k, the number of entries that are kept.
    """

    split_index: int = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the number of entries that are kept."""
        split_index = as_integer("SplitCoupling", "split_index", self.split_index, minimum=1)
        vars(self)["split_index"] = split_index
        super().__post_init__(validate_args)

    def _forward_shape(self, shape: Shape) -> Shape:
        if not 0 < self.split_index < shape[-1]:
            raise self._bad_shape(shape, f"vectors of more than {self.split_index} numbers")
        return shape

    def _couple(self, method: str, x: Array) -> tuple[Array, Array]:
        kept, rest = x[..., : self.split_index], x[..., self.split_index :]
        transformed, log_det = getattr(self._conditioned_on(kept), method)(rest)
        return jnp.concatenate([kept, transformed], -1), jnp.sum(log_det, -1)


class MaskedCoupling(_Coupling):
    r"""Coupling layer that keeps the entries of a vector where a mask is True.

    .. math:: y = m\, x + (1 - m)\, t(x; \mathrm{conditioner}(m\, x))

    Dinh et al. (2017), "Density estimation using Real NVP".

    Args:
      conditioner: a function, or callable pytree whose arrays become leaves, from vectors with
        zeros where the mask is False, shape `(..., n)`, to parameters.
      transform: a function of these parameters that returns an elementwise transform of values of
        shape `(..., n)`.
      mask: m, n booleans.
    """

    mask: Sequence[bool] = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Convert the mask to a tuple."""
        mask = np.asarray(as_real_numbers("MaskedCoupling", "mask", self.mask))
        vars(self)["mask"] = tuple(map(bool, as_tuple("MaskedCoupling", "mask", mask)))
        super().__post_init__(validate_args)

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] != len(self.mask):
            raise self._bad_shape(shape, f"vectors of {len(self.mask)} numbers, as the mask has")
        return shape

    def _couple(self, method: str, x: Array) -> tuple[Array, Array]:
        mask = np.array(self.mask)
        transformed, log_det = getattr(self._conditioned_on(jnp.where(mask, x, 0)), method)(x)
        return jnp.where(mask, x, transformed), jnp.sum(jnp.where(mask, 0, log_det), -1)
