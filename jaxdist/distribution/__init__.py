"""Distribution, the base class, in parts: its events, tails, summaries and averages."""

from jaxdist.distribution.distribution import Distribution, require_distribution

__all__ = ["Distribution", "require_distribution"]
