"""Covariance functions of Gaussian processes."""

from jaxdist.kernels.kernel import Kernel, ProductKernel, SumKernel
from jaxdist.kernels.linear import Linear
from jaxdist.kernels.stationary import RBF, Matern12, Matern32, Matern52, Periodic

__all__ = [
    "RBF",
    "Kernel",
    "Linear",
    "Matern12",
    "Matern32",
    "Matern52",
    "Periodic",
    "ProductKernel",
    "SumKernel",
]
