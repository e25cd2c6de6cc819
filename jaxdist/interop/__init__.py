"""Conversion from and to the distributions of torch, TFP, numpyro and SciPy.

A library is imported when one of its functions is called. Values that depend on gradients convert
only between JAX's libraries: numpyro and TFP.
"""

from jaxdist.interop.numpyro_adapter import as_numpyro
from jaxdist.interop.numpyro_classes import from_numpyro, to_numpyro
from jaxdist.interop.scipy_frozen import from_scipy, to_scipy
from jaxdist.interop.tfp_classes import from_tfp, to_tfp
from jaxdist.interop.torch_classes import from_torch, to_torch

__all__ = [
    "as_numpyro",
    "from_numpyro",
    "from_scipy",
    "from_tfp",
    "from_torch",
    "to_numpyro",
    "to_scipy",
    "to_tfp",
    "to_torch",
]
