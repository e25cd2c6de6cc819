"""Exponential families: entropy and KL divergence by differentiating the log-normalizer."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.information import of_exponential_family


class ExponentialFamily(Distribution):
    r"""Base of distributions whose log-density is linear in natural parameters.

    .. math:: p(x) = h(x) \exp\big(\eta \cdot T(x) - A(\eta)\big)

    A subclass writes `_natural_parameters` (the :math:`\eta`), `_log_normalizer` (:math:`A`) and,
    unless :math:`h = 1`, `_mean_log_base_measure` (:math:`E[\log h(x)]`), and the inverse of the
    first, `_from_natural_parameters`. The mean of :math:`T` is
    the gradient of :math:`A`, so that these give the entropy, and the divergence from another
    member of the family. A family with a more exact closed form overrides the entropy.

    References:
      Nielsen and Nock 2010, "Entropies and cross-entropies of exponential families".
    """

    @property
    def natural_parameters(self) -> tuple[Array, ...]:
        """Natural parameters, each of shape `(*batch_shape, ...)`."""
        return self._natural_parameters()

    @classmethod
    def from_natural_parameters(cls, *natural_parameters: Array) -> ExponentialFamily:
        """Return the member of the family with given natural parameters.

        Args:
          *natural_parameters: as `natural_parameters` returns them.
        """
        return cls._from_natural_parameters(*natural_parameters)

    @property
    def mean_parameters(self) -> tuple[Array, ...]:
        """Means of the statistics T(x), of the shapes of the natural parameters."""
        return self._mean_statistics()

    def log_normalizer(self, *natural_parameters: Array) -> Array:
        """Evaluate the log-normalizer A at natural parameters.

        Args:
          *natural_parameters: as `natural_parameters` returns them.

        Returns:
          Shape `batch_shape`.
        """
        return self._log_normalizer(*natural_parameters)

    def _natural_parameters(self) -> tuple[Array, ...]:
        raise self._missing("natural_parameters")

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> ExponentialFamily:
        raise NotImplementedError(f"{cls.__name__} must define `_from_natural_parameters`")

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        raise self._missing("log_normalizer")

    def _mean_log_base_measure(self) -> Array:
        return jnp.zeros(self.batch_shape)

    def _mean_statistics(self) -> tuple[Array, ...]:
        """Return E[T(x)], the gradient of A."""

        def total(natural: tuple[Array, ...]) -> Array:
            return jnp.sum(self._log_normalizer(*natural))

        return jax.grad(total)(self._natural_parameters())

    def fisher_information(self) -> Array:
        """Return the Fisher information matrix, from the curvature of the log-normalizer."""
        return of_exponential_family(self)

    def _inner(self, a: tuple[Array, ...], b: tuple[Array, ...]) -> Array:
        """Return the inner product of natural parameters and statistics over non-batch axes."""
        batch_ndim = len(self.batch_shape)
        # A masked category has a parameter of -inf and a statistic of 0, whose product is 0 here.
        products = [jnp.where(y == 0, 0, x) * y for x, y in zip(a, b, strict=True)]
        return sum(
            (jnp.sum(p, tuple(range(batch_ndim, p.ndim))) for p in products),
            start=jnp.zeros(self.batch_shape),
        )

    def _entropy(self) -> Array:
        """Evaluate A(eta) - eta . E[T] - E[log h]."""
        natural = self._natural_parameters()
        expected = self._inner(natural, self._mean_statistics())
        return self._log_normalizer(*natural) - expected - self._mean_log_base_measure()

    def bregman_divergence(self, other: ExponentialFamily) -> Array:
        r"""KL divergence from another member of the family, as a Bregman divergence.

        .. math:: KL(p \| q) = A(\eta_q) - A(\eta_p) - (\eta_q - \eta_p) \cdot \nabla A(\eta_p)

        Args:
          other: q, a distribution of the same class and batch shape.

        Returns:
          Shape `batch_shape`.

        Raises:
          TypeError: if the other is not of the same class.
        """
        if type(other) is not type(self):
            raise TypeError(
                f"a Bregman divergence is between members of one family; got "
                f"{type(self).__name__} and {type(other).__name__}"
            )
        p, q = self._natural_parameters(), other._natural_parameters()
        change = tuple(b - a for a, b in zip(p, q, strict=True))
        return (
            self._log_normalizer(*q)
            - self._log_normalizer(*p)
            - self._inner(change, self._mean_statistics())
        )
