"""Groups of seeds with the same config, and their labels by what differs between them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..runs.run import Run
from .formatting import label, short


class Group(NamedTuple):
    """The seeds of a run at one point of its sweep.

    Attributes:
      run: the run.
      config: the config at this point.
      members: the indices of its members in the run.
    """

    run: Run
    config: Any
    members: slice


def groups(run: Run) -> list[Group]:
    """The groups of a run, one for each point of its sweep."""
    size = len(run.seeds)
    return [
        Group(run, config, slice(i * size, (i + 1) * size))
        for i, config in enumerate(run.point_configs)
    ]


def labels(groups: Sequence[Group]) -> list[str]:
    """The labels of groups.

    A label is the algorithm and the fields that differ between groups of this algorithm on the
    same environment; where labels on an environment are equal, also the folder.
    """
    names = [_name(group, groups) for group in groups]
    keys = [(name, group.config.env) for name, group in zip(names, groups, strict=True)]
    return [
        name if keys.count(key) == 1 else f"{name}, {group.run.folder.name}"
        for name, key, group in zip(names, keys, groups, strict=True)
    ]


def labels_with_seeds(groups: Sequence[Group]) -> list[str]:
    """The labels of groups with their numbers of seeds, if these differ."""
    names = labels(groups)
    if len({len(group.run.seeds) for group in groups}) == 1:
        return names
    return [f"{name} ({_seeds(group)})" for name, group in zip(names, groups, strict=True)]


def _name(group: Group, groups: Sequence[Group]) -> str:
    others = [g for g in groups if (g.run.name, g.config.env) == (group.run.name, group.config.env)]
    differing = [
        f"{label(field.name)} {short(getattr(group.config, field.name))}"
        for field in dataclasses.fields(group.config)
        if any(
            getattr(other.config, field.name) != getattr(group.config, field.name)
            for other in others
        )
    ]
    return ", ".join([group.run.name.upper(), *differing])


def _seeds(group: Group) -> str:
    number = len(group.run.seeds)
    return "1 seed" if number == 1 else f"{number} seeds"
