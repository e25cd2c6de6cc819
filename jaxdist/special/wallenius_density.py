"""The log-probability of Wallenius' noncentral hypergeometric distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.quadrature import gauss_legendre_average, negligible_exponent
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.special.binomial_density import split_binomial_kernel
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import expm1mx, log1mexp, log1pmx
from jaxdist.special.polygamma import digamma_difference
from jaxdist.special.products import difference_from_product
from jaxdist.special.quotient import quotient
from jaxdist.special.second_difference import lgamma_second_difference
from jaxdist.special.with_slopes import with_slopes

_WIDEST = 64.0  # how far in log τ the density is searched for
_HALVINGS = 22
_LATEST = 1e36  # time, which float32 holds
_MOST_LEFT = 30.0  # logarithm of odds that matter
_LARGEST_HAZARD = 80.0  # up to which its exponential does not underflow
_FACTORS = 32  # of a product that is not computed by logarithms
_LARGEST_ODDS = 1e20  # or smallest, inverted: products of rates, counts and times do not overflow
_FAR = 1e4  # how far the logarithm of the integrand falls where it counts no more


@elementwise
def wallenius_log_prob(k: Array, s: Array, f: Array, n: Array, odds: Array) -> Array:
    r"""Log-probability of k successes among n balls, taken one by one by their weights.

    Let every ball leave the urn after an exponential time, of the rate ω for a success and 1 for a
    failure. With m = n - k and d = ω (s - k) + f - m, the next ball leaves at the rate d, and

    .. math:: p(k) = \int_0^\infty d \binom{s}{k} (1 - e^{-\omega \tau})^k e^{-\omega \tau (s - k)}
              \binom{f}{m} (1 - e^{-\tau})^m e^{-\tau (f - m)} d\tau

    which is two binomial probabilities, at the time where the integrand is largest in log τ, times
    an integral of what is relative to it. That is concave in log τ, and of terms of one sign. A
    count that is nearly certain is at an end: no or only successes have a product for which there
    is a closed form, and if one kind of balls is all taken, its complement is integrated.

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
    all_odds, odds = odds, _moderate(odds)
    m = n - k
    fixed = lax.stop_gradient(odds)
    is_all = s + f - n < 0.5  # nothing is left
    s, k, n = (jnp.where(is_all, x, y) for x, y in ((1, s), (0, k), (0, n)))
    f, m = jnp.where(is_all, 0, f), jnp.where(is_all, 0, m)
    of_one_kind = _log_prob_of_one_kind(k, m, s, f, odds)
    left_alone = _prob_of_any_left(k, s, m, f, odds)
    rate = fixed * (s - k) + (f - m)
    peak = _peak(k, m, rate, fixed)
    rates = jnp.stack([fixed, jnp.ones_like(fixed)])
    counts = jnp.stack([k, m]), jnp.stack([s - k, f - m])
    exponents, ratios = _split_prob_of_gone(*counts, rates, jnp.stack([peak, peak]))
    left_rate = odds * (s - k) + (f - m)

    def relative(v: Array) -> Array:
        """Evaluate the logarithm of the integrand at τ = e^v times the peak."""
        step = jnp.minimum(peak * jnp.expm1(v), _LATEST)
        value = -expm1mx(v) + _relative(k, fixed, peak, step) + _relative(m, 1.0, peak, step)
        slope = _gain(k, s - k, odds, peak + step) + (s - k) / left_rate
        return with_slopes(lax.stop_gradient(value), (jnp.where(value > -_FAR, slope, 0),), (odds,))

    def terms(v: Array) -> tuple[Array, ...]:
        """Return the integrand, times the numbers whose means are taken."""
        density, time = jnp.exp(relative(v)), jnp.minimum(peak * jnp.exp(v), _LATEST)
        means = *_decay(odds * time), *_decay(time), _odds_of_left(s - k, s, f, fixed, time)
        return density, *(density * x for x in means)

    is_last = (s == k) | (f == m)
    is_probable = is_last & (_odds_of_left(s - k, s, f, fixed, peak) < 1)

    def largest(v: Array) -> Array:
        """Return the logarithm of what is integrated: of a probable count, the complement too."""
        time = jnp.minimum(peak * jnp.exp(v), _LATEST)
        odds_of_left = _odds_of_left(s - k, s, f, fixed, time)
        return relative(v) + jnp.where(is_probable, jnp.log1p(odds_of_left), 0)

    enough = negligible_exponent(k.dtype)
    nodes = 24 if jnp.finfo(k.dtype).eps > 1e-10 else 56
    sums = (jnp.zeros_like(k),) * 6
    for sign in (1.0, -1.0):
        length = vary_with(jnp.full_like(k, _WIDEST), k)

        def halve(_: int, length: Array, sign: float = sign) -> Array:
            return jnp.where(largest(sign * length / 2) < -enough, length / 2, length)

        length = lax.stop_gradient(lax.fori_loop(0, _HALVINGS, halve, length))

        def signed(v: Array, sign: float = sign) -> tuple[Array, ...]:
            return terms(sign * v)

        averages = gauss_legendre_average(signed, length, nodes)
        sums = tuple(x + length * average for x, average in zip(sums, averages, strict=True))
    total, *means = sums[0], *(x / sums[0] for x in sums[1:])
    of_success, of_failure = (jnp.where(b > 0.5, 1 - c, b) for b, c in (means[:2], means[2:4]))
    slope = _slope(k, s - k, m, f - m, odds, of_success, of_failure)
    is_likely = is_last & (means[4] < 0.5)
    of_complement = -jnp.log1p(jnp.where(is_likely, means[4], 0))
    factor = jnp.sqrt(jnp.prod(ratios, 0)) * (rate * peak * total)
    at_peak = jnp.sum(exponents, 0) + jnp.log(factor)
    log_prob = jnp.where(is_likely, of_complement, at_peak)
    log_prob = with_slopes(lax.stop_gradient(log_prob), (slope,), (odds,))
    log_prob = jnp.where(is_last & (left_alone > 0), jnp.log1p(-left_alone), log_prob)
    log_prob = jnp.where((k == 0) | (m == 0), of_one_kind, log_prob)
    log_prob = _continue(log_prob, k, s, m, f, all_odds, odds)
    return jnp.where(is_all, 0, log_prob)


def _moderate(odds: Array) -> Array:
    """Limit the odds, and stop the gradient of those that are limited."""
    limited = lax.stop_gradient(jnp.clip(odds, 1 / _LARGEST_ODDS, _LARGEST_ODDS))
    return jnp.where(odds == limited, odds, limited)


def _continue(
    log_prob: Array, k: Array, s: Array, m: Array, f: Array, odds: Array, limited: Array
) -> Array:
    """Continue from limited to extreme odds.

    There every ball that is taken before the last one of the favored kind costs a factor, the odds.
    The logarithm of the probability of the count without such balls is proportional to that.
    """
    is_large, is_extreme = odds > 1, odds != limited
    power = jnp.where(is_large, jnp.where(k < s, -m, 0), jnp.where(m < f, k, 0))
    ratio = odds / limited
    inverse = quotient(jnp.ones_like(ratio), jnp.where(is_large, ratio, 1))
    of_certain = log_prob * jnp.where(is_large, inverse, ratio)
    along = jnp.log(jnp.where(is_extreme, odds, 1)) - jnp.log(jnp.where(is_extreme, limited, 1))
    continued = jnp.where(power == 0, of_certain, log_prob + power * along)
    return jnp.where(is_extreme, continued, log_prob)


def _split_prob_of_gone(gone: Array, left: Array, rate: Array, time: Array) -> tuple[Array, Array]:
    """Split the binomial log-probability that g balls are gone and l left, at ω τ.

    It is e + log(r) / 2: see `split_binomial_kernel`. That depends on the difference of g and its
    mean, so that this is computed without the rounding of the mean.
    """
    hazard, count = rate * time, gone + left
    x = jnp.clip(hazard, jnp.finfo(hazard.dtype).tiny, _LARGEST_HAZARD)
    lost = jnp.where(x == hazard, -difference_from_product(hazard, rate, time), 0)
    p, q = -jnp.expm1(-x), jnp.exp(-x)
    early = difference_from_product(gone, count, x) + count * (expm1mx(-x) - lost)
    excess = jnp.where(p < q, early, count * (q * (1 - lost)) - left)
    exponent, ratio = split_binomial_kernel(gone, left, p, q, excess)
    return exponent - left * jnp.maximum(hazard - x, 0), ratio


def _log_prob_of_one_kind(k: Array, m: Array, s: Array, f: Array, odds: Array) -> Array:
    r"""Evaluate if k or m is 0: with weights w of the n balls' kind, of c balls, and v of the rest,

    .. math:: \prod_{j < n} \frac{w (c - j)}{w (c - j) + v}
              = \frac{\Gamma(c - n + 1 + v / w)\, \Gamma(c + 1)}
                {\Gamma(c - n + 1)\, \Gamma(c + 1 + v / w)}
    """
    is_failures = k == 0
    odds = jnp.where(is_failures | (m == 0), odds, 1)
    other = jnp.where(is_failures, s, f)
    drawn, left = jnp.where(is_failures, m, k), jnp.where(is_failures, f - m, s - k)
    fixed = lax.stop_gradient(odds)
    weight = jnp.minimum(jnp.where(is_failures, other * fixed, other / fixed), _LATEST)
    least = jnp.maximum(left, 0) + 1
    log_prob = -lgamma_second_difference(least, drawn, weight)
    # In the logarithm of the odds: in them it may be large.
    along = jnp.where(is_failures, 1, -1) * (jnp.log(odds) - jnp.log(fixed))
    weight = weight * jnp.exp(along)
    slope = weight * digamma_difference(least + weight, drawn)
    return with_slopes(log_prob, (-slope,), (along,))


def _prob_of_any_left(k: Array, s: Array, m: Array, f: Array, odds: Array) -> Array:
    r"""Return the probability that not all balls of a kind are taken, if it is tiny, or else 0.

    With c balls of that kind, of weight w, and g of the other one gone, of h,

    .. math:: \sum_{j > 0} (-1)^{j + 1} \binom{c}{j} \frac{\Gamma(h - g + j w)\, \Gamma(h + 1)}
              {\Gamma(h - g)\, \Gamma(h + 1 + j w)}

    of which it is four terms, where others do not matter. The first is a product of fractions, of
    which the exponential of a logarithm has not all digits.
    """
    is_first = s == k
    # In the logarithm of the odds: the slope of their inverse may overflow.
    fixed = lax.stop_gradient(odds)
    along = jnp.where(is_first, 1, -1) * (jnp.log(odds) - jnp.log(fixed))
    count, weight = jnp.where(is_first, s, f), jnp.where(is_first, fixed, 1 / fixed)
    weight = weight * jnp.exp(along)
    gone, other = jnp.where(is_first, m, k), jnp.where(is_first, f, s)
    order = jnp.arange(1, 5, dtype=k.dtype).reshape(4, *[1] * k.ndim)
    powers = jnp.minimum(order * weight, _LATEST)
    least = jnp.maximum(other - gone, 1)
    log_means = -lgamma_second_difference(least, gone + 1, powers)
    choices = jnp.cumprod(jnp.maximum(count - order + 1, 0) / order, 0)
    first, *others = choices * jnp.exp(log_means)
    step = jnp.arange(_FACTORS, dtype=k.dtype).reshape(-1, *[1] * k.ndim)
    factors = jnp.where(step <= gone, (least + step) / (least + step + powers[0]), 1)
    product = count * jnp.prod(lax.stop_gradient(factors), 0)
    change = log_means[0] - lax.stop_gradient(log_means[0])
    first = jnp.where(gone < _FACTORS, product * jnp.exp(change), first)
    total = first - others[0] + others[1] - others[2]
    return jnp.where((others[2] < 1e-6 * first) & (first < 1e-6), total, 0)


def _odds_of_left(left: Array, s: Array, f: Array, odds: Array, time: Array) -> Array:
    r"""Return 1 / F - 1, for the probability F that all balls of one kind are gone by a time.

    If none is left of it, F is a factor of the integrand, and the rest of that is the density of
    the time when a ball of the other kind leaves.
    """
    is_first = left == 0
    count, rate = jnp.where(is_first, s, f), jnp.where(is_first, odds, 1)
    log_gone = log1mexp(jnp.maximum(rate * time, jnp.finfo(time.dtype).tiny))
    return jnp.expm1(jnp.minimum(-count * log_gone, _MOST_LEFT))


def _gain(gone: Array, left: Array, rate: Array | float, time: Array) -> Array:
    r"""Return :math:`g \tau / (e^{\omega \tau} - 1) - l \tau`, for g balls gone and l left.

    It is the derivative of the logarithm of their binomial probability in the rate ω.
    """
    return jnp.where(gone > 0, gone * _rate_of_log(rate, time), 0) - left * time


def _decay(x: Array) -> tuple[Array, Array]:
    """Return `x / (exp(x) - 1)` and its complement."""
    near = x < 80
    y = jnp.where(near, x, 1)
    far = x * jnp.exp(-x)
    ratio, complement = y / jnp.expm1(y), expm1mx(y) / jnp.expm1(y)
    return jnp.where(near, ratio, far), jnp.where(near, complement, 1 - far)


def _slope(
    k: Array, left: Array, m: Array, other_left: Array, odds: Array, of_k: Array, of_m: Array
) -> Array:
    r"""Return the derivative in the odds, from means over the integrand.

    Its derivative in log τ is 0 on average. With that the mean of τ is eliminated from the
    derivative in ω, of which the two terms that are left are

    .. math:: \frac{1}{\omega d} \left(k (f - m) \, E \frac{\omega \tau}{e^{\omega \tau} - 1}
              - m \omega (s - k) \, E \frac{\tau}{e^\tau - 1}\right)
    """
    unit = lax.stop_gradient(jnp.maximum(odds, 1))
    left, other_left = odds / unit * left, other_left / unit
    share, other_share = left / (left + other_left), other_left / (left + other_left)
    return (k * of_k * other_share - m * of_m * share) / odds


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
    # Products of counts may overflow; quotients of them do not.
    ratios = k * _share(s - k, s), (n - k) * _share(k + f - n, f)
    first, second = (
        jnp.where(size > 0, 1 / (jnp.maximum(x, 0) + 0.25 / jnp.maximum(size, 1)), 0)
        for x, size in zip(ratios, (s, f), strict=True)
    )
    scale = (s + f) / jnp.maximum(s + f - 1, 1)
    return jnp.sqrt(scale / jnp.maximum(first + second, 1e-30))


def _share(part: Array, size: Array) -> Array:
    return part / jnp.maximum(size, 1)
