"""Transforms of normalizing flows, whose parameters are learned or computed by a network.

A conditioner whose arrays are leaves (an Equinox module, `jax.tree_util.Partial(apply, weights)`,
any callable pytree) makes the transform a tree of weights, to be differentiated and updated as
such. A plain function belongs to the structure: outside of `jax.jit`, one that is made anew is
compiled anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.parameters import Param, param
from jaxdist.pytree import Pytree, static
from jaxdist.special import log_expm1
from jaxdist.transforms.elementwise import Elementwise
from jaxdist.transforms.transform import Transform
from jaxdist.validation import Shape

_LEAST_SHARE = 1e-3  # of a bin in the interval, and least slope at a knot, as in the paper's code


class RationalQuadraticSpline(Elementwise):
    r"""Monotone rational-quadratic spline on `[-bound, bound]`, the identity outside.

    .. math:: y = y_k + h_k \frac{s_k \xi^2 + d_k \xi (1 - \xi)}
              {s_k + (d_{k + 1} + d_k - 2 s_k) \xi (1 - \xi)}, \quad
              \xi = (x - x_k) / w_k, \quad s_k = h_k / w_k

    in the k-th of K bins of width w and height h, with slopes d at the knots and 1 at the ends
    (Durkan et al., 2019, "Neural spline flows"). The parameters are unconstrained; if all are 0 it
    is the identity.

    Args:
      widths: the softmax of which gives the bins' shares of the interval of x, shape `(..., K)`.
      heights: the same for y, shape `(..., K)`.
      slopes: the softplus of which, up to a shift, gives the slopes inside, shape `(..., K - 1)`.
      bound: positive half-width of the interval, shape `(...)`.
    """

    widths: Param = param(constraints.real_vector)
    heights: Param = param(constraints.real_vector)
    slopes: Param = param(constraints.real_vector)
    bound: Param = param(constraints.positive, default=3.0)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that there are as many parameters as bins."""
        super().__post_init__(validate_args)
        bins = self.widths.shape[-1]
        if self.heights.shape[-1] != bins or self.slopes.shape[-1] != bins - 1:
            raise ValueError(
                "RationalQuadraticSpline: for K widths there must be K heights and K - 1 slopes; "
                f"got {bins}, {self.heights.shape[-1]} and {self.slopes.shape[-1]}"
            )

    def _knots(self, scores: Array) -> Array:
        """Positions of the ends of the bins, shape `(..., K + 1)`."""
        bins = scores.shape[-1]
        shares = _LEAST_SHARE + (1 - _LEAST_SHARE * bins) * jax.nn.softmax(scores)
        inner = jnp.cumsum(shares, -1)[..., :-1]
        ends = jnp.zeros_like(shares[..., :1])
        positions = jnp.concatenate([ends, inner, ends + 1], -1)
        return self.bound[..., None] * (2 * positions - 1)

    def _bins(self) -> Array:
        """Left end, width, bottom, height, left and right slope of the bins, `(..., K, 6)`."""
        x, y = self._knots(self.widths), self._knots(self.heights)
        inner = _LEAST_SHARE + jax.nn.softplus(self.slopes + log_expm1(1 - _LEAST_SHARE))
        end = jnp.ones_like(self.bound)[..., None]
        slopes = jnp.concatenate([end, inner, end], -1)
        columns = [x[..., :-1], jnp.diff(x), y[..., :-1], jnp.diff(y), slopes[..., :-1]]
        return jnp.stack([*columns, slopes[..., 1:]], -1)

    def _bin(self, value: Array, start: int) -> tuple[Array, list[Array]]:
        """Tell which values are inside, and the bins of these, by the column of their starts."""
        bins = self._bins()
        inside = jnp.abs(value) < self.bound
        inner = jnp.where(inside, value, 0)
        index = jnp.sum(inner[..., None] >= bins[..., 1:, start], -1)
        chosen = jax.nn.one_hot(index, bins.shape[-2], dtype=bool)[..., None]
        found = jnp.sum(jnp.where(chosen, bins, 0), -2)
        return inside, [inner, *jnp.moveaxis(found, -1, 0)]

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        inside, (inner, x0, width, y0, height, left, right) = self._bin(x, 0)
        t = (inner - x0) / width
        slope, bump = height / width, t * (1 - t)
        below = slope + (left + right - 2 * slope) * bump
        y = y0 + height * (slope * t * t + left * bump) / below
        above = right * t * t + 2 * slope * bump + left * (1 - t) ** 2
        log_slope = 2 * jnp.log(slope / below) + jnp.log(above)
        return jnp.where(inside, y, x), jnp.where(inside, log_slope, 0)

    def _forward(self, x: Array) -> Array:
        return self._forward_and_log_det(x)[0]

    def _log_slope(self, x: Array) -> Array:
        return self._forward_and_log_det(x)[1]

    def _inverse(self, y: Array) -> Array:
        """Solve a quadratic equation for the place in the bin, in the form without cancellation."""
        inside, (inner, x0, width, y0, height, left, right) = self._bin(y, 2)
        slope, rise = height / width, inner - y0
        bend = rise * (left + right - 2 * slope)
        a = height * (slope - left) + bend
        b = height * left - bend
        c = -slope * rise
        t = 2 * c / (-b - jnp.sqrt(jnp.maximum(b * b - 4 * a * c, 0)))
        return jnp.where(inside, x0 + width * t, y)


# --- conditioners --------------------------------------------------------------------------------


class _Function(Pytree):
    """A callable tree with leaves that are no arrays (a function, activations of a network).

    The arrays are leaves; what else there is belongs to the structure.
    """

    arrays: tuple[Any, ...]
    others: tuple[Any, ...] = static()
    structure: Any = static()

    def __call__(self, *args: Any) -> Any:
        arrays = iter(self.arrays)
        leaves = [next(arrays) if other is _ARRAY else other for other in self.others]
        return jax.tree.unflatten(self.structure, leaves)(*args)


_ARRAY = "array"


def _as_conditioner(owner: str, function: Any) -> Any:
    """Return a callable whose leaves are arrays."""
    if not callable(function):
        raise TypeError(f"{owner}: conditioner must be callable; got {function!r}")
    leaves, structure = jax.tree.flatten(function)
    if all(hasattr(leaf, "shape") for leaf in leaves):
        return function
    arrays = tuple(leaf for leaf in leaves if hasattr(leaf, "shape"))
    others = tuple(_ARRAY if hasattr(leaf, "shape") else leaf for leaf in leaves)
    return _Function(arrays, others, structure)


class _Conditional(Transform):
    """A transform of vectors by elementwise transforms with computed parameters."""

    conditioner: Callable[[Array], Any]
    transform: Callable[[Any], Transform] = static()

    domain = constraints.real_vector
    codomain = constraints.real_vector
    bijective = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Make the conditioner a tree of arrays."""
        name = type(self).__name__
        vars(self)["conditioner"] = _as_conditioner(name, self.conditioner)
        if not callable(self.transform):
            raise TypeError(f"{name}: transform must be callable; got {self.transform!r}")

    @property
    def batch_shape(self) -> Shape:
        """(): a conditioner has no batch axes."""
        return ()

    def _align(self, batch_shape: Shape, event_ndim: int) -> Self:
        """Leave leaves as they are, which must have the batch axes already."""
        for leaf in jax.tree.leaves(self.conditioner):
            if leaf.shape[: len(batch_shape)] != batch_shape:
                raise ValueError(
                    f"{type(self).__name__}: the parameters of a conditioner have no axes for the "
                    f"batch shape {batch_shape} of a base distribution. Build the "
                    "TransformedDistribution without batch axes, then `expand` it or use jax.vmap"
                )
        return self

    def _given(self, x: Array) -> Transform:
        inner = self.transform(self.conditioner(x))
        if isinstance(inner, Transform) and inner.domain.event_dim == inner.codomain.event_dim == 0:
            return inner
        raise TypeError(
            f"{type(self).__name__}: transform must return a transform of single numbers; got "
            f"{inner!r}"
        )


class _Coupling(_Conditional):
    """A transform of some entries, given the others, which stay: both directions cost the same."""

    def _map(self, method: str, x: Array) -> tuple[Array, Array]:
        """Map with `_forward_and_log_det` or `_inverse_and_log_det`."""
        raise NotImplementedError

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        return self._map("_forward_and_log_det", x)

    def _inverse_and_log_det(self, y: Array) -> tuple[Array, Array]:
        return self._map("_inverse_and_log_det", y)

    def _forward(self, x: Array) -> Array:
        return self._forward_and_log_det(x)[0]

    def _inverse(self, y: Array) -> Array:
        return self._inverse_and_log_det(y)[0]

    def _log_det(self, x: Array, y: Array) -> Array:
        return self._forward_and_log_det(x)[1]


class SplitCoupling(_Coupling):
    r"""Transform the rest of a vector, given its first entries, which stay.

    .. math:: y_{1:k} = x_{1:k}, \quad y_{k+1:n} = t(x_{k+1:n}; \mathrm{conditioner}(x_{1:k}))

    (Dinh et al., 2017, "Density estimation using Real NVP".)

    Args:
      conditioner: any function, or callable pytree whose arrays become leaves, of the first
        entries, shape `(..., split_index)`, that returns parameters.
      transform: a function of these parameters that returns an elementwise transform, for values
        of shape `(..., n - split_index)`.
      split_index: how many entries stay.
    """

    split_index: int = static()

    def _forward_shape(self, shape: Shape) -> Shape:
        if not 0 < self.split_index < shape[-1]:
            raise self._bad_shape(shape, f"vectors of more than {self.split_index} numbers")
        return shape

    def _map(self, method: str, x: Array) -> tuple[Array, Array]:
        kept, changing = x[..., : self.split_index], x[..., self.split_index :]
        changed, log_det = getattr(self._given(kept), method)(changing)
        return jnp.concatenate([kept, changed], -1), jnp.sum(log_det, -1)


class MaskedCoupling(_Coupling):
    r"""Transform some entries of a vector, given the others, which stay.

    .. math:: y = m\, x + (1 - m)\, t(x; \mathrm{conditioner}(m\, x))

    (Dinh et al., 2017, "Density estimation using Real NVP".)

    Args:
      conditioner: any function, or callable pytree whose arrays become leaves, of the vector with
        zeros where the mask is False, shape `(..., n)`, that returns parameters.
      transform: a function of these parameters that returns an elementwise transform, for values
        of shape `(..., n)`.
      mask: n booleans, True where entries stay.
    """

    mask: Sequence[bool] = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Make the mask a tuple."""
        super().__post_init__(validate_args)
        vars(self)["mask"] = tuple(map(bool, self.mask))

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] != len(self.mask):
            raise self._bad_shape(shape, f"vectors of {len(self.mask)} numbers, as the mask has")
        return shape

    def _map(self, method: str, x: Array) -> tuple[Array, Array]:
        mask = np.array(self.mask)
        changed, log_det = getattr(self._given(jnp.where(mask, x, 0)), method)(x)
        return jnp.where(mask, x, changed), jnp.sum(jnp.where(mask, 0, log_det), -1)


class MaskedAutoregressive(_Conditional):
    r"""Transform each entry of a vector, given those before it.

    .. math:: y_i = t(x_i; \mathrm{conditioner}(x)_i), \quad
              \mathrm{conditioner}(x)_i \text{ a function of } x_{1:i-1} \text{ alone}

    (Papamakarios et al., 2017, "Masked autoregressive flow".) The inverse finds one entry after
    the other, in as many steps as there are; take `inv` where drawing should be the fast direction
    (the inverse autoregressive flow).

    Args:
      conditioner: any function, or callable pytree whose arrays become leaves, of the vector,
        shape `(..., n)`, that returns parameters, the i-th of which depend on entries before the
        i-th only: a masked network, for example.
      transform: a function of these parameters that returns an elementwise transform, for values
        of shape `(..., n)`.
    """

    def _forward(self, x: Array) -> Array:
        return self._given(x)._forward(x)

    def _inverse(self, y: Array) -> Array:
        """Each step makes one more entry right."""

        def step(x: Array, _: None) -> tuple[Array, None]:
            return self._given(x)._inverse(y), None

        return lax.scan(step, jnp.zeros_like(y), length=y.shape[-1])[0]

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.sum(self._given(x)._log_det(x, y), -1)
