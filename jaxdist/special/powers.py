"""Former names, until nobody imports them."""

from jaxdist.special.exp_log import exp_neg_exp as expexp
from jaxdist.special.exp_log import expm1_ratio, log1mexpexp, log1p_ratio, log1p_square
from jaxdist.special.exp_log import one_minus_exp_neg_exp as expm1exp
from jaxdist.special.gamma import log_central_binomial as lgamma_spread

__all__ = [
    "expexp",
    "expm1_ratio",
    "expm1exp",
    "lgamma_spread",
    "log1mexpexp",
    "log1p_ratio",
    "log1p_square",
]
