"""The memory that a run needs at least, compared with what the device has."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..algorithms.registry import ALGORITHMS
from ..execution import processes
from ..execution.shards import Shard
from ..experience import environments
from .programs import initialize

CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Files with the limit of the memory of a container."""


UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


class NotEnoughMemory(ValueError):
    """A run needs more memory than there is."""


def check_memory(name: str, config: Any, num_members: int, evaluations: int) -> None:
    """Check that a run can fit into the memory of the devices.

    Nothing is allocated, and nothing compiled. The estimate is a lower bound: it does not count
    the intermediate results of gradients.

    Args:
      name: the algorithm's name.
      config: the algorithm's config.
      num_members: the number of seeds, times the number of points of the sweep.
      evaluations: the number of evaluations; with any, the best states are kept too.

    Raises:
      NotEnoughMemory: it cannot.
    """
    state, batch = state_bytes(name, config), batch_bytes(config)
    copies = 2 if evaluations else 1
    needed, available = num_members * copies * state + batch, total_bytes()
    if needed > available:
        raise NotEnoughMemory(
            f"this run needs at least {_size(needed)} of memory, and {_size(available)} are there: "
            f"{num_members * copies:,} times a state of {_size(state)}, and {_size(batch)} of "
            "steps per update; make hidden_sizes, num_envs, num_steps, buffer_size or the number "
            "of seeds smaller"
        )


def state_bytes(name: str, config: Any) -> int:
    """The memory of the state of one member, in bytes."""
    algorithm = ALGORITHMS[name]
    key = jax.eval_shape(lambda: jax.random.key(0))
    state = jax.eval_shape(lambda member: initialize(algorithm, Shard(), member), (key, config))
    return sum(_bytes(leaf) for leaf in jax.tree.leaves(state))


def batch_bytes(config: Any) -> int:
    """The memory of the observations of one update, before and after each step, in bytes."""
    env = environments.make(config.env)
    if hasattr(config, "batch_episodes"):
        rows = config.batch_episodes * env.max_steps
    else:
        rows = config.num_envs * config.num_steps
    return rows * 2 * 4 * env.observation_size


def total_bytes() -> int:
    """The memory of all devices, in bytes; of the hosts, or their containers, if they are CPUs.

    Every process is taken to have as much as this one.
    """
    devices = jax.local_devices()
    stats = [device.memory_stats() or {} for device in devices]
    if devices[0].platform == "cpu" or not all("bytes_limit" in each for each in stats):
        own = min([_host_bytes(), *_container_bytes()])
    else:
        own = sum(each["bytes_limit"] for each in stats)
    return own * processes.count()


def _host_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _container_bytes() -> list[int]:
    texts = [Path(file).read_text() for file in CGROUPS if Path(file).is_file()]
    return [int(text) for text in texts if text.strip().isdigit()]


def _bytes(leaf: Any) -> int:
    return math.prod(leaf.shape) * (np.dtype(leaf.dtype).itemsize if _is_plain(leaf) else 8)


def _is_plain(leaf: Any) -> bool:
    return not jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _size(count: float) -> str:
    power = min(int(math.log(max(count, 1), 1000)), len(UNITS) - 1)
    return f"{count / 1000**power:,.3g} {UNITS[power]}"
