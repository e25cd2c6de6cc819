"""Former names, until nobody imports them."""

from jaxdist.special.exp_log import softplus
from jaxdist.special.trigonometric import pi_minus as up_to_pi

__all__ = [
    "softplus",
    "up_to_pi",
]
