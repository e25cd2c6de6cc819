"""Families that `scipy.stats` has too, and their parameters there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Family:
    """A class of ours and a family of SciPy.

    Attributes:
      ours: name of our class.
      theirs: name in `scipy.stats`.
      to: maps our distribution to SciPy's arguments.
      back: maps SciPy's arguments, `loc` and `scale` among them, to ours.
      standard: SciPy's arguments that ours does not have, and their values.
    """

    ours: str
    theirs: str
    to: Callable[[Any], Parameters]
    back: Callable[[Any], Parameters]
    standard: Mapping[str, float]


_ANY: Mapping[str, float] = {}
_POSITIVE = {"loc": 0}
_UNIT = {"loc": 0, "scale": 1}


def _renamed(ours: str, theirs: str, standard: Mapping[str, float], **names: str) -> Family:
    """Make a family whose parameters have the same values under other names.

    Args:
      ours: name of our class.
      theirs: name in `scipy.stats`.
      standard: SciPy's arguments that ours does not have, and their values.
      **names: the name in `scipy.stats` of each parameter of ours.
    """
    return Family(
        ours,
        theirs,
        lambda d: {their: getattr(d, our) for our, their in names.items()},
        lambda s: {our: getattr(s, their) for our, their in names.items()},
        standard,
    )


def _location_scale(ours: str, theirs: str, **names: str) -> Family:
    return _renamed(ours, theirs, _ANY, **names, loc="loc", scale="scale")


def _scale(ours: str, theirs: str, **names: str) -> Family:
    return _renamed(ours, theirs, _POSITIVE, **names, scale="scale")


def _standard(ours: str, theirs: str, **names: str) -> Family:
    return _renamed(ours, theirs, _UNIT, **names)


def _interval(ours: str, theirs: str) -> Family:
    return Family(
        ours,
        theirs,
        lambda d: {"loc": d.low, "scale": d.high - d.low},
        lambda s: {"low": s.loc, "high": s.loc + s.scale},
        _ANY,
    )


def _urn(ours: str, theirs: str) -> Family:
    return Family(
        ours,
        theirs,
        lambda d: _urn_size(d) | {"odds": d.odds},
        lambda s: _urn_contents(s) | {"odds": s.odds},
        _UNIT,
    )


def _urn_size(d: Any) -> dict[str, Any]:
    return {"M": d.num_successes + d.num_failures, "n": d.num_successes, "N": d.total_count}


def _urn_contents(s: Any) -> dict[str, Any]:
    return {"num_successes": s.n, "num_failures": s.M - s.n, "total_count": s.N}


UNIVARIATE = (
    _location_scale("Normal", "norm"),
    _location_scale("Laplace", "laplace"),
    _location_scale("Cauchy", "cauchy"),
    _location_scale("Logistic", "logistic"),
    _location_scale("Gumbel", "gumbel_r"),
    _location_scale("Levy", "levy"),
    _location_scale("Moyal", "moyal"),
    _location_scale("StudentT", "t", df="df"),
    _location_scale("SkewNormal", "skewnorm", alpha="a"),
    _location_scale("GeneralizedNormal", "gennorm", power="beta"),
    _location_scale("GeneralizedPareto", "genpareto", concentration="c"),
    _location_scale("AsymmetricLaplace", "laplace_asymmetric", asymmetry="kappa"),
    Family(
        "GeneralizedExtremeValue",
        "genextreme",
        lambda d: {"c": -d.concentration, "loc": d.loc, "scale": d.scale},
        lambda s: {"concentration": -s.c, "loc": s.loc, "scale": s.scale},
        _ANY,
    ),
    Family(
        "ExponentiallyModifiedGaussian",
        "exponnorm",
        lambda d: {"K": 1 / (d.rate * d.scale), "loc": d.loc, "scale": d.scale},
        lambda s: {"loc": s.loc, "scale": s.scale, "rate": 1 / (s.K * s.scale)},
        _ANY,
    ),
    _standard("NoncentralT", "nct", df="df", noncentrality="nc"),
    _renamed("VonMises", "vonmises", {"scale": 1}, concentration="kappa", loc="loc"),
    _interval("Uniform", "uniform"),
    _interval("Arcsine", "arcsine"),
    Family(
        "Cosine",
        "cosine",
        lambda d: {"loc": d.mean, "scale": (d.high - d.low) / (2 * np.pi)},
        lambda s: {"low": s.loc - np.pi * s.scale, "high": s.loc + np.pi * s.scale},
        _ANY,
    ),
    Family(
        "Triangular",
        "triang",
        lambda d: {
            "c": (d.peak - d.low) / (d.high - d.low),
            "loc": d.low,
            "scale": d.high - d.low,
        },
        lambda s: {"low": s.loc, "high": s.loc + s.scale, "peak": s.loc + s.c * s.scale},
        _ANY,
    ),
    Family(
        "TruncatedNormal",
        "truncnorm",
        lambda d: {
            "a": (d.low - d.loc) / d.scale,
            "b": (d.high - d.loc) / d.scale,
            "loc": d.loc,
            "scale": d.scale,
        },
        lambda s: {
            "loc": s.loc,
            "scale": s.scale,
            "low": s.loc + s.a * s.scale,
            "high": s.loc + s.b * s.scale,
        },
        _ANY,
    ),
    _standard("LogUniform", "loguniform", low="a", high="b"),
    _standard("Beta", "beta", concentration1="a", concentration0="b"),
    _scale("HalfNormal", "halfnorm"),
    _scale("HalfCauchy", "halfcauchy"),
    _scale("Maxwell", "maxwell"),
    _scale("Rayleigh", "rayleigh"),
    _scale("Weibull", "weibull_min", concentration="c"),
    _scale("Frechet", "invweibull", concentration="c"),
    _scale("Pareto", "pareto", alpha="b"),
    _scale("GeneralizedInverseGaussian", "geninvgauss", order="p", concentration="b"),
    _renamed("InverseGamma", "invgamma", _POSITIVE, concentration="a", rate="scale"),
    Family(
        "Exponential",
        "expon",
        lambda d: {"scale": 1 / d.rate},
        lambda s: {"rate": 1 / s.scale},
        _POSITIVE,
    ),
    Family(
        "Gamma",
        "gamma",
        lambda d: {"a": d.concentration, "scale": 1 / d.rate},
        lambda s: {"concentration": s.a, "rate": 1 / s.scale},
        _POSITIVE,
    ),
    Family(
        "Gompertz",
        "gompertz",
        lambda d: {"c": d.concentration, "scale": 1 / d.rate},
        lambda s: {"concentration": s.c, "rate": 1 / s.scale},
        _POSITIVE,
    ),
    Family(
        "InverseGaussian",
        "invgauss",
        lambda d: {"mu": d.loc / d.concentration, "scale": d.concentration},
        lambda s: {"loc": s.mu * s.scale, "concentration": s.scale},
        _POSITIVE,
    ),
    Family(
        "LogNormal",
        "lognorm",
        lambda d: {"s": d.scale, "scale": np.exp(d.loc)},
        lambda s: {"loc": np.log(s.scale), "scale": s.s},
        _POSITIVE,
    ),
    Family(
        "LogLogistic",
        "fisk",
        lambda d: {"c": 1 / d.scale, "scale": np.exp(d.loc)},
        lambda s: {"loc": np.log(s.scale), "scale": 1 / s.c},
        _POSITIVE,
    ),
    _standard("Chi", "chi", df="df"),
    _standard("Chi2", "chi2", df="df"),
    _standard("NoncentralChi2", "ncx2", df="df", noncentrality="nc"),
    _standard("FisherSnedecor", "f", df1="dfn", df2="dfd"),
    _standard("NoncentralF", "ncf", df1="dfn", df2="dfd", noncentrality="nc"),
    _standard("Bernoulli", "bernoulli", probs="p"),
    _standard("Binomial", "binom", total_count="n", probs="p"),
    _standard("BetaBinomial", "betabinom", total_count="n", concentration1="a", concentration0="b"),
    _standard("Poisson", "poisson", rate="mu"),
    _standard("Skellam", "skellam", rate1="mu1", rate2="mu2"),
    _standard("LogSeries", "logser", probs="p"),
    _standard("Zipf", "zipf", power="a"),
    _standard("DiscreteLaplace", "dlaplace", rate="a"),
    _standard(
        "BetaNegativeBinomial",
        "betanbinom",
        total_count="n",
        concentration0="a",
        concentration1="b",
    ),
    Family(  # SciPy counts the trials, torch the failures before the success
        "Geometric",
        "geom",
        lambda d: {"p": d.probs, "loc": -1},
        lambda s: {"probs": s.p},
        {"loc": -1},
    ),
    Family(  # the probability of SciPy is that of the event that ends the count
        "NegativeBinomial",
        "nbinom",
        lambda d: {"n": d.total_count, "p": 1 - d.probs},
        lambda s: {"total_count": s.n, "probs": 1 - s.p},
        _UNIT,
    ),
    Family(
        "DiscreteUniform",
        "randint",
        lambda d: {"low": d.low, "high": d.high + 1},
        lambda s: {"low": s.low, "high": s.high - 1},
        _UNIT,
    ),
    Family("Hypergeometric", "hypergeom", _urn_size, _urn_contents, _UNIT),
    _urn("FisherNoncentralHypergeometric", "nchypergeom_fisher"),
    _urn("WalleniusNoncentralHypergeometric", "nchypergeom_wallenius"),
)


def _dimension(d: Any) -> Parameters:
    if d.batch_shape:
        raise ValueError(
            f"to_scipy: scipy.stats.uniform_direction has no batches; got batch shape "
            f"{d.batch_shape}. Convert one of them, as d[0]"
        )
    return {"dim": d.dimension}


MULTIVARIATE = (
    _renamed("Dirichlet", "dirichlet", _ANY, concentration="alpha"),
    _renamed("InverseWishart", "invwishart", _ANY, df="df", scale_matrix="scale"),
    _renamed(
        "MultivariateNormal", "multivariate_normal", _ANY, loc="mean", covariance_matrix="cov"
    ),
    _renamed("VonMisesFisher", "vonmises_fisher", _ANY, mean_direction="mu", concentration="kappa"),
    _renamed("Wishart", "wishart", _ANY, df="df", covariance_matrix="scale"),
    Family(
        "MultivariateStudentT",
        "multivariate_t",
        lambda d: {"df": d.df, "loc": d.loc, "shape": d.scale_tril @ d.scale_tril.mT},
        lambda s: {"df": s.df, "loc": s.loc, "scale_tril": np.linalg.cholesky(s.shape)},
        _ANY,
    ),
    Family(
        "MatrixNormal",
        "matrix_normal",
        lambda d: {
            "mean": d.loc,
            "rowcov": d.scale_tril_row @ d.scale_tril_row.mT,
            "colcov": d.scale_tril_column @ d.scale_tril_column.mT,
        },
        lambda s: {
            "loc": s.mean,
            "scale_tril_row": np.linalg.cholesky(s.rowcov),
            "scale_tril_column": np.linalg.cholesky(s.colcov),
        },
        _ANY,
    ),
    Family(
        "SphericalUniform", "uniform_direction", _dimension, lambda s: {"dimension": s.dim}, _ANY
    ),
    Family(
        "NormalInverseGamma",
        "normal_inverse_gamma",
        lambda d: {"mu": d.loc, "lmbda": d.count, "a": d.concentration, "b": d.rate},
        # SciPy keeps them under no other name.
        lambda s: dict(
            zip(("loc", "count", "concentration", "rate"), vars(s)["_shapes"], strict=True)
        ),
        _ANY,
    ),
)
