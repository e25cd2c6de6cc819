"""The log-probability of Wallenius' noncentral hypergeometric distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.quadrature import gauss_legendre_average, negligible_exponent
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.special.binomial_density import binomial_log_prob
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import expm1mx, log1pmx, log_expm1
from jaxdist.special.with_slopes import with_slopes

_WIDEST = 64.0  # how far in log τ the density is searched for
_HALVINGS = 22
_LATEST = 1e36  # time, which float32 holds
_FAR = 1e4  # how far the logarithm of the integrand falls where it counts no more


@elementwise
def wallenius_log_prob(k: Array, s: Array, f: Array, n: Array, odds: Array) -> Array:
    r"""Log-probability of k successes among n balls, taken one by one by their weights.

    Let every ball leave the urn after an exponential time, of the rate ω for a success and 1 for a
    failure. With m = n - k and d = ω (s - k) + f - m, the next ball leaves at the rate d, and

    .. math:: p(k) = \int_0^\infty d \binom{s}{k} (1 - e^{-\omega \tau})^k e^{-\omega \tau (s - k)}
              \binom{f}{m} (1 - e^{-\tau})^m e^{-\tau (f - m)} d\tau

    which is two binomial probabilities, at the time where the integrand is largest in log τ, times
    an integral of what is relative to it. That is concave in log τ, and of terms of one sign.

    Args:
      k: from `max(0, n - f)` to `min(n, s)`, any shape broadcastable with the others.
      s: non-negative number of successes.
      f: non-negative number of failures.
      n: number of balls that are taken, in `[0, s + f]`.
      odds: positive ω.

    References:
      Fog 2008, "Calculation methods for Wallenius' noncentral hypergeometric distribution".
    """
    k, s, f, n, odds = vary_with((k, s, f, n, odds))
    m = n - k
    fixed = lax.stop_gradient(odds)
    is_all = s + f - n < 0.5  # nothing is left
    s, k, n = (jnp.where(is_all, x, y) for x, y in ((1, s), (0, k), (0, n)))
    f, m = jnp.where(is_all, 0, f), jnp.where(is_all, 0, m)
    rate = fixed * (s - k) + (f - m)
    peak = _peak(k, m, rate, fixed)
    logits = jnp.stack([log_expm1(fixed * peak), log_expm1(peak)])
    binomials = binomial_log_prob(jnp.stack([k, m]), jnp.stack([s, f]), logits=logits)
    at_peak = jnp.sum(binomials, 0) + jnp.log(rate * peak)

    left_rate = odds * (s - k) + (f - m)
    swap = _has_larger_terms(k, s - k, m, f - m, fixed, rate, peak)

    def relative(v: Array) -> Array:
        """Evaluate the logarithm of the integrand at τ = e^v times the peak."""
        step = jnp.minimum(peak * jnp.expm1(v), _LATEST)
        value = -expm1mx(v) + _relative(k, fixed, peak, step) + _relative(m, 1.0, peak, step)
        slope = _gain(k, s - k, odds, peak + step) + (s - k) / left_rate
        return with_slopes(lax.stop_gradient(value), (jnp.where(value > -_FAR, slope, 0),), (odds,))

    def terms(v: Array) -> tuple[Array, Array]:
        """Return the integrand, and what it contributes to the derivative in the odds."""
        log_density, time = relative(v), jnp.minimum(peak * jnp.exp(v), _LATEST)
        own = _gain(k, s - k, odds, time) + (s - k) / left_rate
        others = -(_gain(m, f - m, 1.0, time) + (f - m) / left_rate) / odds
        slope = jnp.where(log_density > -_FAR, jnp.where(swap, others, own), 0)
        return jnp.exp(log_density), jnp.exp(log_density) * slope

    enough = negligible_exponent(k.dtype)
    nodes = 24 if jnp.finfo(k.dtype).eps > 1e-10 else 56
    total, slope = jnp.zeros_like(k), jnp.zeros_like(k)
    for sign in (1.0, -1.0):
        length = vary_with(jnp.full_like(k, _WIDEST), k)

        def halve(_: int, length: Array, sign: float = sign) -> Array:
            return jnp.where(relative(sign * length / 2) < -enough, length / 2, length)

        length = lax.stop_gradient(lax.fori_loop(0, _HALVINGS, halve, length))

        def signed(v: Array, sign: float = sign) -> tuple[Array, Array]:
            return terms(sign * v)

        averages = gauss_legendre_average(signed, length, nodes)
        total, slope = total + length * averages[0], slope + length * averages[1]
    log_prob = lax.stop_gradient(at_peak + jnp.log(total))
    return jnp.where(is_all, 0, with_slopes(log_prob, (slope / total,), (odds,)))


def _gain(gone: Array, left: Array, rate: Array | float, time: Array) -> Array:
    r"""Return :math:`g \tau / (e^{\omega \tau} - 1) - l \tau`, for g balls gone and l left.

    It is the derivative of the logarithm of their binomial probability in the rate ω.
    """
    return gone * _rate_of_log(rate, time) - left * time


def _has_larger_terms(
    k: Array, left: Array, m: Array, other_left: Array, odds: Array, rate: Array, time: Array
) -> Array:
    r"""Whether the derivative in the odds is better had by slowing the failures.

    Only the ratio of the rates matters: the integral of the derivative in log ω is minus that in
    the logarithm of the other rate. Both have terms that cancel, of which the smaller are exact:
    there are none for balls that are all gone.
    """
    own = k * _rate_of_log(odds, time) + left * (time + 1 / rate)
    others = m * _rate_of_log(1.0, time) + other_left * (time + 1 / rate)
    return odds * own > others


def _rate_of_log(odds: Array | float, time: Array) -> Array:
    r"""Return :math:`\tau / (e^{\omega \tau} - 1)`."""
    x = odds * time
    near = x < 80
    return jnp.where(near, time / jnp.expm1(jnp.where(near, x, 1)), time * jnp.exp(-x))


def _relative(k: Array, odds: Array | float, peak: Array, step: Array) -> Array:
    r"""Return what a kind of ball adds to the relative logarithm, without its linear part.

    .. math:: k \left(\log \frac{1 - e^{-\omega \tau}}{1 - e^{-\omega \tau_0}}
              - \frac{\omega (\tau - \tau_0)}{e^{\omega \tau_0} - 1}\right)
    """
    x, left = jnp.minimum(odds * step, _LATEST), jnp.exp(-odds * peak)
    left_after = jnp.exp(-odds * (peak + step))
    gone = -jnp.expm1(-odds * peak)
    near = x > -1
    y = jnp.where(near, -jnp.expm1(-jnp.where(near, x, 0)) * left, left - left_after) / gone
    close = expm1mx(-jnp.where(near, x, 0)) * left
    bend = jnp.where(near, close, left_after - left + x * left) / gone
    return jnp.where(k > 0, k * (log1pmx(jnp.maximum(y, -1)) - bend), 0)


def _peak(k: Array, m: Array, rate: Array, odds: Array) -> Array:
    r"""Find where the integrand is largest in log τ.

    .. math:: 1 + \frac{k \omega \tau}{e^{\omega \tau} - 1} + \frac{m \tau}{e^\tau - 1} = d \tau
    """

    def slope(u: Array) -> tuple[Array, float]:
        time = jnp.exp(u)
        gained = 1 + k * odds * _rate_of_log(odds, time) + m * _rate_of_log(1.0, time)
        return rate * time - gained, 0.0

    high = (1 + k + m) / rate
    low = (1 + k + m) / (rate + (k * odds + m) / 2)
    ends = vary_with((jnp.log(low), jnp.log(high)), (k, m, rate, odds))
    root = find_root(slope, *ends, steps=bisection_steps(k.dtype))
    return jnp.exp(root)


def wallenius_center(s: Array, f: Array, n: Array, odds: Array) -> Array:
    r"""Return Manly's approximation of the mean: successes gone when n balls are expected to be.

    .. math:: s (1 - e^{-\omega \tau}) + f (1 - e^{-\tau}) = n

    Args:
      s: number of successes, any shape, as all.
      f: number of failures.
      n: number of balls that are taken.
      odds: positive ω.
    """
    is_slow = odds < 1
    fast, slow = jnp.where(is_slow, f, s), jnp.where(is_slow, s, f)
    slower = jnp.where(is_slow, odds, 1 / odds)  # the rate of the slow kind, by that of the other

    def excess(gone: Array) -> tuple[Array, float]:
        return fast * gone - slow * jnp.expm1(slower * jnp.log1p(-gone)) - n, 0.0

    ends = vary_with((jnp.zeros_like(odds), jnp.ones_like(odds)), (s, f, n, odds))
    of_fast = fast * find_root(excess, *ends, steps=bisection_steps(odds.dtype))
    return jnp.where(is_slow, n - of_fast, of_fast)


def wallenius_spread(center: Array, s: Array, f: Array, n: Array) -> Array:
    """Return an approximation of the standard deviation, from that of the mean."""
    k = jnp.clip(center, 0, s)
    first, second = k * (s - k), (n - k) * (k + f - n)
    first, second = jnp.maximum(first, 0) + 0.25, jnp.maximum(second, 0) + 0.25
    scale = (s + f) / jnp.maximum(s + f - 1, 1)
    return jnp.sqrt(scale * first * second / jnp.maximum(s * second + f * first, 1e-3))
