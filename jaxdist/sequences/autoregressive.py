"""Autoregressive distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.arguments import Shape, as_integer, as_real_numbers
from jaxdist.callable_trees import as_callable_tree
from jaxdist.constraints import Constraint
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.pytree import static
from jaxdist.sequences.batches import draw_events, map_events
from jaxdist.wrappers.wrapper import require_base


class Autoregressive(Distribution):
    r"""An event whose entries are drawn in order, each given those before it, by one function.

    .. math:: p(x) = \prod_i p(x_i \mid x_1, \dots, x_{i-1}), \quad
              x_i \sim f(x)_i

    The function maps a whole event to the distribution of a whole event, in which entry i depends
    on the entries before i alone, as a masked network does. The log-density takes one call of it,
    a draw `num_steps` calls.

    There are no batch axes: use `jax.vmap` over distributions whose arrays are stacked.

    Args:
      distribution_fn: function of an event that returns a distribution of events, without batch
        axes; wrap that of single numbers in `Independent`. It may be a tree with arrays, such as an
        Equinox module or `jax.tree_util.Partial(f, weights)`, which are then leaves.
      sample0: the event that draws start from, such as zeros; it has the shape of an event.
      num_steps: number of calls for a draw, by default the number of entries; fewer are enough if
        several entries do not depend on each other. Static.

    Raises:
      TypeError: if `distribution_fn` is not callable, or returns no distribution of arrays.
      ValueError: if what it returns does not have the shape of `sample0`.

    Example:
      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> def after(x):  # each entry has half of the one before it as mean
      ...     before = jnp.concatenate([jnp.zeros(1), x[:-1]])
      ...     return jd.Independent(jd.Normal(before / 2, 1.0), 1)
      >>> d = jd.Autoregressive(after, jnp.zeros(4))
      >>> d.event_shape
      (4,)
      >>> print(f"{d.log_prob(jnp.array([1.0, 0.5, 0.25, 0.125])):.4f}")
      -4.1758

    References:
      Germain et al. 2015, "MADE: Masked autoencoder for distribution estimation". `Autoregressive`
      of TFP, where every call uses the same key too.
    """

    distribution_fn: Callable[[Array], Distribution]
    sample0: Any
    num_steps: int | None = static(default=None)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the function by what it returns for `sample0`."""
        fields = vars(self)
        fields["distribution_fn"] = as_callable_tree(
            "Autoregressive", "distribution_fn", self.distribution_fn
        )
        fields["sample0"] = jnp.asarray(as_real_numbers("Autoregressive", "sample0", self.sample0))
        if self.num_steps is None:
            fields["num_steps"] = max(1, self.sample0.size)
        fields["num_steps"] = as_integer("Autoregressive", "num_steps", self.num_steps, minimum=1)
        name = "what distribution_fn returns"
        d = self._first()
        require_base("Autoregressive", name, d)
        if (d.batch_shape, d.event_shape) != ((), self.sample0.shape):
            raise ValueError(
                f"Autoregressive: {name} must have the batch shape () and the event shape "
                f"{self.sample0.shape} of sample0; got {d.batch_shape} and {d.event_shape}. Wrap "
                "the distribution of single numbers in jaxdist.Independent"
            )

    def _first(self) -> Distribution:
        """What the function returns for `sample0`."""
        return require_distribution(
            self.distribution_fn(self.sample0), "Autoregressive: what distribution_fn returns"
        )

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        raise NotImplementedError(
            "Autoregressive has no batch axes: stack its arrays, and use jax.vmap"
        )

    @property
    def batch_shape(self) -> Shape:
        """()."""
        return ()

    @property
    def event_shape(self) -> Shape:
        """The shape of `sample0`."""
        return self.sample0.shape

    @property
    def dtype(self) -> np.dtype:
        """The dtype of what the function returns."""
        return self._first().dtype

    @property
    def support(self) -> Constraint:
        """The support of what the function returns for `sample0`."""
        return self._first().support

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws from what the function returns have a pathwise derivative."""
        return self._first().has_rsample

    def _clip_draw(self, draw: Array) -> Array:
        """Return the draw, which has been clipped."""
        return draw

    def _inside(self, value: Array) -> Array:
        return self._map(_is_inside, value)

    def _log_prob(self, x: Array) -> Array:
        return self._map(_log_density, x)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return draw_events(_draw, self, key, shape[: len(shape) - self.sample0.ndim])

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return draw_events(_draw_pathwise, self, key, shape[: len(shape) - self.sample0.ndim])

    def _map(self, function: Callable[[Autoregressive, Array], Array], x: ArrayLike) -> Array:
        sample_ndim = jnp.ndim(x) - self.sample0.ndim
        return map_events(function, self, x, batch_ndim=0, sample_ndim=sample_ndim)


def _log_density(d: Autoregressive, x: Array) -> Array:
    return d.distribution_fn(x).log_prob(x)


def _is_inside(d: Autoregressive, x: Array) -> Array:
    return d.distribution_fn(x)._inside(x)


def _draw(d: Autoregressive, key: Array) -> Array:
    return _iterate(d, key, lambda dist: dist.sample(key))


def _draw_pathwise(d: Autoregressive, key: Array) -> Array:
    return _iterate(d, key, lambda dist: dist.rsample(key))


def _iterate(d: Autoregressive, key: Array, draw: Callable[[Distribution], Array]) -> Array:
    """Draw again and again by one key: entries whose distribution is final stay as they are."""
    first = draw(d.distribution_fn(d.sample0))
    first = vary_with(first, jax.tree.leaves(d.distribution_fn), key)
    step = lambda x, _: (draw(d.distribution_fn(x)).astype(x.dtype), None)
    return lax.scan(step, first, None, (d.num_steps or 1) - 1)[0]
