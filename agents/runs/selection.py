"""The choice of a member of a run, and its policy."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from ..experience.rollout import Policy
from . import metrics
from .evaluation import Best
from .run import Run


def best_member(run: Run, best: Best | None, seed: int | None = None) -> int:
    """The index of the member with the best evaluation in training.

    Args:
      run: the run.
      best: its best states; without them, returns in training are compared.
      seed: the seed of the member; any if not given.

    Raises:
      ValueError: the run has no such seed.
    """
    if seed is not None and seed not in run.seeds:
        raise ValueError(f"the seeds of '{run.folder}' are {run.seeds}; got {seed}")
    scores = last_returns(run) if best is None else np.asarray(best.mean_return)
    possible = np.array([seed in (None, each["seed"]) for each in run.members])
    return int(np.argmax(np.where(possible, np.nan_to_num(scores, nan=-1e30), -np.inf)))


def last_returns(run: Run) -> np.ndarray:
    """The mean return of each member's last 100 episodes in training, NaN where none ended."""
    table = metrics.read(run.metrics_path, run.num_members)
    return metrics.last_return(table) if table else np.full(run.num_members, np.nan)


def policy_of(run: Run, states: Any, member: int) -> Policy:
    """The policy of a member.

    Args:
      run: the run.
      states: the states of its members, with a leading axis `[num_members]`.
      member: the index of the member.

    Raises:
      IndexError: the run has no such member.
    """
    if member not in range(-run.num_members, run.num_members):
        raise IndexError(
            f"member must be an index from 0 to {run.num_members - 1}, a row of "
            f"`run.members`; got {member!r}"
        )
    state = jax.tree.map(lambda leaf: leaf[member], states)
    return run.algorithm.policy(state, run.point_configs[member // len(run.seeds)])
