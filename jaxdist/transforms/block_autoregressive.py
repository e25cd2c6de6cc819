"""BlockAutoregressiveTransform: a monotone network of each entry, given those before it."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.arguments import Shape, as_real_numbers, as_tuple
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.root_finding import solve_increasing
from jaxdist.precision import matvec
from jaxdist.pytree import static
from jaxdist.special import log_sech2
from jaxdist.transforms.conditioner import NetworkTransform
from jaxdist.transforms.elementwise import LeakyTanhTransform


class BlockAutoregressiveTransform(NetworkTransform):
    r"""Block neural autoregressive flow: a network whose weights are block triangular.

    .. math:: h_{l + 1} = \sigma(W_l h_l + b_l), \quad W_l = \begin{pmatrix}
              e^{V_{11}} & 0 & \cdots \\ V_{21} & e^{V_{22}} & \cdots \\
              \vdots & \vdots & \ddots \end{pmatrix}

    with an activation, the last layer without, and n blocks of rows and columns in each layer. So
    the i-th entry of y increases with the i-th of x, and depends on those before it. The activation
    is `LeakyTanhTransform`, so that the network is onto the real numbers. The inverse solves n
    equations of one unknown, one after another, in which the whole network is evaluated some forty
    times each; its derivatives are those of the implicit function.

    De Cao et al. (2019), "Block neural autoregressive flow"; the activation is flowjax's.
    `jaxdist.flows.block_autoregressive` makes initial weights.

    Args:
      weights: V of each layer, shapes `(n k, n j)` for k units of each block after j before; 1 unit
        at the beginning and at the end. The entries above the diagonal blocks are ignored.
      biases: b of each layer, shapes `(n k,)`.
      max_val: positive number up to which the activation is tanh.

    Raises:
      TypeError: if the weights or biases are not sequences of arrays.
      ValueError: if the shapes do not agree, or max_val is not a positive number.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> weights, biases = (jnp.ones((4, 2)), jnp.ones((2, 4))), (jnp.zeros(4), jnp.zeros(2))
      >>> t = jd.BlockAutoregressiveTransform(weights, biases)
      >>> x = jnp.array([0.5, -1.0])
      >>> bool(jnp.allclose(t.inv(t(x)), x, atol=1e-5))
      True
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    max_val: float = static(default=3.0)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Convert the layers to arrays and check their shapes."""
        name = type(self).__name__
        for field in ("weights", "biases"):
            layers = as_tuple(name, field, getattr(self, field))
            vars(self)[field] = tuple(
                jnp.asarray(as_real_numbers(name, f"every entry of {field}", x)) for x in layers
            )
        limit: Any = self.max_val
        if not (isinstance(limit, Real) and 0 < float(limit) < math.inf):
            raise ValueError(f"{name}: max_val must be a positive number; got {limit!r}")
        shapes = [w.shape for w in self.weights], [b.shape for b in self.biases]
        if not _are_layers(*shapes):
            raise ValueError(
                f"{name}: weights must have shapes (n k, n j) and biases (n k,), each layer the "
                f"inputs that the one before has outputs, and n at both ends; got {shapes[0]} and "
                f"{shapes[1]}"
            )

    @property
    def _size(self) -> int:
        return self.biases[-1].shape[-1]

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] != self._size:
            raise self._bad_shape(shape, f"vectors of {self._size}")
        return shape

    def _layers(self) -> list[tuple[Array, Array, Array]]:
        """Return for each layer W, the diagonal blocks of V, shape `(n, k, j)`, and b."""
        n, layers = self._size, []
        for weights, bias in zip(self.weights, self.biases, strict=True):
            k, j = weights.shape[0] // n, weights.shape[1] // n
            rows, columns = np.arange(n * k)[:, None] // k, np.arange(n * j) // j
            on_diagonal = rows == columns
            positive = jnp.exp(jnp.where(on_diagonal, weights, 0))
            full = jnp.where(on_diagonal, positive, jnp.where(rows > columns, weights, 0))
            blocks = jnp.reshape(weights, (n, k, n, j))
            layers.append((full, jnp.moveaxis(jnp.diagonal(blocks, axis1=0, axis2=2), -1, 0), bias))
        return layers

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        activation = LeakyTanhTransform(jnp.asarray(self.max_val, x.dtype), validate_args=False)
        h, log_slopes = x, jnp.zeros((*x.shape, 1), x.dtype)
        for i, (full, blocks, bias) in enumerate(self._layers()):
            if i:
                h, log_slope = activation._forward_and_log_det(h)
                log_slopes += jnp.reshape(log_slope, log_slopes.shape)
            h = matvec(full, h) + bias
            log_slopes = _times(blocks, log_slopes)
        return h, jnp.sum(log_slopes[..., 0], -1)

    def _forward(self, x: Array) -> Array:
        return self._forward_and_log_det(x)[0]

    def _log_det(self, x: Array, y: Array) -> Array:
        return self._forward_and_log_det(x)[1]

    def _smallest_slopes(self, dtype: jnp.dtype) -> Array:
        """Return a lower bound of the derivative of each y by its x, shape `(n,)`."""
        log_slopes = jnp.zeros((self._size, 1), dtype)
        for i, (_, blocks, _) in enumerate(self._layers()):
            log_slopes = log_slopes + (log_sech2(jnp.asarray(self.max_val, dtype)) if i else 0)
            log_slopes = _times(blocks, log_slopes)
        return jnp.exp(log_slopes[:, 0])

    def _inverse(self, y: Array) -> Array:
        slopes = lax.stop_gradient(self._smallest_slopes(y.dtype))

        def solve_entry(x: Array, i: Array) -> tuple[Array, None]:
            is_unknown = jnp.arange(self._size) == i

            def entry(value: Array) -> Array:
                return self._forward(jnp.where(is_unknown, value[..., None], x))[..., i]

            target = y[..., i]
            farthest = (target - lax.stop_gradient(entry(jnp.zeros_like(target)))) / slopes[i]
            low, high = jnp.minimum(farthest, 0), jnp.maximum(farthest, 0)
            found = solve_increasing(entry, target, low, high)
            return jnp.where(is_unknown, found[..., None], x), None

        start = vary_with(jnp.zeros_like(y), (y, self))
        return lax.scan(solve_entry, start, jnp.arange(self._size))[0]


def _are_layers(weights: list[Shape], biases: list[Shape]) -> bool:
    """Tell whether shapes are those of the layers of a block autoregressive network."""
    if not weights or len(weights) != len(biases) or any(len(shape) != 2 for shape in weights):
        return False
    sizes = [weights[0][1], *(shape[0] for shape in weights)]
    n = sizes[-1]
    return (
        n > 0
        and sizes[0] == n
        and all(size % n == 0 for size in sizes)
        and [shape[1] for shape in weights] == sizes[:-1]
        and biases == [(size,) for size in sizes[1:]]
    )


def _times(log_blocks: Array, log_slopes: Array) -> Array:
    """Multiply positive matrices and vectors, given by logarithms.

    Args:
      log_blocks: shape `(n, k, j)`.
      log_slopes: shape `(..., n, j)`.

    Returns:
      Logarithms, shape `(..., n, k)`.
    """
    return jax.nn.logsumexp(log_blocks + log_slopes[..., None, :], -1)
