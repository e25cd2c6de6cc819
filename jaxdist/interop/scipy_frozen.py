"""Conversion from and to the frozen distributions of `scipy.stats`."""

from __future__ import annotations

import importlib
from typing import Any

import jax
import numpy as np

from jaxdist.arguments import describe
from jaxdist.distribution import Distribution
from jaxdist.interop.correspondence import check_ours
from jaxdist.interop.imports import require
from jaxdist.interop.scipy_families import MULTIVARIATE, UNIVARIATE, Family, Parameters


class _Values(dict):
    """Values that are read as attributes."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


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
    for family in (*UNIVARIATE, *MULTIVARIATE):
        if family.ours == type(d).__name__:
            exact = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), d)
            with jax.enable_x64(True):
                arguments = jax.tree.map(np.asarray, dict(family.to(exact)))
            if not hasattr(stats, family.theirs):
                raise NotImplementedError(
                    f"to_scipy: the installed SciPy has no {family.theirs}; it needs a newer one"
                )
            if family in MULTIVARIATE:
                arguments = {k: _squeeze(v) for k, v in arguments.items()}
            return getattr(stats, family.theirs)(**arguments)
    raise NotImplementedError(
        f"to_scipy: scipy.stats has no family like {type(d).__name__}, or none that is known here: "
        f"{', '.join(sorted(family.ours for family in (*UNIVARIATE, *MULTIVARIATE)))}"
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
    for vectors in MULTIVARIATE:
        if type(frozen).__name__ == f"{vectors.theirs}_frozen":
            return _make(vectors, vectors.back(frozen))
    family = getattr(frozen, "dist", None)
    name = getattr(family, "name", None)
    known = {"reciprocal": "loguniform"}
    for candidate in UNIVARIATE:
        if candidate.theirs == known.get(str(name), name):
            values = _arguments(frozen)
            for parameter, value in candidate.standard.items():
                if np.any(np.asarray(values[parameter]) != value):
                    raise ValueError(
                        f"from_scipy: jaxdist's {candidate.ours} has {parameter} {value:g} of "
                        f"scipy.stats.{candidate.theirs}; got {values[parameter]}. Convert the "
                        "standard one, and apply an AffineTransform to it"
                    )
            return _make(candidate, candidate.back(values))
    raise NotImplementedError(
        f"from_scipy: jaxdist has no class like {describe(frozen)}, or none that is known here: "
        f"{', '.join(sorted(family.theirs for family in (*UNIVARIATE, *MULTIVARIATE)))}"
    )


def _arguments(frozen: Any) -> _Values:
    """Return all arguments of a frozen distribution by their names."""
    shapes = (frozen.dist.shapes or "").replace(" ", "")
    names = [*filter(None, shapes.split(",")), "loc", "scale"]
    values = dict(zip(names, frozen.args, strict=False)) | frozen.kwds
    return _Values(
        {"loc": 0.0, "scale": 1.0} | {name: np.asarray(value) for name, value in values.items()}
    )


def _make(family: Family, parameters: Parameters) -> Distribution:
    return getattr(importlib.import_module("jaxdist"), family.ours)(**parameters)
