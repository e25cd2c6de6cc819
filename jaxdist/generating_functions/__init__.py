"""Generating functions: moments and cumulants of a distribution, and its Fourier transform.

The closed forms are in the module named for the support of a family, as in `families`. Importing
them fills the tables.
"""

from jaxdist.generating_functions import category, count, interval, positive, real, vector, wrappers
from jaxdist.generating_functions.functions import (
    characteristic_function,
    cumulant_generating_function,
    moment_generating_function,
)
from jaxdist.generating_functions.registry import (
    register_characteristic_function,
    register_cumulant_generating_function,
)

__all__ = [
    "category",
    "characteristic_function",
    "count",
    "cumulant_generating_function",
    "interval",
    "moment_generating_function",
    "positive",
    "real",
    "register_characteristic_function",
    "register_cumulant_generating_function",
    "vector",
    "wrappers",
]
