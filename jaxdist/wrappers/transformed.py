"""TransformedDistribution: the distribution of y = t(x) for a random x."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Self

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.constraints.clipping import clip_to_bounds
from jaxdist.distribution import Distribution
from jaxdist.numerics.atoms import is_rounded
from jaxdist.numerics.expected_values import Rule
from jaxdist.transforms import ComposeTransform, Transform
from jaxdist.transforms.change_of_variables import (
    add_gradient,
    forward_at_fixed_output,
    invert_in_range,
)
from jaxdist.transforms.compose import Transforms, require_transforms
from jaxdist.transforms.image import exceeds, images
from jaxdist.transforms.slopes import log_slopes
from jaxdist.transforms.transform import sum_rightmost
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.wrapper import DelegatingWrapper, require_base


class TransformedDistribution(DelegatingWrapper):
    r"""The distribution of y = t(x), where x is drawn from a base distribution.

    .. math:: \log p(y) = \log p_x(t^{-1}(y)) - \log |\det dy / dx|

    A single point of the base distribution that has a probability keeps it, without a determinant.
    Shapes are as in torch: the base distribution is expanded to the batch shape of the transforms'
    parameters, and if a transform has more event axes than the base distribution, batch axes are
    reinterpreted as event axes. `sample_and_log_prob` evaluates the density
    at x, so that it is exact even where y rounds to a bound of its range. `mean`, `mode` and
    `variance` require affine transforms; `entropy` requires a log-determinant that is affine in x
    (also true of `ExpTransform`); `cdf` and `icdf` require monotone univariate transforms.

    The batch axes of the distribution are prepended to the leaves of the transforms, except for the
    parameters of a conditioner: construct the distribution for one batch entry, and `expand` it or
    use `jax.vmap`.

    Args:
      base_dist: the distribution of x, which must be continuous.
      transforms: a transform, or a sequence of transforms, applied in order.

    Raises:
      TypeError: if an argument is not a distribution, or not a transform.
      ValueError: if the shapes do not agree, or the base distribution is discrete.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.TransformedDistribution(jd.Normal(0.0, 1.0), [jd.ExpTransform()])
      >>> bool(abs(d.log_prob(2.0) - jd.LogNormal(0.0, 1.0).log_prob(2.0)) < 1e-6)
      True
    """

    transforms: Transforms

    def __post_init__(self, validate_args: bool | None) -> None:
        """Broadcast the base distribution and the transforms against each other."""
        name = type(self).__name__
        require_base(name, "base_dist", self.base_dist)
        transform = ComposeTransform(require_transforms(name, "transforms", self.transforms))
        if self.base_dist.support.is_discrete:
            raise ValueError(
                f"{name}: the base distribution must be continuous; got {self.base_dist!r}. "
                "Transform the draws of a discrete one instead: their probabilities do not change"
            )
        supports = images(self.base_dist.support, transform.parts)
        for t, support in zip(transform.parts, supports, strict=False):
            if exceeds(support, t.domain):
                raise ValueError(
                    f"{name}: {t!r} maps values in {t.domain}; it would get values in {support}. "
                    "Map these into its domain first"
                )
        base = _expand_to_fit(self.base_dist, transform)
        aligned = transform._align(base.batch_shape, len(base.event_shape))
        vars(self).update(base_dist=base, transforms=aligned.parts)

    # --- shapes ----------------------------------------------------------------------------------

    @property
    def event_shape(self) -> Shape:
        """Shape of y for one x."""
        return self._transform_without_batch()._forward_shape(self.base_dist.event_shape)

    @property
    def support(self) -> constraints.Constraint:
        """The image of the base distribution's support, if the transforms are monotone functions of
        single numbers; otherwise the codomain of the last one.
        """
        image = images(self.base_dist.support, self.transforms)[-1]
        missing = len(self.event_shape) - image.event_dim
        return constraints.independent(image, missing) if missing else image

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """False: the base distribution is continuous."""
        return False

    @property
    def _transform(self) -> ComposeTransform:
        return ComposeTransform(self.transforms)

    def _transform_without_batch(self) -> ComposeTransform:
        """Return the transform of one batch entry, with shapes in the place of its leaves."""
        ndim = len(self.batch_shape)

        def without_batch(leaf: Array) -> Any:
            return jax.ShapeDtypeStruct(leaf.shape[ndim:], leaf.dtype)

        return jax.tree.map(without_batch, self._transform) if ndim else self._transform

    @property
    def _event_ndims(self) -> tuple[int, int]:
        """The number of event axes of x and of y."""
        return len(self.base_dist.event_shape), len(self.event_shape)

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
        output_event_ndims: Any,
    ) -> Any:
        """Map a function of the transform and a value over the batch axes of both.

        Args:
          function: takes the transform of one batch entry, and values of shape
            `sample_shape + event`.
          value: shape `sample_shape + batch_shape + event`.
          event_ndim: the number of axes of `event`.
          output_event_ndims: the same for the function's outputs: an int, or a tuple of them.
        """
        transform = self._transform
        if jax.tree.leaves(transform):  # without leaves, batch axes are like sample axes
            for i in range(1, len(self.batch_shape) + 1):
                out_axes = jax.tree.map(lambda ndim, i=i: -ndim - i, output_event_ndims)
                function = jax.vmap(function, (0, -event_ndim - i), out_axes)
        return function(transform, value)

    def _forward(self, x: Array) -> Array:
        """Map x to y."""
        x_ndim, y_ndim = self._event_ndims
        return self._over_batch(ComposeTransform._forward, x, x_ndim, y_ndim)

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        """Map x to y and evaluate log |det dy/dx|."""
        x_ndim, y_ndim = self._event_ndims

        def forward(transform: ComposeTransform, x: Array) -> tuple[Array, Array]:
            y, log_det = transform._forward_and_log_det(x)
            return y, sum_rightmost(log_det, x_ndim - transform.domain.event_dim)

        return self._over_batch(forward, x, x_ndim, (y_ndim, 0))

    # --- single numbers that have a probability ---------------------------------------------------

    def _nearest_atom(self, x: Array) -> Array:
        inverse, ndims = ComposeTransform._inverse, self._event_ndims[::-1]
        of_base = self.base_dist._nearest_atom(self._over_batch(inverse, x, *ndims))
        return self._forward(of_base)

    def _without_rounding(self, x: Array, y: Array) -> Array:
        """Return x, the inverse of y, or exactly the point that y is the image of."""
        atom = self.base_dist._nearest_atom(x)
        is_atom = is_rounded(x, atom) | is_rounded(y, self._forward(atom))
        return jnp.where(is_atom, atom, x)

    def _log_slopes(self, x: Array) -> Array:
        """Evaluate the log-determinant of each entry of an event."""
        if not self.base_dist.event_shape:
            return self._forward_and_log_det(x)[1]
        ndim = len(self.base_dist.event_shape)
        return self._over_batch(lambda t, x: log_slopes(t.parts, x), x, ndim, ndim)

    def _log_det_of_density(self, x: Array, log_det: Array) -> Array:
        """Leave entries out of a log-determinant that have a probability, which stays as it is."""
        base = self.base_dist
        if not base._has_atoms:
            return log_det
        log_slopes = self._log_slopes(x) if base.event_shape else log_det
        return sum_rightmost(jnp.where(base._is_atom(x), 0, log_slopes), len(base.event_shape))

    # --- draws and densities ---------------------------------------------------------------------

    def _base_shape(self, shape: Shape) -> Shape:
        return shape[: len(shape) - len(self.event_shape)] + self.base_dist.event_shape

    def _sample(self, key: Array, shape: Shape) -> Array:
        x = self.base_dist._sample(key, self._base_shape(shape))
        return self._forward(clip_to_bounds(self.base_dist.support, x))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        x = self.base_dist._rsample(key, self._base_shape(shape))
        return self._forward(clip_to_bounds(self.base_dist.support, x))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        base = self.base_dist
        x, log_prob = base._joint(key, self._base_shape(shape), pathwise)
        if pathwise or not jax.tree.leaves(self.transforms):
            y, log_det = self._forward_and_log_det(x)
            return y, log_prob - self._log_det_of_density(x, log_det)
        x_ndim, y_ndim = self._event_ndims
        forward = functools.partial(forward_at_fixed_output, event_ndim=y_ndim)
        y, x, log_det = self._over_batch(forward, x, x_ndim, (y_ndim, x_ndim, 0))
        log_prob_of_x = jax.tree.map(lax.stop_gradient, base).log_prob(x)
        log_det = self._log_det_of_density(x, log_det)
        return y, add_gradient(log_prob, log_prob_of_x) - log_det

    def _log_prob(self, x: Array) -> Array:
        x_ndim, y_ndim = self._event_ndims
        invert = functools.partial(invert_in_range, event_ndim=y_ndim)
        y = x
        x, log_det, inside = self._over_batch(invert, y, y_ndim, (x_ndim, 0, 0))
        if self.base_dist._has_atoms:
            x = self._without_rounding(x, y)
            log_det = -self._log_det_of_density(x, -log_det)
        log_prob = self.base_dist.log_prob(x)
        possible = inside & (log_prob != -math.inf)
        # Where it overflows its gradient is infinite; outside of the base's support it is 0.
        return jnp.where(inside, log_prob, -math.inf) + jnp.where(possible, log_det, 0)

    def _cumulative_of_base(
        self, y: Array, increasing: str, decreasing: str, ends: tuple[float, float]
    ) -> Array:
        """Evaluate a cumulative function of the base distribution at x = t^-1(y).

        Args:
          y: shape `(..., *batch_shape)`.
          increasing: the method to call where t is increasing.
          decreasing: the method to call where t is decreasing.
          ends: the values below and above the range of t.
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
        # Where t decreases, P(t(X) <= t(x)) is P(X >= x).
        base, before = self.base_dist, self.base_dist._up_to(y)
        if isinstance(sign, int):
            rises = sign > 0
            value = getattr(base, increasing)(y) if rises else getattr(base, decreasing)(before)
        else:
            up, down = getattr(base, increasing)(y), getattr(base, decreasing)(before)
            value = jnp.where(sign > 0, up, down)
        return jnp.where(below, ends[0], jnp.where(above, ends[1], value))

    def _cdf(self, x: Array) -> Array:
        return self._cumulative_of_base(x, "cdf", "survival_function", (0, 1))

    def _log_cdf(self, x: Array) -> Array:
        return self._cumulative_of_base(x, "log_cdf", "log_survival_function", (-math.inf, 0))

    def _survival_function(self, x: Array) -> Array:
        return self._cumulative_of_base(x, "survival_function", "cdf", (1, 0))

    def _log_survival_function(self, x: Array) -> Array:
        return self._cumulative_of_base(x, "log_survival_function", "log_cdf", (0, -math.inf))

    def _icdf(self, q: Array) -> Array:
        return self._quantile(q, self.base_dist._icdf, self.base_dist._isf)

    def _isf(self, q: Array) -> Array:
        return self._quantile(q, self.base_dist._isf, self.base_dist._icdf)

    def _quantile(
        self,
        q: Array,
        increasing: Callable[[Array], Array],
        decreasing: Callable[[Array], Array],
    ) -> Array:
        """Map a quantile of the base distribution: which one depends on the sign of t."""
        sign = self._transform.sign
        if isinstance(sign, int):
            return self._forward(increasing(q) if sign > 0 else decreasing(q))
        return self._forward(jnp.where(sign > 0, increasing(q), decreasing(q)))

    # --- summaries -------------------------------------------------------------------------------

    def _moment_of_base(self, name: str) -> Array:
        base = self.base_dist
        return jnp.broadcast_to(getattr(base, name)(), base.batch_shape + base.event_shape)

    def _require_affine(self, summary: str) -> None:
        if not self._transform._affine:
            raise self._missing(summary, "it has one where all transforms are affine")

    def _mean(self) -> Array:
        if self._is_number:
            return Distribution._mean(self)
        self._require_affine("mean")
        return self._forward(self._moment_of_base("_mean"))

    def _mode(self) -> Array:
        self._require_affine("mode")
        return self._forward(self._moment_of_base("_mode"))

    def _variance(self) -> Array:
        return self._averaged_variance() if self._is_number else self._stddev() ** 2

    def _stddev(self) -> Array:
        if self._is_number:
            return jnp.sqrt(self._averaged_variance())
        self._require_affine("variance")
        if not self._transform._coordinatewise:
            raise self._missing("variance", "estimate it by the variance of draws")
        x_ndim, y_ndim = self._event_ndims

        def scale(transform: ComposeTransform, stddev: Array) -> Array:
            return jax.jvp(transform._forward, (jnp.zeros_like(stddev),), (stddev,))[1]

        stddev = self._moment_of_base("_stddev")
        return jnp.abs(self._over_batch(scale, stddev, x_ndim, y_ndim))

    def _skewness(self) -> Array:
        if not self._transform._affine:
            return Distribution._skewness(self)
        self._require_number("skewness")
        return self._transform.sign * self.base_dist._skewness()

    def _kurtosis(self) -> Array:
        if not self._transform._affine:
            return Distribution._kurtosis(self)
        self._require_number("kurtosis")
        return self.base_dist._kurtosis()

    def _require_number(self, summary: str) -> None:
        if self.event_shape or self.base_dist.event_shape:
            raise self._missing(summary, "it has one for single numbers")

    @property
    def _is_number(self) -> bool:
        """Whether it draws single numbers, by transforms of which not all are affine."""
        return not (self.event_shape or self.base_dist.event_shape or self._transform._affine)

    def _rule(self, summary: str) -> Rule:
        if self._is_number and not self._transform.bijective:
            raise self._missing(summary, "estimate it from draws")
        return super()._rule(summary)

    def _kinks(self) -> Array:
        return self._forward(self.base_dist._kinks())

    def _entropy(self) -> Array:
        """The mean of a log-determinant that is affine in x is its value at the mean of x."""
        transform, base = self._transform, self.base_dist
        if base._has_atoms:
            return self._entropy_with_atoms()
        if not transform._log_det_is_affine:
            return Distribution._entropy(self)
        if transform._affine:  # the log-determinant is constant, and x need not have a mean
            x = jnp.zeros(base.batch_shape + base.event_shape, self.dtype)
        else:
            x = self._moment_of_base("_mean")
        return base._entropy() + self._forward_and_log_det(x)[1]

    def _entropy_with_atoms(self) -> Array:
        """A slope counts as often as there is a density."""
        base = self.base_dist
        if not self._transform._affine:
            raise self._missing("entropy", "estimate it by the mean of `-log_prob`")
        log_slopes = self._log_slopes(jnp.zeros(base.batch_shape + base.event_shape, self.dtype))
        of_slopes = sum_rightmost((1 - base._atom_prob()) * log_slopes, len(base.event_shape))
        return base._entropy() + of_slopes


def _expand_to_fit(base: Distribution, transform: Transform) -> Distribution:
    """Expand a base distribution to the batch and event axes that a transform requires."""
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
