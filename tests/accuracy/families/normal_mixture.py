"""Families on the real line whose draws are normal, with a random variance."""

from __future__ import annotations

from mpmath import mp, mpf

from tests.accuracy.draws import on_the_line, positive, real, skewness
from tests.accuracy.family import Family
from tests.accuracy.incomplete import NotConverged, Tails, continued_fraction
from tests.formulas import ndtr

# --- horseshoe: a normal variable whose scale is half-Cauchy -------------------------------------


def scaled_exponential_integral(y):
    """exp(y) E1(y) (DLMF 6.9.1)."""
    if y < 60:
        return mp.exp(y) * mp.e1(y)
    return continued_fraction(((-n * n, y + 2 * n + 1) for n in range(1, 4000)), 1 / (y + 1))


def horseshoe_log_prob(x, scale):
    y = (x / scale) ** 2 / 2
    return mp.log(scaled_exponential_integral(y)) - mp.log(2 * mp.pi**3) / 2 - mp.log(scale)


def horseshoe_sf(t):
    """The mean of P(Z > t / size) over half-Cauchy sizes 1 / u, which are 1 / tan(v)."""
    integrand = lambda u: ndtr(-t * u) / (1 + u * u)
    knots = sorted({mpf(0), mpf(1), *(c / t for c in (mpf(1) / 4, 1, 3, 8, 20))})
    return 2 / mp.pi * mp.quad(integrand, [*knots, mp.inf])


def horseshoe_tails(x, scale) -> Tails:
    if not 1e-8 < abs(x / scale) < 1e8:
        raise NotConverged
    tail = horseshoe_sf(abs(x) / scale)
    return (tail, 1 - tail) if x < 0 else (1 - tail, tail)


# --- normal-inverse Gaussian ---------------------------------------------------------------------


def nig_log_prob(x, loc, scale, alpha, beta):
    gamma = mp.sqrt(alpha**2 - beta**2)
    q = mp.sqrt(scale**2 + (x - loc) ** 2)
    bessel = mp.log(mp.besselk(1, alpha * q)) + scale * gamma + beta * (x - loc)
    return mp.log(alpha * scale / mp.pi) - mp.log(q) + bessel


def nig_tails(x, loc, scale, alpha, beta) -> Tails:
    """The mean of a normal variable's tail over its variance exp(s), by the trapezoidal rule."""
    y, gamma = x - loc, mp.sqrt(alpha**2 - beta**2)
    if scale * gamma > 1e3 or alpha * abs(y) > 1e3:
        raise NotConverged
    sign = 1 if y > scale * beta / gamma else -1

    def term(s):
        w = mp.exp(s)
        density = mp.exp(-((scale - gamma * w) ** 2) / (2 * w)) * scale / mp.sqrt(2 * mp.pi * w)
        return density * ndtr(sign * (beta * w - y) / mp.sqrt(w))

    tail = sum_on_grid(term, mp.log(mp.sqrt(scale**2 + y**2) / alpha))
    return (1 - tail, tail) if sign > 0 else (tail, 1 - tail)


def sum_on_grid(term, center):
    """The integral of a function that decreases fast to both sides, by halving the steps."""
    step, total = mpf(1) / 4, mpf(0)
    for _ in range(9):
        last, total = total, step * (one_side(term, center, step) + one_side(term, center, -step))
        total -= step * term(center)
        if abs(total - last) < mp.sqrt(mp.eps) * total:
            return total
        step /= 2
    raise NotConverged


def one_side(term, center, step):
    """Sum from the center on, until terms are negligible."""
    total = mpf(0)
    for i in range(20_000):
        value = term(center + i * step)
        total += value
        if value < mp.eps**2 * total:
            return total
    raise NotConverged


FAMILIES = [
    Family(
        "Horseshoe",
        {"scale": positive},
        lambda rng, scale: on_the_line(rng, scale * rng.standard_cauchy() * rng.normal()),
        horseshoe_log_prob,
        horseshoe_tails,
    ),
    Family(
        "NormalInverseGaussian",
        {"loc": real, "scale": positive, "tailweight": positive, "skew": skewness},
        lambda rng, loc, scale, alpha, beta: on_the_line(
            rng, loc + scale * rng.standard_t(1.5) + beta / alpha
        ),
        nig_log_prob,
        nig_tails,
        mean=lambda loc, scale, alpha, beta: loc + scale * beta / mp.sqrt(alpha**2 - beta**2),
        variance=lambda loc, scale, alpha, beta: (
            scale * alpha**2 / mp.sqrt(alpha**2 - beta**2) ** 3
        ),
    ),
]
