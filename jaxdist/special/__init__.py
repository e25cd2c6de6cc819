r"""Special functions that jax.scipy lacks, or computes with too few digits in float32.

Arguments broadcast, and are promoted to one float dtype. Derivatives of any order are exact.

"Accurate to k eps" means that the error in float32, where eps is 1.2e-7, is at most

.. math:: k\, \epsilon \max\Big(|f|, \sum_i \Big|x_i \frac{\partial f}{\partial x_i}\Big|\Big)

The second term is the effect of rounding the arguments, which no algorithm avoids. For logarithms
and entropies, |f| counts as at least 1. First derivatives are accurate to 16 eps in the same sense,
unless a function says otherwise.
"""

from jaxdist.special.bessel import bessel_ratio, bessel_ratio_complement, log_i0e
from jaxdist.special.beta import lbeta
from jaxdist.special.beta_density import beta_log_prob, dirichlet_log_prob, log_beta_kernel
from jaxdist.special.beta_tails import (
    Probability,
    beta_cdf,
    beta_sf,
    log_beta_cdf,
    log_beta_sf,
)
from jaxdist.special.betaprime import (
    betaprime_log_prob,
    odds_to_probs,
)
from jaxdist.special.binomial_density import binomial_log_prob
from jaxdist.special.cauchy import cauchy_sf, half_cauchy_cdf, log_cauchy_sf
from jaxdist.special.complement import log_with_complement
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.deviance import deviance
from jaxdist.special.entropy import (
    beta_entropy,
    betaprime_entropy,
    f_entropy,
    gamma_entropy,
    inverse_gamma_entropy,
    student_t_entropy,
)
from jaxdist.special.exp_log import (
    artanh_series,
    exp_neg_exp,
    expm1,
    expm1_ratio,
    expm1mx,
    log1mexp,
    log1mexpexp,
    log1p_ratio,
    log1p_square,
    log1pmx,
    log_expm1,
    log_expm1_ratio,
    log_sinhc,
    logdiffexp,
    one_minus_exp_neg_exp,
    p_log_p,
    xlog1py,
    xlogx,
    xlogy,
)
from jaxdist.special.exponential_integral import exp_times_expint
from jaxdist.special.f_density import f_log_prob
from jaxdist.special.f_tails import f_beta_arguments, f_tails
from jaxdist.special.folded_normal import folded_normal_log_density, folded_normal_tails
from jaxdist.special.gamma import (
    lgamma,
    lgamma1p_curvature,
    lgamma1p_ratio,
    log_central_binomial,
    log_gamma_ratio,
)
from jaxdist.special.gamma_density import gamma_log_prob, poisson_log_prob
from jaxdist.special.gamma_tails import (
    LOG_SMALLEST,
    gamma_cdf,
    gamma_sf,
    log_gamma_cdf,
    log_gamma_sf,
    log_small_quantile,
)
from jaxdist.special.half_student_t import half_student_t_cdf, half_student_t_icdf
from jaxdist.special.hyperbolic import arcsinh_quotient, hypot, log_hypot
from jaxdist.special.hypergeometric_density import hypergeometric_log_prob
from jaxdist.special.incomplete_beta import (
    betainc,
    betaincc,
    betaincinv,
    log_betainc,
    log_betaincc,
    logit_beta_implicit_derivative,
    logit_betaincinv,
)
from jaxdist.special.incomplete_gamma import (
    gammainc,
    gammaincc,
    gammainccinv,
    gammaincinv,
    log_gamma_implicit_derivative,
    log_gammainc,
    log_gammaincc,
)
from jaxdist.special.location_scale import log_distance, standardize
from jaxdist.special.logistic import (
    log_cosh,
    log_prob_of_trials,
    log_sech2,
    log_sigmoid_slope,
    sigmoid,
    softplus,
    tanh,
    times_sigmoid,
    times_softplus,
)
from jaxdist.special.logit import clip, clip_to_open_unit, clipped_logit
from jaxdist.special.masked_logits import (
    masked_log,
    masked_log_softmax,
    masked_logsumexp,
    masked_softmax,
)
from jaxdist.special.normal import (
    inverse_mills,
    log_ndtr,
    mills_ratio,
    ndtr,
    ndtri,
    ndtri_exp,
    residual_life,
)
from jaxdist.special.pert_density import pert_log_prob, shares
from jaxdist.special.pert_tails import log_pert_tails, pert_at_logit, pert_quantile, pert_tails
from jaxdist.special.polygamma import digamma, digamma_difference, trigamma
from jaxdist.special.products import sum_of_logs
from jaxdist.special.quotient import log_quotient, quotient
from jaxdist.special.second_difference import lgamma_second_difference
from jaxdist.special.skellam_density import skellam_log_prob
from jaxdist.special.skew_normal import log_skew_ndtr, skew_ndtr, skew_ndtri, skew_normal_entropy
from jaxdist.special.stirling import stirling_curvature, stirling_error, stirling_slope
from jaxdist.special.student_t_density import (
    student_t_log_density,
    student_t_log_normalizer,
    student_t_log_prob,
    student_t_slopes,
)
from jaxdist.special.student_t_tails import (
    log_student_t_sf,
    student_t_implicit_derivative,
    student_t_isf,
    student_t_sf,
)
from jaxdist.special.trigonometric import arctan, cotpi, pi_minus, sinpi
from jaxdist.special.with_slopes import with_slopes
from jaxdist.special.zeta import log_power_sum, log_zeta

__all__ = [
    "LOG_SMALLEST",
    "LOG_TWO_PI",
    "Probability",
    "arcsinh_quotient",
    "arctan",
    "artanh_series",
    "bessel_ratio",
    "bessel_ratio_complement",
    "beta_cdf",
    "beta_entropy",
    "beta_log_prob",
    "beta_sf",
    "betainc",
    "betaincc",
    "betaincinv",
    "betaprime_entropy",
    "betaprime_log_prob",
    "binomial_log_prob",
    "cauchy_sf",
    "clip",
    "clip_to_open_unit",
    "clipped_logit",
    "cotpi",
    "deviance",
    "digamma",
    "digamma_difference",
    "dirichlet_log_prob",
    "exp_neg_exp",
    "exp_times_expint",
    "expm1",
    "expm1_ratio",
    "expm1mx",
    "f_beta_arguments",
    "f_entropy",
    "f_log_prob",
    "f_tails",
    "folded_normal_log_density",
    "folded_normal_tails",
    "gamma_cdf",
    "gamma_entropy",
    "gamma_log_prob",
    "gamma_sf",
    "gammainc",
    "gammaincc",
    "gammainccinv",
    "gammaincinv",
    "half_cauchy_cdf",
    "half_student_t_cdf",
    "half_student_t_icdf",
    "hypergeometric_log_prob",
    "hypot",
    "inverse_gamma_entropy",
    "inverse_mills",
    "lbeta",
    "lgamma",
    "lgamma1p_curvature",
    "lgamma1p_ratio",
    "lgamma_second_difference",
    "log1mexp",
    "log1mexpexp",
    "log1p_ratio",
    "log1p_square",
    "log1pmx",
    "log_beta_cdf",
    "log_beta_kernel",
    "log_beta_sf",
    "log_betainc",
    "log_betaincc",
    "log_cauchy_sf",
    "log_central_binomial",
    "log_cosh",
    "log_distance",
    "log_expm1",
    "log_expm1_ratio",
    "log_gamma_cdf",
    "log_gamma_implicit_derivative",
    "log_gamma_ratio",
    "log_gamma_sf",
    "log_gammainc",
    "log_gammaincc",
    "log_hypot",
    "log_i0e",
    "log_ndtr",
    "log_pert_tails",
    "log_power_sum",
    "log_prob_of_trials",
    "log_quotient",
    "log_sech2",
    "log_sigmoid_slope",
    "log_sinhc",
    "log_skew_ndtr",
    "log_small_quantile",
    "log_student_t_sf",
    "log_with_complement",
    "log_zeta",
    "logdiffexp",
    "logit_beta_implicit_derivative",
    "logit_betaincinv",
    "masked_log",
    "masked_log_softmax",
    "masked_logsumexp",
    "masked_softmax",
    "mills_ratio",
    "ndtr",
    "ndtri",
    "ndtri_exp",
    "odds_to_probs",
    "one_minus_exp_neg_exp",
    "p_log_p",
    "pert_at_logit",
    "pert_log_prob",
    "pert_quantile",
    "pert_tails",
    "pi_minus",
    "poisson_log_prob",
    "quotient",
    "residual_life",
    "shares",
    "sigmoid",
    "sinpi",
    "skellam_log_prob",
    "skew_ndtr",
    "skew_ndtri",
    "skew_normal_entropy",
    "softplus",
    "standardize",
    "stirling_curvature",
    "stirling_error",
    "stirling_slope",
    "student_t_entropy",
    "student_t_implicit_derivative",
    "student_t_isf",
    "student_t_log_density",
    "student_t_log_normalizer",
    "student_t_log_prob",
    "student_t_sf",
    "student_t_slopes",
    "sum_of_logs",
    "tanh",
    "times_sigmoid",
    "times_softplus",
    "trigamma",
    "with_slopes",
    "xlog1py",
    "xlogx",
    "xlogy",
]
