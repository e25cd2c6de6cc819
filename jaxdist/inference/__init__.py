"""Parameters from data: conjugate posteriors, maximum likelihood and standard errors."""

from jaxdist.inference.maximum_likelihood import fit
from jaxdist.inference.posterior import posterior
from jaxdist.inference.regression import Fit, fit_model
from jaxdist.inference.standard_errors import standard_errors

__all__ = ["Fit", "fit", "fit_model", "posterior", "standard_errors"]
