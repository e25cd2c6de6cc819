"""Transforms and distributions made of others, which libraries compose in their own ways."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxdist.distribution import Distribution
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.log_normal import LogNormal
from jaxdist.interop.correspondence import Library
from jaxdist.interop.imports import require
from jaxdist.transforms import AffineTransform, ComposeTransform, InverseTransform
from jaxdist.wrappers.hurdle import Hurdle
from jaxdist.wrappers.transformed import TransformedDistribution
from jaxdist.wrappers.zero_inflated import ZeroInflated


def to_parts(library: Library, t: Any) -> Any:
    """Convert a composition or an inverse to torch or numpyro, whose names are ours."""
    module = require(f"to_{library.name}", library.package, library.modules[1])
    if isinstance(t, ComposeTransform):
        return module.ComposeTransform([library.convert(part) for part in t.parts])
    return library.convert(t.inv).inv if isinstance(t, InverseTransform) else None


def from_parts(library: Library, t: Any) -> Any:
    """Convert a composition or an inverse of torch or numpyro."""
    name = type(t).__name__
    if name == "ComposeTransform":
        return ComposeTransform([library.convert_back(part) for part in t.parts])
    return library.convert_back(t.inv).inv if name == "_InverseTransform" else None


def to_numpyro_parts(library: Library, t: Any) -> Any:
    """Convert a composition or an inverse, or a hurdle of a density, to numpyro.

    Its general hurdle excludes 0 where the support of the density does.

    Raises:
      NotImplementedError: if it is a density whose zeros numpyro does not have.
    """
    if isinstance(t, ZeroInflated) and not t.base_dist.support.is_discrete:
        raise NotImplementedError(
            f"to_numpyro: numpyro inflates the zeros of counts alone; got {t.base_dist!r}. Use "
            "`as_numpyro`"
        )
    if not isinstance(t, Hurdle) or t.base_dist.support.is_discrete:
        return to_parts(library, t)
    names: dict[type[Distribution], str] = {Gamma: "HurdleGamma", LogNormal: "HurdleLogNormal"}
    base = t.base_dist
    if type(base) not in names:
        raise NotImplementedError(
            "to_numpyro: of densities, numpyro has hurdles of Gamma and LogNormal alone; got "
            f"{base!r}. Use `as_numpyro`"
        )
    module = require("to_numpyro", library.package, library.modules[0])
    parameters = {name: library.as_theirs(getattr(base, name)) for name in vars(base)}
    return getattr(module, names[type(base)])(library.as_theirs(t.gate), **parameters)


def to_bijector(library: Library, t: Any) -> Any:
    """Convert what TFP makes of others: affine maps, compositions, inverses.

    `Chain` applies the last bijector first.
    """
    bijectors = require("to_tfp", library.package, library.modules[1])
    if isinstance(t, AffineTransform):
        shift, scale = bijectors.Shift(jnp.asarray(t.loc)), bijectors.Scale(jnp.asarray(t.scale))
        return bijectors.Chain([shift, scale])
    if isinstance(t, ComposeTransform):
        return bijectors.Chain([library.convert(part) for part in reversed(t.parts)])
    if isinstance(t, InverseTransform):
        return bijectors.Invert(library.convert(t.inv))
    if isinstance(t, TransformedDistribution):
        distributions = require("to_tfp", library.package, library.modules[0])
        bijector = library.convert(ComposeTransform(t.transforms))
        return distributions.TransformedDistribution(library.convert(t.base_dist), bijector)
    return None


def from_bijector(library: Library, b: Any) -> Any:
    """Convert what TFP makes of others."""
    name = type(b).__name__
    if name == "Shift":
        shift = library.as_ours(b.shift)
        return AffineTransform(shift, jnp.ones_like(shift))
    if name == "Scale":
        scale = library.as_ours(b.parameters["scale"])
        return AffineTransform(jnp.zeros_like(scale), scale)
    if name == "Chain":
        return ComposeTransform([library.convert_back(part) for part in reversed(b.bijectors)])
    if name == "Invert":
        return library.convert_back(b.bijector).inv
    if name == "TransformedDistribution":
        base = library.convert_back(b.distribution)
        return TransformedDistribution(base, [library.convert_back(b.bijector)])
    return None
