"""MarkovChain distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.arguments import Shape, as_integer
from jaxdist.callable_trees import as_callable_tree
from jaxdist.constraints import Constraint
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.pytree import static
from jaxdist.sequences.batches import draw_events, map_events
from jaxdist.wrappers.sample import Sample
from jaxdist.wrappers.wrapper import require_base


class MarkovChain(Distribution):
    r"""A sequence of states, each of which depends on the one before it.

    .. math:: p(x_1, \dots, x_T) = p_\mathrm{initial}(x_1) \prod_{t=2}^T p(x_t \mid x_{t-1})

    The log-density is evaluated at all steps at once; draws are made step by step. The kernel may
    be a tree with arrays, such as an Equinox module or `jax.tree_util.Partial(f, weights)`, which
    are then leaves; those of a batch of chains have its axes. Supports that depend on the state are
    for `jaxdist.Program`.

    Args:
      initial: distribution of the first state, event shape `event`.
      kernel: function of a state of shape `event` that returns the distribution of the next one,
        which has the same event shape, no batch axes, and the same kind of support.
      num_steps: number T of states, static.

    Raises:
      TypeError: if `initial` or what the kernel returns is not a distribution of arrays.
      ValueError: if what the kernel returns has other shapes or another support.

    Example:
      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> d = jd.MarkovChain(jd.Normal(0.0, 1.0), lambda x: jd.Normal(0.9 * x, 0.5), 100)
      >>> d.sample(jax.random.key(0)).shape
      (100,)
      >>> print(f"{d.log_prob(jnp.zeros(100)):.3f}")
      -23.272

    References:
      `MarkovChain` of TFP.
    """

    initial: Distribution
    kernel: Callable[[Array], Distribution]
    num_steps: int = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the arguments, and what the kernel returns."""
        require_base("MarkovChain", "initial", self.initial)
        vars(self)["num_steps"] = as_integer("MarkovChain", "num_steps", self.num_steps, minimum=1)
        vars(self)["kernel"] = as_callable_tree("MarkovChain", "kernel", self.kernel)
        batch_shape = self.initial.batch_shape
        for leaf in jax.tree.leaves(self.kernel):
            if leaf.shape[: len(batch_shape)] != batch_shape:
                raise ValueError(
                    f"MarkovChain: the arrays of the kernel must begin with the batch axes of "
                    f"`initial`, {batch_shape}; got {leaf.shape}. Make the chain without batch "
                    "axes inside jax.vmap"
                )
        self._check_kernel()

    def _check_kernel(self) -> None:
        following = self._following()
        name = "MarkovChain: what the kernel returns"
        require_base("MarkovChain", "what the kernel returns", following)
        expected = (), self.initial.event_shape
        if (following.batch_shape, following.event_shape) != expected:
            raise ValueError(
                f"{name} must have the batch shape () and the event shape {expected[1]} of "
                f"`initial`; got {following.batch_shape} and {following.event_shape}. Wrap the "
                "distribution of a vector's entries in jaxdist.Independent"
            )
        supports = self.initial.support, following.support
        if _kind(supports[0]) != _kind(supports[1]):
            raise ValueError(
                f"{name} must have the support of `initial`, {supports[0]!r}; got {supports[1]!r}"
            )

    def _following(self) -> Distribution:
        """The abstract distribution of the state after a single chain's first."""

        def trace(chain: MarkovChain) -> Any:
            state = chain.initial.sample(jax.random.key(0))
            return require_distribution(chain.kernel(state), "MarkovChain: what the kernel returns")

        single = self
        for _ in self.batch_shape:
            single = jax.tree.map(
                lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), single
            )
        return jax.eval_shape(trace, single)

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        ndim = len(self.batch_shape)
        kernel = jax.tree.map(lambda leaf: function(leaf, leaf.ndim - ndim), self.kernel)
        return self._with(initial=self.initial._map_batch(function), kernel=kernel)

    @property
    def batch_shape(self) -> Shape:
        """Batch shape of `initial`."""
        return self.initial.batch_shape

    @property
    def event_shape(self) -> Shape:
        """`(num_steps,)`, then the event shape of a state."""
        return (self.num_steps, *self.initial.event_shape)

    @property
    def dtype(self) -> np.dtype:
        """Dtype of `initial`."""
        return self.initial.dtype

    @property
    def support(self) -> Constraint:
        """The support of `initial`, at every step."""
        return Sample(self.initial, (self.num_steps,)).support

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws at each step have a pathwise derivative."""
        return self.initial.has_rsample and self._following().has_rsample

    def _clip_draw(self, draw: Array) -> Array:
        """Return the draw: each step has clipped its own."""
        return draw

    def _inside(self, value: Array) -> Array:
        return self._map(_is_inside, value)

    def _sample(self, key: Array, shape: Shape) -> Array:
        cut = len(shape) - len(self.event_shape)
        return draw_events(_draw, self, key, shape[:cut])

    def _rsample(self, key: Array, shape: Shape) -> Array:
        cut = len(shape) - len(self.event_shape)
        return draw_events(_draw_pathwise, self, key, shape[:cut])

    def _log_prob(self, x: Array) -> Array:
        return self._map(_log_density, x)

    def _map(self, function: Callable[[MarkovChain, Array], Array], x: Array) -> Array:
        batch_ndim = len(self.batch_shape)
        sample_ndim = x.ndim - len(self.event_shape) - batch_ndim
        return map_events(function, self, x, batch_ndim=batch_ndim, sample_ndim=sample_ndim)


def _kind(support: Constraint) -> Any:
    """What two supports have in common that differ in bounds which are arrays."""
    bounds = [leaf for leaf in jax.tree.leaves(support) if isinstance(leaf, int | float)]
    return jax.tree.structure(support), bounds


def _log_density(d: MarkovChain, x: Array) -> Array:
    steps = jax.vmap(lambda before, after: d.kernel(before).log_prob(after))(x[:-1], x[1:])
    return d.initial.log_prob(x[0]) + jnp.sum(steps)


def _is_inside(d: MarkovChain, x: Array) -> Array:
    steps = jax.vmap(lambda before, after: d.kernel(before)._inside(after))(x[:-1], x[1:])
    return d.initial._inside(x[0]) & jnp.all(steps)


def _draw(d: MarkovChain, key: Array) -> Array:
    return _scan(d, key, lambda dist, key: dist.sample(key))


def _draw_pathwise(d: MarkovChain, key: Array) -> Array:
    return _scan(d, key, lambda dist, key: dist.rsample(key))


def _scan(d: MarkovChain, key: Array, draw: Callable[[Distribution, Array], Array]) -> Array:
    first_key, *_ = keys = jax.random.split(key, d.num_steps)

    def step(state: Array, key: Array) -> tuple[Array, Array]:
        state = draw(d.kernel(state), key).astype(state.dtype)
        return state, state

    first = vary_with(draw(d.initial, first_key), jax.tree.leaves(d.kernel), keys)
    _, others = jax.lax.scan(step, first, keys[1:])
    return jnp.concatenate([first[None], others])
