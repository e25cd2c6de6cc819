"""Networks that compute the parameters of a flow: multilayer perceptrons, masked ones."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.arguments import as_integer, as_integers, check_callable, check_key
from jaxdist.flows.conditional import WithContext
from jaxdist.pytree import Pytree, static

Activation = Callable[[Array], Array]


class MLP(Pytree):
    r"""Multilayer perceptron.

    .. math:: h_{l + 1} = \sigma(W_l h_l + b_l)

    without an activation after the last layer.

    Args:
      weights: W of each layer, shapes `(inputs, outputs)`.
      biases: b of each layer, shapes `(outputs,)`.
      activation: function of arrays, applied after each layer but the last.

    Example:
      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> network = jd.flows.MLP.initial(jax.random.key(0), (2, 16, 3))
      >>> network(jnp.ones((5, 2))).shape
      (5, 3)
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    activation: Activation = static(default=jnp.tanh)

    @classmethod
    def initial(cls, key: Array, sizes: Sequence[int], **options: Any) -> MLP:
        """Draw weights; those of the last layer are 0, so that the initial outputs are.

        Args:
          key: a PRNG key.
          sizes: numbers of inputs, of units of each hidden layer, and of outputs.
          **options: further fields.
        """
        weights, biases = _initial_layers("MLP.initial", key, sizes)
        return cls(weights, biases, **options)

    def __call__(self, x: Array) -> Array:
        """Evaluate the network.

        Args:
          x: shape `(..., inputs)`.

        Returns:
          Shape `(..., outputs)`.
        """
        return _evaluate(self.weights, self.biases, self.activation, x)


class MaskedMLP(Pytree):
    """Masked network: the i-th group of outputs depends on inputs before the i-th alone.

    Germain et al. (2015), "MADE: Masked autoencoder for distribution estimation". Hidden units have
    degrees 1 ... n - 1 in turn.

    Args:
      weights: weights of each layer, shapes `(inputs, outputs)`; masked ones have no effect.
      biases: biases of each layer, shapes `(outputs,)`; the last has n groups of outputs.
      activation: function of arrays, applied after each layer but the last.
      context_dim: number of the last inputs on which all outputs may depend.

    Example:
      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> network = jd.flows.MaskedMLP.initial(jax.random.key(0), (3, 16, 6))
      >>> network(jnp.ones(3)).shape
      (6,)
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    activation: Activation = static(default=jnp.tanh)
    context_dim: int = static(default=0)

    @classmethod
    def initial(
        cls, key: Array, sizes: Sequence[int], context_dim: int = 0, **options: Any
    ) -> MaskedMLP:
        """Draw weights; those of the last layer are 0, so that the initial outputs are.

        Args:
          key: a PRNG key.
          sizes: number n of inputs, of units of each hidden layer, and of outputs, a multiple of n.
          context_dim: number of further inputs, on which all outputs depend.
          **options: further fields.

        Raises:
          ValueError: if the number of outputs is not a multiple of n.
        """
        sizes = as_integers("MaskedMLP.initial", "sizes", sizes)
        if sizes[-1] % sizes[0]:
            raise ValueError(
                "MaskedMLP.initial: the number of outputs must be a multiple of the number of "
                f"inputs; got {sizes[-1]} outputs and {sizes[0]} inputs"
            )
        sizes = (sizes[0] + context_dim, *sizes[1:])
        weights, biases = _initial_layers("MaskedMLP.initial", key, sizes)
        return cls(weights, biases, context_dim=context_dim, **options)

    def _masks(self) -> list[np.ndarray]:
        """Return which weights of each layer connect a lower degree, or an equal hidden one.

        The degree of a context is 0, so that hidden units may depend on it alone.
        """
        n = self.weights[0].shape[0] - self.context_dim
        lowest, number = (0, n) if self.context_dim else (1, max(n - 1, 1))
        hidden = [np.arange(bias.shape[-1]) % number + lowest for bias in self.biases[:-1]]
        outputs = np.arange(n).repeat(self.biases[-1].shape[-1] // n)
        inputs = np.concatenate([np.arange(1, n + 1), np.zeros(self.context_dim, int)])
        return [a[:, None] <= b for a, b in itertools.pairwise([inputs, *hidden, outputs])]

    def __call__(self, x: Array) -> Array:
        """Evaluate the network.

        Args:
          x: shape `(..., n + context_dim)`, the context last.

        Returns:
          Shape `(..., outputs)`.
        """
        pairs = zip(self._masks(), self.weights, strict=True)
        weights = [jnp.where(mask, weight, 0) for mask, weight in pairs]
        return _evaluate(weights, self.biases, self.activation, x)


def _initial_layers(
    owner: str, key: Array, sizes: Sequence[int]
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Draw the weights of LeCun et al. (1998): variance 1 / inputs; 0 in the last layer."""
    sizes = as_integers(owner, "sizes", sizes)
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"{owner}: sizes must be at least two positive integers; got {sizes}")
    pairs = list(itertools.pairwise(sizes))
    keys = jax.random.split(check_key(key), len(pairs))
    hidden = [
        jax.random.normal(k, pair) / math.sqrt(pair[0])
        for k, pair in zip(keys[:-1], pairs[:-1], strict=True)
    ]
    return (*hidden, jnp.zeros(pairs[-1])), tuple(jnp.zeros(size) for size in sizes[1:])


def _evaluate(
    weights: Sequence[Array], biases: Sequence[Array], activation: Activation, x: Array
) -> Array:
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        x = (activation(x) if i else x) @ weight + bias
    return x


# --- conditioners --------------------------------------------------------------------------------

ConditionerFactory = Callable[[Array, int, int], Callable[[Array], Array]]


class PerVector(Pytree):
    """A network of one vector, as those of Equinox are, applied to every vector of an array."""

    network: Any

    def __call__(self, x: Array) -> Array:
        """Evaluate the network at each vector."""
        return jnp.vectorize(self.network, signature="(n)->(m)")(x)


def make_conditioner(
    owner: str,
    key: Array,
    sizes: tuple[int, int],
    default: Callable[[Array, tuple[int, int]], Callable[[Array], Array]],
    conditioner: ConditionerFactory | None,
    context_dim: int = 0,
) -> Callable[[Array], Array]:
    """Return the conditioner of a layer, the caller's or the default.

    Args:
      owner: name of the function, for errors.
      key: a PRNG key.
      sizes: the numbers of inputs and outputs.
      default: makes the network if the caller gives none.
      conditioner: the caller's function, or None.
      context_dim: number of inputs beside them, of a context.

    Raises:
      TypeError: if the caller's function does not return a network.
      ValueError: if the network has another number of outputs.
    """
    if conditioner is None:
        return _with_context(PerVector(default(key, sizes)), context_dim)
    check_callable(owner, "conditioner", conditioner)
    inputs, outputs = sizes[0] + context_dim, sizes[1]
    network = conditioner(key, inputs, outputs)
    check_callable(owner, "what conditioner returns", network)
    found = jax.eval_shape(network, jax.ShapeDtypeStruct((inputs,), jnp.float32)).shape
    if found != (outputs,):
        raise ValueError(
            f"{owner}: the network that conditioner(key, {inputs}, {outputs}) returns must map "
            f"vectors of {inputs} numbers to vectors of {outputs}; got shape {found}"
        )
    return _with_context(PerVector(network), context_dim)


def _with_context(network: PerVector, context_dim: int) -> Callable[[Array], Array]:
    return WithContext(network, jnp.zeros(context_dim)) if context_dim else network


def as_sizes(owner: str, dim: Any, hidden: Any, num_layers: Any, min_dim: int) -> tuple[int, ...]:
    """Check the sizes of a flow, and return those of the hidden layers."""
    as_integer(owner, "dim", dim, minimum=min_dim)
    as_integer(owner, "num_layers", num_layers, minimum=1)
    sizes = (hidden,) if isinstance(hidden, int) else as_integers(owner, "hidden", hidden)
    for size in sizes:
        as_integer(owner, "every entry of hidden", size, minimum=1)
    return tuple(sizes)
