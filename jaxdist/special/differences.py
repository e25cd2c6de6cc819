"""Former names, until nobody imports them."""

from jaxdist.special.digamma import digamma_difference
from jaxdist.special.gamma import log_gamma_ratio

__all__ = [
    "digamma_difference",
    "log_gamma_ratio",
]
