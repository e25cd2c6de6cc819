"""JointMapTransform and RestructureTransform: transforms of trees of arrays."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape, describe
from jaxdist.pytree import static
from jaxdist.transforms.transform import (
    CombinedTransform,
    Transform,
    is_shape,
    require_transform,
)


def _is_transform(node: object) -> bool:
    return isinstance(node, Transform)


class JointMapTransform(CombinedTransform):
    r"""A tree of transforms, each applied to its leaf of a tree of values.

    .. math:: y_i = t_i(x_i), \quad \log |\det dy / dx| = \sum_i \log |\det dy_i / dx_i|

    With `jaxdist.biject_to` of each support it maps unconstrained trees to values of a `Joint`, as
    samplers of posteriors need. The leaves have one batch shape: wrap transforms of single numbers
    into `IndependentTransform` where a leaf has event axes. TFP's `JointMap`.

    Args:
      transforms: a dict, list, tuple or other tree of transforms.

    Raises:
      TypeError: if a leaf is not a transform.

    Example:
      >>> import jaxdist as jd
      >>> t = jd.JointMapTransform({"loc": jd.identity_transform, "scale": jd.ExpTransform()})
      >>> y, log_det = t.forward_and_log_det({"loc": 3.0, "scale": 0.5})
      >>> print(y["loc"], y["scale"].round(3), log_det)
      3.0 1.649 0.5
    """

    transforms: Any

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the leaves are transforms."""
        if not self._components:
            raise ValueError("JointMapTransform: transforms must hold at least one transform")
        for t in self._components:
            require_transform("JointMapTransform", "every leaf of transforms", t)

    @property
    def _components(self) -> tuple[Transform, ...]:
        return tuple(jax.tree.leaves(self.transforms, is_leaf=_is_transform))

    @property
    def _maps_trees(self) -> bool:  # type: ignore[override]
        return True

    def _map(self, function: Any, *trees: Any, is_leaf: Any = None) -> Any:
        """Apply a function to each transform and to its leaf of each tree."""
        structure: Any = jax.tree.structure(self.transforms, is_leaf=_is_transform)
        for tree in trees:
            if jax.tree.structure(tree, is_leaf=is_leaf) != structure:
                raise ValueError(
                    f"JointMapTransform: the value must be a tree like {structure}; got "
                    f"{describe(tree)}"
                )
        return jax.tree.map(function, self.transforms, *trees, is_leaf=_is_transform)

    @property
    def domain(self) -> Any:
        """The tree of domains."""
        return self._map(lambda t: t.domain)

    @property
    def codomain(self) -> Any:
        """The tree of codomains."""
        return self._map(lambda t: t.codomain)

    def _forward_shape(self, shape: Any) -> Any:
        return self._map(lambda t, s: t.forward_shape(s), shape, is_leaf=is_shape)

    def _inverse_shape(self, shape: Any) -> Any:
        return self._map(lambda t, s: t.inverse_shape(s), shape, is_leaf=is_shape)

    def _forward(self, x: Any) -> Any:
        return self._map(lambda t, x: t._forward(x), x)

    def _inverse(self, y: Any) -> Any:
        return self._map(lambda t, y: t._inverse(y), y)

    def _log_det(self, x: Any, y: Any) -> Array:
        return _total(self._map(lambda t, x, y: t._log_det(x, y), x, y))

    def _unzip(self, pairs: Any) -> tuple[Any, Array]:
        """Separate a tree of values with log-determinants."""
        leaves = jax.tree.leaves(pairs, is_leaf=lambda node: isinstance(node, _Pair))
        structure: Any = jax.tree.structure(self.transforms, is_leaf=_is_transform)
        values = jax.tree.unflatten(structure, [pair[0] for pair in leaves])
        return values, _total([pair[1] for pair in leaves])

    def _forward_and_log_det(self, x: Any) -> tuple[Any, Array]:
        return self._unzip(self._map(lambda t, x: _Pair(t._forward_and_log_det(x)), x))

    def _inverse_and_log_det(self, y: Any) -> tuple[Any, Array]:
        return self._unzip(self._map(lambda t, y: _Pair(t._inverse_and_log_det(y)), y))


class _Pair(tuple):
    """A value and a log-determinant: a leaf, which trees of tuples are not mistaken for."""


def _total(log_dets: Any) -> Array:
    """Add the log-determinants of the leaves."""
    leaves = jax.tree.leaves(log_dets)
    if len({leaf.shape for leaf in leaves}) > 1:
        raise ValueError(
            "JointMapTransform: the log-determinants of the leaves must have one batch shape; got "
            f"{[leaf.shape for leaf in leaves]}. Use IndependentTransform where a leaf has event "
            "axes"
        )
    return functools.reduce(jnp.add, leaves)


class RestructureTransform(Transform):
    r"""The same arrays in a tree of another structure; the log-determinant is 0.

    Structures are trees of distinct tokens, strings or numbers; equal tokens are the same array.
    TFP's `Restructure`. The result has log-determinants of shape (): it acts on values without
    batch axes; use `jax.vmap` for others.

    Args:
      out_structure: tree of tokens like y.
      in_structure: tree of the same tokens like x.

    Raises:
      TypeError: if a token is neither a string nor a number.
      ValueError: if the tokens differ, or a structure has one twice.

    Example:
      >>> import jaxdist as jd
      >>> t = jd.RestructureTransform({"loc": 0, "scale": 1}, [0, 1])
      >>> {name: float(value) for name, value in t([3.0, 0.5]).items()}
      {'loc': 3.0, 'scale': 0.5}
    """

    out_structure: Any = static()
    in_structure: Any = static()

    bijective = True
    _affine = True
    _log_det_is_affine = True
    _maps_trees = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Replace the trees by their structure, which is hashable, and the order of the tokens."""
        structures = [_Structure.of(tree) for tree in (self.out_structure, self.in_structure)]
        for token in itertools.chain(*(structure.tokens for structure in structures)):
            if not isinstance(token, str | int | float):
                raise TypeError(
                    "RestructureTransform: the tokens of a structure must be strings or numbers; "
                    f"got {describe(token)}"
                )
        tokens = [sorted(map(repr, structure.tokens)) for structure in structures]
        if tokens[0] != tokens[1] or len(set(tokens[0])) != len(tokens[0]):
            raise ValueError(
                "RestructureTransform: out_structure and in_structure must hold the same tokens, "
                f"each once; got {self.out_structure} and {self.in_structure}"
            )
        vars(self).update(out_structure=structures[0], in_structure=structures[1])

    @property
    def batch_shape(self) -> Shape:
        """(): it has no parameters."""
        return ()

    @property
    def domain(self) -> Any:
        """A tree of real numbers."""
        return self.in_structure.fill(dict.fromkeys(self.in_structure.tokens, constraints.real))

    @property
    def codomain(self) -> Any:
        """A tree of real numbers."""
        return self.out_structure.fill(dict.fromkeys(self.out_structure.tokens, constraints.real))

    def _forward_shape(self, shape: Any) -> Any:
        return self.out_structure.fill(self.in_structure.read(shape, is_shape))

    def _inverse_shape(self, shape: Any) -> Any:
        return self.in_structure.fill(self.out_structure.read(shape, is_shape))

    def _forward(self, x: Any) -> Any:
        return self.out_structure.fill(self.in_structure.read(x))

    def _inverse(self, y: Any) -> Any:
        return self.in_structure.fill(self.out_structure.read(y))

    def _log_det(self, x: Any, y: Any) -> Array:
        return jnp.zeros((), jnp.result_type(float, *jax.tree.leaves(x)))


class _Structure(tuple):
    """The structure of a tree, and its tokens in order: a hashable pair."""

    @classmethod
    def of(cls, tree: Any) -> _Structure:
        tokens, structure = jax.tree.flatten(tree)
        return cls((structure, tuple(tokens)))

    @property
    def tokens(self) -> tuple[Any, ...]:
        return self[1]

    def fill(self, values: dict[Any, Any]) -> Any:
        """Return the tree with values in the place of tokens."""
        return jax.tree.unflatten(self[0], [values[token] for token in self.tokens])

    def read(self, tree: Any, is_leaf: Any = None) -> dict[Any, Any]:
        """Return the value of each token."""
        leaves, structure = jax.tree.flatten(tree, is_leaf=is_leaf)
        if structure != self[0]:
            raise ValueError(
                f"RestructureTransform: the value must be a tree like {self[0]}; got "
                f"{describe(tree)}"
            )
        return dict(zip(self.tokens, leaves, strict=True))
