"""Parameters from data: conjugate posteriors, maximum likelihood and standard errors."""

from jaxdist.inference.maximum_likelihood import fit
from jaxdist.inference.numerical import Fit, fit_model, standard_errors
from jaxdist.inference.posterior import posterior

__all__ = ["Fit", "fit", "fit_model", "posterior", "standard_errors"]
