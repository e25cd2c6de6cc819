"""Conversion from and to the frozen distributions of `scipy.stats`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from jaxdist.arguments import describe
from jaxdist.distribution import Distribution
from jaxdist.interop.correspondence import check_ours
from jaxdist.interop.imports import require

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class _Family:
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
    standard: Mapping[str, float] | None = None


class _Values(dict):
    """Values that are read as attributes."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


def _location_scale(ours: str, theirs: str) -> _Family:
    return _Family(
        ours,
        theirs,
        lambda d: {"loc": d.loc, "scale": d.scale},
        lambda s: {"loc": s.loc, "scale": s.scale},
    )


def _scale(ours: str, theirs: str) -> _Family:
    return _Family(
        ours, theirs, lambda d: {"scale": d.scale}, lambda s: {"scale": s.scale}, {"loc": 0}
    )


_UNIT = {"loc": 0, "scale": 1}


def _urn(ours: str, theirs: str) -> _Family:
    return _Family(
        ours,
        theirs,
        lambda d: {
            "M": d.num_successes + d.num_failures,
            "n": d.num_successes,
            "N": d.total_count,
            "odds": d.odds,
        },
        lambda s: {
            "num_successes": s.n,
            "num_failures": s.M - s.n,
            "total_count": s.N,
            "odds": s.odds,
        },
        _UNIT,
    )


_FAMILIES = (
    _location_scale("Normal", "norm"),
    _location_scale("Laplace", "laplace"),
    _location_scale("Cauchy", "cauchy"),
    _location_scale("Logistic", "logistic"),
    _location_scale("Gumbel", "gumbel_r"),
    _location_scale("Levy", "levy"),
    _location_scale("Moyal", "moyal"),
    _scale("HalfNormal", "halfnorm"),
    _scale("HalfCauchy", "halfcauchy"),
    _scale("Maxwell", "maxwell"),
    _scale("Rayleigh", "rayleigh"),
    _Family(
        "StudentT",
        "t",
        lambda d: {"df": d.df, "loc": d.loc, "scale": d.scale},
        lambda s: {"df": s.df, "loc": s.loc, "scale": s.scale},
    ),
    _Family(
        "SkewNormal",
        "skewnorm",
        lambda d: {"a": d.alpha, "loc": d.loc, "scale": d.scale},
        lambda s: {"alpha": s.a, "loc": s.loc, "scale": s.scale},
    ),
    _Family(
        "GeneralizedNormal",
        "gennorm",
        lambda d: {"beta": d.power, "loc": d.loc, "scale": d.scale},
        lambda s: {"power": s.beta, "loc": s.loc, "scale": s.scale},
    ),
    _Family(
        "GeneralizedExtremeValue",
        "genextreme",
        lambda d: {"c": -d.concentration, "loc": d.loc, "scale": d.scale},
        lambda s: {"concentration": -s.c, "loc": s.loc, "scale": s.scale},
    ),
    _Family(
        "GeneralizedPareto",
        "genpareto",
        lambda d: {"c": d.concentration, "loc": d.loc, "scale": d.scale},
        lambda s: {"concentration": s.c, "loc": s.loc, "scale": s.scale},
    ),
    _Family(
        "AsymmetricLaplace",
        "laplace_asymmetric",
        lambda d: {"kappa": d.asymmetry, "loc": d.loc, "scale": d.scale},
        lambda s: {"asymmetry": s.kappa, "loc": s.loc, "scale": s.scale},
    ),
    _Family(
        "Uniform",
        "uniform",
        lambda d: {"loc": d.low, "scale": d.high - d.low},
        lambda s: {"low": s.loc, "high": s.loc + s.scale},
    ),
    _Family(
        "Arcsine",
        "arcsine",
        lambda d: {"loc": d.low, "scale": d.high - d.low},
        lambda s: {"low": s.loc, "high": s.loc + s.scale},
    ),
    _Family(
        "Triangular",
        "triang",
        lambda d: {
            "c": (d.peak - d.low) / (d.high - d.low),
            "loc": d.low,
            "scale": d.high - d.low,
        },
        lambda s: {"low": s.loc, "high": s.loc + s.scale, "peak": s.loc + s.c * s.scale},
    ),
    _Family(
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
    ),
    _Family(
        "LogUniform",
        "loguniform",
        lambda d: {"a": d.low, "b": d.high},
        lambda s: {"low": s.a, "high": s.b},
        _UNIT,
    ),
    _Family(
        "Exponential",
        "expon",
        lambda d: {"scale": 1 / d.rate},
        lambda s: {"rate": 1 / s.scale},
        {"loc": 0},
    ),
    _Family(
        "ExponentiallyModifiedGaussian",
        "exponnorm",
        lambda d: {"K": 1 / (d.rate * d.scale), "loc": d.loc, "scale": d.scale},
        lambda s: {"loc": s.loc, "scale": s.scale, "rate": 1 / (s.K * s.scale)},
    ),
    _Family(
        "Gamma",
        "gamma",
        lambda d: {"a": d.concentration, "scale": 1 / d.rate},
        lambda s: {"concentration": s.a, "rate": 1 / s.scale},
        {"loc": 0},
    ),
    _Family(
        "InverseGamma",
        "invgamma",
        lambda d: {"a": d.concentration, "scale": d.rate},
        lambda s: {"concentration": s.a, "rate": s.scale},
        {"loc": 0},
    ),
    _Family(
        "InverseGaussian",
        "invgauss",
        lambda d: {"mu": d.loc / d.concentration, "scale": d.concentration},
        lambda s: {"loc": s.mu * s.scale, "concentration": s.scale},
        {"loc": 0},
    ),
    _Family(
        "Beta",
        "beta",
        lambda d: {"a": d.concentration1, "b": d.concentration0},
        lambda s: {"concentration1": s.a, "concentration0": s.b},
        _UNIT,
    ),
    _Family(
        "LogNormal",
        "lognorm",
        lambda d: {"s": d.scale, "scale": np.exp(d.loc)},
        lambda s: {"loc": np.log(s.scale), "scale": s.s},
        {"loc": 0},
    ),
    _Family(
        "LogLogistic",
        "fisk",
        lambda d: {"c": 1 / d.scale, "scale": np.exp(d.loc)},
        lambda s: {"loc": np.log(s.scale), "scale": 1 / s.c},
        {"loc": 0},
    ),
    _Family(
        "Weibull",
        "weibull_min",
        lambda d: {"c": d.concentration, "scale": d.scale},
        lambda s: {"concentration": s.c, "scale": s.scale},
        {"loc": 0},
    ),
    _Family(
        "Frechet",
        "invweibull",
        lambda d: {"c": d.concentration, "scale": d.scale},
        lambda s: {"concentration": s.c, "scale": s.scale},
        {"loc": 0},
    ),
    _Family(
        "Pareto",
        "pareto",
        lambda d: {"b": d.alpha, "scale": d.scale},
        lambda s: {"alpha": s.b, "scale": s.scale},
        {"loc": 0},
    ),
    _Family("Chi", "chi", lambda d: {"df": d.df}, lambda s: {"df": s.df}, _UNIT),
    _Family(
        "NoncentralChi2",
        "ncx2",
        lambda d: {"df": d.df, "nc": d.noncentrality},
        lambda s: {"df": s.df, "noncentrality": s.nc},
        _UNIT,
    ),
    _Family(
        "NoncentralF",
        "ncf",
        lambda d: {"dfn": d.df1, "dfd": d.df2, "nc": d.noncentrality},
        lambda s: {"df1": s.dfn, "df2": s.dfd, "noncentrality": s.nc},
        _UNIT,
    ),
    _Family(
        "NoncentralT",
        "nct",
        lambda d: {"df": d.df, "nc": d.noncentrality},
        lambda s: {"df": s.df, "noncentrality": s.nc},
        _UNIT,
    ),
    _Family(
        "GeneralizedInverseGaussian",
        "geninvgauss",
        lambda d: {"p": d.order, "b": d.concentration, "scale": d.scale},
        lambda s: {"order": s.p, "concentration": s.b, "scale": s.scale},
        {"loc": 0},
    ),
    _Family(
        "Gompertz",
        "gompertz",
        lambda d: {"c": d.concentration, "scale": 1 / d.rate},
        lambda s: {"concentration": s.c, "rate": 1 / s.scale},
        {"loc": 0},
    ),
    _Family("Chi2", "chi2", lambda d: {"df": d.df}, lambda s: {"df": s.df}, _UNIT),
    _Family(
        "FisherSnedecor",
        "f",
        lambda d: {"dfn": d.df1, "dfd": d.df2},
        lambda s: {"df1": s.dfn, "df2": s.dfd},
        _UNIT,
    ),
    _Family(
        "VonMises",
        "vonmises",
        lambda d: {"kappa": d.concentration, "loc": d.loc},
        lambda s: {"concentration": s.kappa, "loc": s.loc},
        {"scale": 1},
    ),
    _Family("Bernoulli", "bernoulli", lambda d: {"p": d.probs}, lambda s: {"probs": s.p}, _UNIT),
    _Family(
        "Binomial",
        "binom",
        lambda d: {"n": d.total_count, "p": d.probs},
        lambda s: {"total_count": s.n, "probs": s.p},
        _UNIT,
    ),
    _Family(
        "BetaBinomial",
        "betabinom",
        lambda d: {"n": d.total_count, "a": d.concentration1, "b": d.concentration0},
        lambda s: {"total_count": s.n, "concentration1": s.a, "concentration0": s.b},
        _UNIT,
    ),
    _Family(  # SciPy counts the trials, torch the failures before the success
        "Geometric",
        "geom",
        lambda d: {"p": d.probs, "loc": -1},
        lambda s: {"probs": s.p},
        {"loc": -1},
    ),
    _Family(  # the probability of SciPy is that of the event that ends the count
        "NegativeBinomial",
        "nbinom",
        lambda d: {"n": d.total_count, "p": 1 - d.probs},
        lambda s: {"total_count": s.n, "probs": 1 - s.p},
        _UNIT,
    ),
    _Family(
        "BetaNegativeBinomial",
        "betanbinom",
        lambda d: {"n": d.total_count, "a": d.concentration0, "b": d.concentration1},
        lambda s: {"total_count": s.n, "concentration1": s.b, "concentration0": s.a},
        _UNIT,
    ),
    _Family("DiscreteLaplace", "dlaplace", lambda d: {"a": d.rate}, lambda s: {"rate": s.a}, _UNIT),
    _Family(
        "Hypergeometric",
        "hypergeom",
        lambda d: {
            "M": d.num_successes + d.num_failures,
            "n": d.num_successes,
            "N": d.total_count,
        },
        lambda s: {"num_successes": s.n, "num_failures": s.M - s.n, "total_count": s.N},
        _UNIT,
    ),
    _urn("FisherNoncentralHypergeometric", "nchypergeom_fisher"),
    _urn("WalleniusNoncentralHypergeometric", "nchypergeom_wallenius"),
    _Family("LogSeries", "logser", lambda d: {"p": d.probs}, lambda s: {"probs": s.p}, _UNIT),
    _Family(
        "Skellam",
        "skellam",
        lambda d: {"mu1": d.rate1, "mu2": d.rate2},
        lambda s: {"rate1": s.mu1, "rate2": s.mu2},
        _UNIT,
    ),
    _Family("Zipf", "zipf", lambda d: {"a": d.power}, lambda s: {"power": s.a}, _UNIT),
    _Family("Poisson", "poisson", lambda d: {"mu": d.rate}, lambda s: {"rate": s.mu}, _UNIT),
    _Family(
        "DiscreteUniform",
        "randint",
        lambda d: {"low": d.low, "high": d.high + 1},
        lambda s: {"low": s.low, "high": s.high - 1},
        _UNIT,
    ),
)


def _dimension(d: Any) -> Parameters:
    if d.batch_shape:
        raise ValueError(
            f"to_scipy: scipy.stats.uniform_direction has no batches; got batch shape "
            f"{d.batch_shape}. Convert one of them, as d[0]"
        )
    return {"dim": d.dimension}


_VECTORS = (
    _Family(
        "MultivariateStudentT",
        "multivariate_t",
        lambda d: {"df": d.df, "loc": d.loc, "shape": d.scale_tril @ d.scale_tril.mT},
        lambda s: {"df": s.df, "loc": s.loc, "scale_tril": np.linalg.cholesky(s.shape)},
    ),
    _Family(
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
    ),
    _Family(
        "InverseWishart",
        "invwishart",
        lambda d: {"df": d.df, "scale": d.scale_matrix},
        lambda s: {"df": s.df, "scale_matrix": s.scale},
    ),
    _Family(
        "VonMisesFisher",
        "vonmises_fisher",
        lambda d: {"mu": d.mean_direction, "kappa": d.concentration},
        lambda s: {"mean_direction": s.mu, "concentration": s.kappa},
    ),
    _Family("SphericalUniform", "uniform_direction", _dimension, lambda s: {"dimension": s.dim}),
    _Family(
        "NormalInverseGamma",
        "normal_inverse_gamma",
        lambda d: {"mu": d.loc, "lmbda": d.count, "a": d.concentration, "b": d.rate},
        # SciPy keeps them under no other name.
        lambda s: dict(
            zip(("loc", "count", "concentration", "rate"), vars(s)["_shapes"], strict=True)
        ),
    ),
    _Family(
        "MultivariateNormal",
        "multivariate_normal",
        lambda d: {"mean": d.loc, "cov": d.covariance_matrix},
        lambda s: {"loc": s.mean, "covariance_matrix": s.cov},
    ),
    _Family(
        "Dirichlet",
        "dirichlet",
        lambda d: {"alpha": d.concentration},
        lambda s: {"concentration": s.alpha},
    ),
    _Family(
        "Wishart",
        "wishart",
        lambda d: {"df": d.df, "scale": d.covariance_matrix},
        lambda s: {"df": s.df, "covariance_matrix": s.scale},
    ),
)


def to_scipy(d: Distribution) -> Any:
    """Convert to a frozen distribution of `scipy.stats`, in float64.

    Args:
      d: a distribution that SciPy has too; not inside `jax.jit`. SciPy's vector and matrix
        families have no batches, but for NormalInverseGamma.

    Returns:
      The frozen distribution.

    Raises:
      ImportError: if SciPy is not installed, which JAX does not work without either.
      NotImplementedError: if SciPy has no such family; the message lists the known ones.

    Example:
      >>> import jaxdist as jd
      >>> frozen = jd.interop.to_scipy(jd.Gamma(2.0, 4.0))
      >>> print(frozen.mean(), jd.interop.from_scipy(frozen))
      0.5 Gamma(concentration=2., rate=4.)
    """
    stats = require("to_scipy", "scipy", "scipy.stats")
    check_ours("to_scipy", d)
    for family in (*_FAMILIES, *_VECTORS):
        if family.ours == type(d).__name__:
            exact = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), d)
            with jax.enable_x64(True):
                arguments = jax.tree.map(np.asarray, dict(family.to(exact)))
            if not hasattr(stats, family.theirs):
                raise NotImplementedError(
                    f"to_scipy: the installed SciPy has no {family.theirs}; it needs a newer one"
                )
            if family in _VECTORS:
                arguments = {k: _squeeze(v) for k, v in arguments.items()}
            return getattr(stats, family.theirs)(**arguments)
    raise NotImplementedError(
        f"to_scipy: scipy.stats has no family like {type(d).__name__}, or none that is known here: "
        f"{', '.join(sorted(family.ours for family in (*_FAMILIES, *_VECTORS)))}"
    )


def _squeeze(x: Any) -> Any:
    return x.item() if x.ndim == 0 else x


def from_scipy(frozen: Any) -> Distribution:
    """Convert a frozen distribution of `scipy.stats`.

    Args:
      frozen: for example `scipy.stats.gamma(2.0, scale=0.25)`.

    Returns:
      The distribution of jaxdist, in float32 unless 64 bits are enabled.

    Raises:
      NotImplementedError: if it is of another family; the message lists the known ones.
      ValueError: if it has a location or scale that jaxdist's class does not have.
    """
    for vectors in _VECTORS:
        if type(frozen).__name__ == f"{vectors.theirs}_frozen":
            return _make(vectors, vectors.back(frozen))
    family = getattr(frozen, "dist", None)
    name = getattr(family, "name", None)
    known = {"reciprocal": "loguniform"}
    for candidate in _FAMILIES:
        if candidate.theirs == known.get(str(name), name):
            values = _arguments(frozen)
            for parameter, value in (candidate.standard or {}).items():
                if np.any(np.asarray(values[parameter]) != value):
                    raise ValueError(
                        f"from_scipy: jaxdist's {candidate.ours} has {parameter} {value:g} of "
                        f"scipy.stats.{candidate.theirs}; got {values[parameter]}. Convert the "
                        "standard one, and apply an AffineTransform to it"
                    )
            return _make(candidate, candidate.back(values))
    raise NotImplementedError(
        f"from_scipy: jaxdist has no class like {describe(frozen)}, or none that is known here: "
        f"{', '.join(sorted(family.theirs for family in (*_FAMILIES, *_VECTORS)))}"
    )


def _arguments(frozen: Any) -> _Values:
    """Return all arguments of a frozen distribution by their names."""
    shapes = (frozen.dist.shapes or "").replace(" ", "")
    names = [*filter(None, shapes.split(",")), "loc", "scale"]
    values = dict(zip(names, frozen.args, strict=False)) | frozen.kwds
    return _Values(
        {"loc": 0.0, "scale": 1.0} | {name: np.asarray(value) for name, value in values.items()}
    )


def _make(family: _Family, parameters: Parameters) -> Distribution:
    return getattr(importlib.import_module("jaxdist"), family.ours)(**parameters)
