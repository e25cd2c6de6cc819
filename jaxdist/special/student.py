"""Former names, until nobody imports them."""

from jaxdist.special.betaprime import (
    betaprime_cdf,
    betaprime_icdf,
    betaprime_log_prob,
    betaprime_sf,
    log_betaprime_cdf,
    log_betaprime_sf,
)
from jaxdist.special.student_t import log_cauchy_sf
from jaxdist.special.student_t import log_student_t_sf as log_student_sf
from jaxdist.special.student_t import student_t_isf as student_isf
from jaxdist.special.student_t import student_t_log_prob as student_log_prob
from jaxdist.special.student_t import student_t_sf as student_sf

__all__ = [
    "betaprime_cdf",
    "betaprime_icdf",
    "betaprime_log_prob",
    "betaprime_sf",
    "log_betaprime_cdf",
    "log_betaprime_sf",
    "log_cauchy_sf",
    "log_student_sf",
    "student_isf",
    "student_log_prob",
    "student_sf",
]
