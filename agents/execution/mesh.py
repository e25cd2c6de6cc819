"""The mesh of a training run: members along one axis, the streams of each along the other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec

from .shards import Shard

MEMBERS, STREAMS = "members", "streams"
"""The names of the axes."""

DIVISIBLE = 0.5
"""The part of the time of an update that sharding its streams divides, for the choice of a mesh.

The rest is communication, and steps that take as long for few streams as for many. Members share
all of their time.
"""

CPU_ROWS = 128
"""The least number of rows of a gradient step for a CPU device, unless the user asks for fewer.

With fewer rows, cores that share the streams of a member take longer than one core.
"""


def make_mesh(
    num_members: int,
    stream_groups: int,
    devices: Sequence[jax.Device] | None = None,
    shape: Mapping[str, int] | None = None,
    max_streams: int | None = None,
) -> Mesh:
    """The mesh of a training run, on which each device trains some members on a shard of streams.

    Args:
      num_members: the number of members of the run.
      stream_groups: the number of groups that the streams of a member consist of, whose streams
        stay on one device: `config.stream_groups`.
      devices: the devices, those of all processes if not given.
      shape: the number of devices along `"members"`, along `"streams"`, or both; see
        `choose_shape`.
      max_streams: see `choose_shape`; the devices of several processes are all used.

    Returns:
      A mesh with these axes.

    Raises:
      ValueError: the devices, or the groups, do not allow the shape.
    """
    devices = jax.devices() if devices is None else devices
    use_all = len({device.process_index for device in devices}) > 1
    m, s = choose_shape(
        num_members, stream_groups, len(devices), shape, max_streams=max_streams, use_all=use_all
    )
    return Mesh(np.asarray(devices[: m * s]).reshape(m, s), (MEMBERS, STREAMS))


def choose_shape(
    num_members: int,
    stream_groups: int,
    num_devices: int,
    shape: Mapping[str, int] | None = None,
    *,
    max_streams: int | None = None,
    use_all: bool = False,
) -> tuple[int, int]:
    """The numbers of devices m along the members and s along the streams.

    Those for which an update of all members takes the least time, estimated as
    ceil(members / m) (1 - d + d / s) with d = `DIVISIBLE`; the fewest devices where that is equal.

    Args:
      num_members: the number of members of the run.
      stream_groups: the number of groups of streams, which s divides.
      num_devices: the number of devices.
      shape: m, s or both.
      max_streams: the largest s to choose, if it is not given.
      use_all: whether no device may be left over, since each process must have one.

    Raises:
      ValueError: the devices, or the groups, do not allow the shape.
    """
    asked = dict(shape or {})
    check_shape(asked, stream_groups, num_devices)
    shapes = [
        (m, s)
        for m in _choices(asked.get(MEMBERS), num_devices)
        for s in _choices(asked.get(STREAMS), num_devices // m)
        if stream_groups % s == 0 and (m * s == num_devices or not use_all)
    ]
    if max_streams is not None and STREAMS not in asked and not use_all:
        shapes = [(m, s) for m, s in shapes if s <= max(max_streams, 1)]
    if not shapes:
        raise ValueError(
            f"{num_devices} devices of several processes must all be used, and no mesh of them "
            f"fits {_describe(asked)} and {stream_groups} groups of streams; change num_envs, or "
            "use a number of devices that divides the groups"
        )

    def time(shape: tuple[int, int]) -> tuple[float, int, int]:
        m, s = shape
        rounds = math.ceil(num_members / m)
        return rounds * (1 - DIVISIBLE + DIVISIBLE / s), s, m

    return min(shapes, key=time)


def check_shape(shape: Mapping[str, int], stream_groups: int, num_devices: int) -> None:
    """Check that a mesh of some shape can be made (`ValueError`)."""
    for name, size in shape.items():
        if name not in (MEMBERS, STREAMS):
            raise ValueError(f"the axes of a mesh are {MEMBERS} and {STREAMS}; got '{name}'")
        if size < 1:
            raise ValueError(f"{name} of a mesh must be positive; got {size}")
    needed = math.prod(shape.values())
    if needed > num_devices:
        raise ValueError(
            f"a mesh of {_describe(shape)} needs {needed} devices; there are {num_devices}"
        )
    s = shape.get(STREAMS, 1)
    if stream_groups % s:
        fitting = [str(i) for i in range(1, num_devices + 1) if stream_groups % i == 0]
        raise ValueError(
            f"{STREAMS} of a mesh must divide the {stream_groups} groups of streams of this "
            f"config; got {s}. Of the numbers up to {num_devices}, {', '.join(fitting)} do"
        )


def shard_of(mesh: Mesh) -> Shard:
    """The shard of a member that each device of a mesh computes."""
    count = mesh.shape[STREAMS]
    return Shard(STREAMS, count) if count > 1 else Shard()


def num_padded(num_members: int, mesh: Mesh) -> int:
    """The number of members with padding, a multiple of the members of the mesh."""
    m = mesh.shape[MEMBERS]
    return -(-num_members // m) * m


class Sharded(Protocol):
    """A dataclass of which some fields have an axis of streams.

    Attributes:
      stream_axes: the axis of streams in the leaves of each of these fields.
    """

    stream_axes: ClassVar[dict[str, int]]


def partition_specs(members: Any) -> Any:
    """How the leaves of a tree lie on a mesh.

    Args:
      members: a tree whose leaves begin with an axis of members. What belongs to single streams is
        in dataclasses that name their fields in `Sharded.stream_axes`.

    Returns:
      A tree of the same structure: the `PartitionSpec` of each leaf.
    """

    def of(node: Any) -> Any:
        specs = jax.tree.map(lambda _: PartitionSpec(MEMBERS), node)
        if not _is_sharded(node):
            return specs
        fields = {
            name: jax.tree.map(lambda _, axis=axis: _along_streams(axis), getattr(node, name))
            for name, axis in node.stream_axes.items()
        }
        return replace(specs, **fields)

    return jax.tree.map(of, members, is_leaf=_is_sharded)


def _along_streams(axis: int) -> PartitionSpec:
    return PartitionSpec(MEMBERS, *[None] * axis, STREAMS)


def _is_sharded(node: Any) -> bool:
    return hasattr(type(node), "stream_axes")


def _choices(asked: int | None, limit: int) -> range:
    return range(1, limit + 1) if asked is None else range(asked, min(asked, limit) + 1)


def _describe(shape: Mapping[str, int]) -> str:
    return ", ".join(f"{name}={size}" for name, size in shape.items()) or "any shape"
