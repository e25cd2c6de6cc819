"""Transforms that are made of others, which every library composes in its own way."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxdist.interop.correspondence import Library
from jaxdist.interop.imports import require
from jaxdist.transforms import AffineTransform, ComposeTransform, InverseTransform
from jaxdist.wrappers.transformed import TransformedDistribution


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
