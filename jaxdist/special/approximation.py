"""Former names, until nobody imports them."""

from jaxdist.special.elementwise import elementwise
from jaxdist.special.polynomials import chebyshev, horner, odd_chebyshev
from jaxdist.special.quadrature import gauss_legendre_average as average
from jaxdist.special.quadrature import integrate, weighted_sum
from jaxdist.special.quadrature import negligible_exponent as negligible

__all__ = [
    "average",
    "chebyshev",
    "elementwise",
    "horner",
    "integrate",
    "negligible",
    "odd_chebyshev",
    "weighted_sum",
]
