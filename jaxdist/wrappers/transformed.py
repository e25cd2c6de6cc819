"""The distribution of a transformed draw."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Self

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.constraints.clipping import clip_to_bounds
from jaxdist.constraints.constraint import all_rightmost
from jaxdist.distribution import Distribution
from jaxdist.transforms import ComposeTransform, Transform
from jaxdist.transforms.compose import Transforms, require_transforms
from jaxdist.transforms.transform import sum_rightmost
from jaxdist.validation import Shape
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.wrapper import Wrapper, require_distribution


class TransformedDistribution(Wrapper):
    r"""The distribution of y = t(x), where x is drawn from another distribution.

    .. math:: \log p(y) = \log p_x(t^{-1}(y)) - \log |\det dy / dx|

    Shapes are as in torch: the base distribution is expanded to the batch of the parameters of the
    transforms, and where a transform maps more axes together than its events have, batch axes are
    read as event axes. Joint calls keep x, so that they are exact where y rounds to an end of its
    range. There is a mean where the transforms are affine, and an entropy where their
    log-determinant is affine in x (`ExpTransform`, for example) as well; `cdf` and `icdf` where
    they are monotone functions of one number.

    The leaves of the transforms get the batch axes of the distribution in front. Parameters of a
    conditioner cannot: build the distribution for one batch entry, and `expand` it or use
    `jax.vmap`.

    Args:
      base_dist: the distribution of x, which must be continuous.
      transforms: a transform, or several to be applied one after another.

    Raises:
      TypeError: for what is no distribution or no transform.
      ValueError: if the shapes do not fit, or the base distribution is discrete.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.TransformedDistribution(jd.Normal(0.0, 1.0), [jd.ExpTransform()])
      >>> bool(abs(d.log_prob(2.0) - jd.LogNormal(0.0, 1.0).log_prob(2.0)) < 1e-6)
      True
    """

    transforms: Transforms

    def __post_init__(self, validate_args: bool | None) -> None:
        """Bring the base distribution and the transforms to one batch and event shape."""
        name = type(self).__name__
        require_distribution(name, "base_dist", self.base_dist)
        transforms = require_transforms(name, "transforms", self.transforms)
        whole = ComposeTransform(transforms)
        if self.base_dist.support.is_discrete:
            raise ValueError(
                f"{name}: the base distribution must be continuous; got {self.base_dist!r}. "
                "Transform the draws of a discrete one, whose masses stay as they are"
            )
        base = _expanded(self.base_dist, whole)
        aligned = whole._align(base.batch_shape, len(base.event_shape))
        vars(self).update(base_dist=base, transforms=aligned.parts)

    # --- shapes ----------------------------------------------------------------------------------

    @property
    def event_shape(self) -> Shape:
        """Shape of y for one x."""
        return self._for_one()._forward_shape(self.base_dist.event_shape)

    @property
    def support(self) -> constraints.Constraint:
        """The codomain of the last transform, with all axes of the event."""
        codomain = self._whole().codomain if self.transforms else self.base_dist.support
        missing = len(self.event_shape) - codomain.event_dim
        return constraints.independent(codomain, missing) if missing else codomain

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """False: the base distribution is continuous."""
        return False

    def _whole(self) -> ComposeTransform:
        return ComposeTransform(self.transforms)

    def _for_one(self) -> ComposeTransform:
        """The shapes of the transforms' leaves without batch axes."""
        ndim = len(self.batch_shape)

        def without_batch(leaf: Array) -> Any:
            return jax.ShapeDtypeStruct(leaf.shape[ndim:], leaf.dtype)

        parts = jax.tree.map(without_batch, self.transforms) if ndim else self.transforms
        return ComposeTransform(parts)

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        ndim = len(self.batch_shape)
        transforms = jax.tree.map(lambda leaf: function(leaf, leaf.ndim - ndim), self.transforms)
        base = self.base_dist._map_batch(function)
        return self._with(base_dist=base, transforms=transforms)

    def _over_batch(
        self,
        function: Callable[[ComposeTransform, Array], Any],
        value: Array,
        event_ndim: int,
        event_ndims: tuple[int, ...],
    ) -> Any:
        """Call a function with the transforms and the values of one batch entry at a time.

        Args:
          function: of the transforms and of values of shape `sample_shape + event`.
          value: shape `sample_shape + batch_shape + event`.
          event_ndim: the axes of `event`.
          event_ndims: the event axes of the results.
        """
        whole = self._whole()
        if jax.tree.leaves(whole):  # without leaves, any axes in front are treated alike
            for i in range(1, len(self.batch_shape) + 1):
                outs = tuple(-ndim - i for ndim in event_ndims)
                function = jax.vmap(function, (0, -event_ndim - i), outs)
        return function(whole, value)

    def _image(self, x: Array) -> Array:
        """Map x to y."""
        ndims = len(self.base_dist.event_shape), len(self.event_shape)
        return self._over_batch(lambda t, x: (t._forward(x),), x, ndims[0], (ndims[1],))[0]

    def _image_and_log_det(self, x: Array) -> tuple[Array, Array]:
        """Map x to y and evaluate log |det dy/dx|."""
        ndims = len(self.base_dist.event_shape), len(self.event_shape)

        def one(transform: ComposeTransform, x: Array) -> tuple[Array, Array]:
            y, log_det = transform._forward_and_log_det(x)
            return y, sum_rightmost(log_det, ndims[0] - transform.domain.event_dim)

        return self._over_batch(one, x, ndims[0], (ndims[1], 0))

    # --- draws and densities ---------------------------------------------------------------------

    def _base_shape(self, shape: Shape) -> Shape:
        return shape[: len(shape) - len(self.event_shape)] + self.base_dist.event_shape

    def _sample(self, key: Array, shape: Shape) -> Array:
        x = self.base_dist._sample(key, self._base_shape(shape))
        return self._image(clip_to_bounds(self.base_dist.support, x))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        x = self.base_dist._rsample(key, self._base_shape(shape))
        return self._image(clip_to_bounds(self.base_dist.support, x))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        base = self.base_dist
        x, log_prob = base._joint(key, self._base_shape(shape), pathwise)
        if pathwise or not jax.tree.leaves(self.transforms):
            y, log_det = self._image_and_log_det(x)
            return y, log_prob - log_det
        ndims = len(base.event_shape), len(self.event_shape)
        one = functools.partial(_at_fixed_image, event_ndim=ndims[1])
        y, x, log_det = self._over_batch(one, x, ndims[0], (ndims[1], ndims[0], 0))
        moving = jax.tree.map(lax.stop_gradient, base).log_prob(x)
        return y, _with_gradient_of(log_prob, moving) - log_det

    def _log_prob(self, x: Array) -> Array:
        ndims = len(self.base_dist.event_shape), len(self.event_shape)
        one = functools.partial(_invert, event_ndim=ndims[1])
        x, log_det, inside = self._over_batch(one, x, ndims[1], (ndims[0], 0, 0))
        log_prob = self.base_dist.log_prob(x)
        inside &= log_prob != -math.inf
        return jnp.where(inside, log_prob, -math.inf) + jnp.where(inside, log_det, 0)

    def _of_base(
        self, y: Array, increasing: str, decreasing: str, ends: tuple[float, float]
    ) -> Array:
        """Evaluate a method of the base distribution, or its mirror image, at the pre-image of y.

        Args:
          y: shape `(..., *batch_shape)`.
          increasing: the name of the method, where the transforms together increase.
          decreasing: the same, where they decrease.
          ends: its values below and above the range of y.
        """
        below = above = jnp.zeros(y.shape, bool)
        sign: Any = 1
        for part in reversed(self.transforms):
            if isinstance(part.codomain, constraints.Range):
                lower, upper = part.codomain.bounds
                under, over = y <= lower, y >= upper
                below |= jnp.where(sign > 0, under, over)
                above |= jnp.where(sign > 0, over, under)
                y = jnp.where(under | over, part.codomain.feasible_like(y), y)
            y = part._inverse(y)
            sign = sign * part.sign
        if isinstance(sign, int):
            value = getattr(self.base_dist, increasing if sign > 0 else decreasing)(y)
        else:
            up, down = (getattr(self.base_dist, name)(y) for name in (increasing, decreasing))
            value = jnp.where(sign > 0, up, down)
        return jnp.where(below, ends[0], jnp.where(above, ends[1], value))

    def _cdf(self, x: Array) -> Array:
        return self._of_base(x, "cdf", "survival_function", (0, 1))

    def _log_cdf(self, x: Array) -> Array:
        return self._of_base(x, "log_cdf", "log_survival_function", (-math.inf, 0))

    def _survival_function(self, x: Array) -> Array:
        return self._of_base(x, "survival_function", "cdf", (1, 0))

    def _log_survival_function(self, x: Array) -> Array:
        return self._of_base(x, "log_survival_function", "log_cdf", (0, -math.inf))

    def _icdf(self, q: Array) -> Array:
        return self._image(self.base_dist.icdf(jnp.where(self._whole().sign > 0, q, 1 - q)))

    # --- summaries -------------------------------------------------------------------------------

    def _moment_of_base(self, name: str) -> Array:
        base = self.base_dist
        return jnp.broadcast_to(getattr(base, name)(), base.batch_shape + base.event_shape)

    def _require_affine(self, what: str) -> None:
        if not self._whole()._affine:
            raise self._missing(what, "it has one where all transforms are affine")

    def _mean(self) -> Array:
        self._require_affine("mean")
        return self._image(self._moment_of_base("_mean"))

    def _mode(self) -> Array:
        self._require_affine("mode")
        return self._image(self._moment_of_base("_mode"))

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        self._require_affine("variance")
        if not self._whole()._coordinatewise:
            raise self._missing("variance", "estimate it by the variance of draws")
        ndims = len(self.base_dist.event_shape), len(self.event_shape)

        def one(transform: ComposeTransform, stddev: Array) -> tuple[Array]:
            return (jax.jvp(transform._forward, (jnp.zeros_like(stddev),), (stddev,))[1],)

        stddev = self._moment_of_base("_stddev")
        return jnp.abs(self._over_batch(one, stddev, ndims[0], (ndims[1],))[0])

    def _entropy(self) -> Array:
        """The log-determinant's mean is its value at the mean of x, where it is affine in x."""
        whole, base = self._whole(), self.base_dist
        if not whole._log_det_is_affine:
            raise self._missing("entropy", "estimate it by the mean of `-log_prob` over draws")
        shape = base.batch_shape + base.event_shape
        at = jnp.zeros(shape, self.dtype) if whole._affine else self._moment_of_base("_mean")
        return base._entropy() + self._image_and_log_det(at)[1]


def _invert(transform: ComposeTransform, y: Array, event_ndim: int) -> tuple[Array, Array, Array]:
    """Map y to x; return x, log |det dx/dy|, and whether y is in the range of the transforms.

    That the last of them can return y is known already; what the others cannot return is replaced,
    so that the gradient is clean.
    """
    inside = jnp.ones(y.shape[: y.ndim - event_ndim], bool)
    total = jnp.zeros(inside.shape, y.dtype)
    for i, part in enumerate(reversed(transform.parts)):
        codomain = part.codomain
        extra = event_ndim - codomain.event_dim
        if i and not _is_everything(codomain):
            inside &= all_rightmost(codomain.check(y), extra)
            kept = jnp.expand_dims(inside, tuple(range(-event_ndim, 0)))
            y = jnp.where(kept, y, codomain.feasible_like(y))
        y, log_det = part._inverse_and_log_det(y)
        total = total + sum_rightmost(log_det, extra)
        event_ndim += part.domain.event_dim - codomain.event_dim
    return y, total, inside


def _is_everything(constraint: constraints.Constraint) -> bool:
    if isinstance(constraint, constraints.Independent):
        return _is_everything(constraint.base_constraint)
    return constraint is constraints.real


def _at_fixed_image(
    transform: ComposeTransform, x: Array, event_ndim: int
) -> tuple[Array, Array, Array]:
    """Map x to y; return y, x and log |det dy/dx| as functions of the parameters at a fixed y.

    Their values come from x itself, which inverting a rounded y would not give back.
    """
    values = [x]
    for part in transform.parts:
        values.append(lax.stop_gradient(part._forward(values[-1])))
    y = z = values.pop()
    total = jnp.zeros(y.shape[: y.ndim - event_ndim], y.dtype)
    moves = False
    for part in reversed(transform.parts):
        moves = moves or bool(jax.tree.leaves(part))
        before = values.pop()
        source = _with_gradient_of(before, part._inverse(z)) if moves else before
        total = total + sum_rightmost(
            part._log_det(source, z), event_ndim - part.codomain.event_dim
        )
        event_ndim += part.domain.event_dim - part.codomain.event_dim
        z = source
    return y, z, total


def _with_gradient_of(value: Array, moving: Array) -> Array:
    """Add the derivative of an array, and nothing to the value."""
    change = moving - lax.stop_gradient(moving)
    return value + jnp.where(jnp.isfinite(moving), change, 0)


def _expanded(base: Distribution, transform: Transform) -> Distribution:
    """Give a base distribution the batch and the event axes that a transform asks for."""
    shape = base.batch_shape + base.event_shape
    full = transform.inverse_shape(transform.forward_shape(shape))
    cut = len(full) - len(base.event_shape)
    if full[cut:] != base.event_shape:
        raise ValueError(
            f"TransformedDistribution: the parameters of {transform!r} do not fit events of shape "
            f"{base.event_shape}"
        )
    base = base.expand(full[:cut])
    missing = transform.domain.event_dim - len(base.event_shape)
    return Independent(base, missing) if missing > 0 else base
