"""Modified Bessel functions of the first kind, of orders 0 and 1: of the von Mises distribution.

By Chebyshev series (interpolated in 40 digits) in kappa^2 up to kappa = 4 and in 1 / kappa up to
40, and beyond by the asymptotic series of the ratio of I_1 to I_0.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.polynomials import chebyshev, horner
from jaxdist.promotion import custom_jvp
from jaxdist.special.elementwise import elementwise
from jaxdist.special.stirling import sqrt_two_pi_times

_SMALL, _LARGE = 4.0, 40.0

# log(I_0(kappa)) / kappa^2 and I_1(kappa) / I_0(kappa) / kappa, in kappa^2;
# kappa log(I_0(kappa) exp(-kappa) sqrt(2 pi kappa)) and kappa (1 - I_1 / I_0), in 1 / kappa.
_LOG_SMALL = (
    0.1902222727076271, -0.04661757758861667, 0.00987530424563369, -0.002416223093168118,
    0.0006310339478090474, -0.0001711100979094881, 4.7566514140577265e-05, -1.3462689302816336e-05,
    3.862987063471139e-06, -1.1205763689497073e-06, 3.279520653719613e-07, -9.668998569384794e-08,
    2.8685313860583015e-08, -8.555732655159151e-09, 2.5636873516718282e-09, -7.713159147241364e-10,
    2.328908769862633e-10, -7.054295969333578e-11, 2.142846876588281e-11, -6.525921144191213e-12,
    1.9920500850544727e-12, -6.093619377919922e-13, 1.8676168497662126e-13, -5.734139663866415e-14,
    1.7634197781130114e-14, -5.431203357113331e-15, 1.6751020843344088e-15, -5.173070827379151e-16,
    1.599480673545804e-16, -4.951061564234703e-17, 1.5341756503517488e-17, -4.758618293097464e-18,
    1.4773719397600328e-18, -4.590695111354574e-19,
)  # fmt: skip
_RATIO_SMALL = (
    0.3159793493444173, -0.1289303921416738, 0.03778930972152551, -0.01179762337960416,
    0.003745957678886501, -0.001195501015928069, 0.0003821550175800154, -0.00012222390875427018,
    3.909730120219525e-05, -1.2507244037089934e-05, 4.0011461652089065e-06, -1.2799995590972828e-06,
    4.094831926222414e-07, -1.3099738402909734e-07, 4.190725917189137e-08, -1.3406515765987653e-08,
    4.288867195596812e-09, -1.3720479117493948e-09, 4.3893069917067753e-10, -1.4041795274198553e-10,
    4.492098979359302e-11, -1.4370636267015144e-11, 4.597298226814421e-12, -1.4707178300089356e-12,
    4.704961107149582e-13, -1.5051601720010753e-13, 4.815145315306527e-14, -1.540409109862123e-14,
    4.927909897554672e-15, -1.5764835330395573e-15, 5.043315282972504e-16, -1.6134027733498593e-16,
    5.1614233158129734e-17, -1.6511866153363158e-17, 5.282297288643068e-18, -1.689855306871093e-18,
    5.406001976261267e-19,
)  # fmt: skip
_LOG_MIDDLE = (
    0.136322238562368, 0.010685059883335903, 0.0011049290780242743, 0.00014132472711860425,
    -5.287468700378882e-06, -1.2445412589951943e-05, -2.7620246650882502e-06, 6.976749721704228e-07,
    3.735349660506216e-07, -5.849752398528554e-08, -4.573160069464339e-08, 9.609700119490116e-09,
    5.341160828423551e-09, -2.0521449954499692e-09, -4.4459361459313244e-10, 4.020415360094748e-10,
    -2.347912579165257e-11, -5.892413352700111e-11, 2.0946138027007976e-11, 3.4251245402863e-12,
    -4.803142465588142e-12, 1.1300904484057422e-12, 4.3512694431568066e-13, -3.8330945912663367e-13,
    8.057360185144579e-14, 3.724025531400585e-14, -3.254322524608915e-14, 8.157172061174205e-15,
    2.43408073309029e-15, -2.8561125788251523e-15, 9.878691738978193e-16, 5.792267201864541e-17,
    -2.3511221965725067e-16, 1.1876879511236384e-16, -1.8133235213511328e-17,
    -1.4628920402479974e-17, 1.2499984090917422e-17, -4.360673010034989e-18, -4.463184295545981e-20,
    9.780999872749826e-19, -6.053872071213258e-19, 1.701735269504971e-19,
)  # fmt: skip
_COMPLEMENT_MIDDLE = (
    0.5224428462760273, 0.021103352752128143, 0.0021319580843655594, 0.00027187829965194424,
    -1.206001577501909e-05, -2.4937445764618264e-05, -5.456988006074958e-06, 1.4136176675577552e-06,
    7.454726389745343e-07, -1.1847565476853922e-07, -9.136697805735087e-08, 1.93512397274136e-08,
    1.0660452213654872e-08, -4.116900594479577e-09, -8.843940247284517e-10, 8.049286289900614e-10,
    -4.780581149068933e-11, -1.1778109719795532e-10, 4.200046874611765e-11, 6.811182282306657e-12,
    -9.61125314146049e-12, 2.2677498790454963e-12, 8.684610318508929e-13, -7.671738819312046e-13,
    1.6165318159519444e-13, 7.436659052321909e-14, -6.512399602117386e-14, 1.6351084377437106e-14,
    4.857779739648983e-15, -5.713943787835536e-15, 1.9785241013369403e-15, 1.1475320145943526e-16,
    -4.70190228221973e-16, 2.377314257415689e-16, -3.637837263726036e-17, -2.923429574891326e-17,
    2.500901222021108e-17, -8.731251200041211e-18, -8.53216433836058e-20, 1.9558808421203e-18,
    -1.2113897061246501e-18,
)  # fmt: skip


def _asymptotic_ratio(count: int) -> list[float]:
    """Expand `I_1 / I_0` in powers of 1 / kappa, by r' = 1 - r / kappa - r^2 (from DLMF 10.29)."""
    c = [1.0]
    for m in range(1, count):
        c.append(((m - 2) * c[-1] - sum(c[i] * c[m - i] for i in range(1, m))) / 2)
    return c


_RATIO = _asymptotic_ratio(20)
_COMPLEMENT_LARGE = [-c for c in _RATIO[1:]]
_LOG_LARGE = [-c / (k + 1) for k, c in enumerate(_RATIO[2:])]


def _small_series(series: tuple[float, ...], kappa: Array) -> Array:
    """Evaluate a series in kappa^2, at a harmless kappa where it is not small."""
    z = jnp.where(kappa < _SMALL, kappa, 0)
    return chebyshev(series, z * z, 0, _SMALL**2)


def _inverse_series(middle: tuple[float, ...], large: list[float], kappa: Array) -> Array:
    """Evaluate a series in 1 / kappa for moderate kappa, and one for large, both over kappa."""
    w = 1 / jnp.maximum(kappa, _SMALL)
    near = chebyshev(middle, jnp.maximum(w, 1 / _LARGE), 1 / _LARGE, 1 / _SMALL)
    far = horner(large, jnp.minimum(w, 1 / _LARGE))
    return w * jnp.where(kappa > _LARGE, far, near)


def _log_i0_small(kappa: Array) -> Array:
    return kappa * kappa * _small_series(_LOG_SMALL, kappa)


def _log_i0e_large(kappa: Array) -> Array:
    series = _inverse_series(_LOG_MIDDLE, _LOG_LARGE, kappa)
    return series - jnp.log(sqrt_two_pi_times(jnp.maximum(kappa, _SMALL)))


@elementwise
@custom_jvp
def log_i0e(kappa: Array) -> Array:
    r"""Logarithm of the exponentially scaled Bessel function of order 0, for kappa >= 0.

    .. math:: \log \left(I_0(\kappa) e^{-\kappa}\right)

    Accurate to 4 eps.

    Args:
      kappa: non-negative, any shape.
    """
    return jnp.where(kappa < _SMALL, _log_i0_small(kappa) - kappa, _log_i0e_large(kappa))


@log_i0e.defjvp
def _log_i0e_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (kappa,), (kappa_dot,) = primals, tangents
    return log_i0e(kappa), -bessel_ratio_complement(kappa) * kappa_dot


@elementwise
def bessel_ratio(kappa: Array) -> Array:
    r"""Ratio of Bessel functions, for kappa >= 0: the mean resultant length of von Mises angles.

    .. math:: A(\kappa) = I_1(\kappa) / I_0(\kappa)

    Accurate to 4 eps.

    Args:
      kappa: non-negative, any shape.
    """
    small = jnp.minimum(kappa, _SMALL) * _small_series(_RATIO_SMALL, kappa)
    complement = _inverse_series(_COMPLEMENT_MIDDLE, _COMPLEMENT_LARGE, kappa)
    return jnp.where(kappa < _SMALL, small, 1 - complement)


@elementwise
def bessel_ratio_complement(kappa: Array) -> Array:
    r"""Complement of `bessel_ratio`, for kappa >= 0: the circular variance of von Mises angles.

    .. math:: 1 - I_1(\kappa) / I_0(\kappa)

    Accurate to 4 eps, also where it is small.

    Args:
      kappa: non-negative, any shape.
    """
    small = jnp.minimum(kappa, _SMALL) * _small_series(_RATIO_SMALL, kappa)
    complement = _inverse_series(_COMPLEMENT_MIDDLE, _COMPLEMENT_LARGE, kappa)
    return jnp.where(kappa < _SMALL, 1 - small, complement)


def bessel_mean_fall(kappa: Array) -> Array:
    r"""Return :math:`\kappa (1 - I_1(\kappa) / I_0(\kappa))`, the mean fall of a log-density.

    It is 1 / 2 for a large kappa, where the derivatives of the factors underflow.

    Args:
      kappa: non-negative, any shape.
    """
    is_large = kappa * float(jnp.finfo(kappa.dtype).eps) ** 2 > 1
    inside = jnp.where(is_large, 1, kappa)
    return jnp.where(is_large, 0.5, inside * bessel_ratio_complement(inside))
