"""Parameters from data: conjugate posteriors and maximum likelihood."""

from jaxdist.inference.maximum_likelihood import fit
from jaxdist.inference.posterior import posterior

__all__ = ["fit", "posterior"]
