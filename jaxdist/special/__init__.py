"""Special functions that jax.scipy lacks, or that lose digits there in float32."""

from jaxdist.special.bessel import (
    bessel_ratio,
    bessel_ratio_complement,
    log_i0e,
)
from jaxdist.special.beta import (
    beta_log_prob,
    binomial_log_prob,
    lbeta,
)
from jaxdist.special.elementary import (
    expm1mx,
    log1mexp,
    log1pmx,
    log_expm1,
    log_or_masked,
    log_sech2,
    log_total,
    masked_log_softmax,
    xlog1py,
    xlogx,
    xlogy,
)
from jaxdist.special.gamma import (
    deviance,
    gamma_log_prob,
    lgamma,
    poisson_log_prob,
)
from jaxdist.special.incomplete_beta import (
    betainc,
    betaincc,
    betaincinv,
    log_betainc,
    log_betaincc,
    logit_betaincinv,
)
from jaxdist.special.incomplete_gamma import (
    gammainc,
    gammaincc,
    gammainccinv,
    gammaincinv,
    log_gammainc,
    log_gammaincc,
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
from jaxdist.special.stirling import digamma, stirling_error, trigamma

__all__ = [
    "bessel_ratio",
    "bessel_ratio_complement",
    "beta_log_prob",
    "betainc",
    "betaincc",
    "betaincinv",
    "binomial_log_prob",
    "deviance",
    "digamma",
    "expm1mx",
    "gamma_log_prob",
    "gammainc",
    "gammaincc",
    "gammainccinv",
    "gammaincinv",
    "inverse_mills",
    "lbeta",
    "lgamma",
    "log1mexp",
    "log1pmx",
    "log_betainc",
    "log_betaincc",
    "log_expm1",
    "log_gammainc",
    "log_gammaincc",
    "log_i0e",
    "log_ndtr",
    "log_or_masked",
    "log_sech2",
    "log_total",
    "logit_betaincinv",
    "masked_log_softmax",
    "mills_ratio",
    "ndtr",
    "ndtri",
    "ndtri_exp",
    "poisson_log_prob",
    "residual_life",
    "stirling_error",
    "trigamma",
    "xlog1py",
    "xlogx",
    "xlogy",
]
