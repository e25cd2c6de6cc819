"""The command `compare`: scores and performance profiles over several environments."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Column, Table

from ..runs import metrics
from ..runs.journal import metrics_damage
from ..runs.run import Run, load_run
from . import plots
from .aggregates import (
    LEVEL,
    bootstrap_interval,
    interquartile_mean,
    performance_profile,
    profile_interval,
)
from .formatting import decimals, number
from .groups import groups, labels
from .output import console, file_to_write, warn
from .plots import LINES, TEXT_COLOR

NORMALIZED = "all, normalized"
"""The name of the row over all environments."""

WITHIN = (
    ", within each environment; normalized: 0 is the lowest score of a seed in an environment, 1 "
    "the highest"
)
"""What the caption says of several environments."""


class Scores(NamedTuple):
    """The scores of a group.

    Attributes:
      label: the label of the group.
      env: the environment.
      returns: the score of each seed, `[seeds]`.
    """

    label: str
    env: str
    returns: np.ndarray


def compare_command(arguments: argparse.Namespace) -> int:
    """Compare runs by a table and a performance profile."""
    with arguments.parser.reporting_errors():
        path = file_to_write(arguments.out, "profile.png")
        done = "Replaced" if path.exists() else "Wrote"
        runs = [load_run(folder) for folder in arguments.folders]
        scores, source = read_scores(runs)
        check_comparable(scores)
        for damage in itertools.chain(*map(metrics_damage, runs)):
            warn(damage)
        print_scores(console(), scores, source)
        left_out = draw_profiles(scores, path)
    for name in left_out:
        warn(f"{name} is not in the figure, since it has no run on some of the environments")
    console(soft_wrap=True).print(f"{done} {path}")
    return 0


def read_scores(runs: Sequence[Run]) -> tuple[list[Scores], str]:
    """The scores of all groups of runs, and what a score is.

    A score is the mean return of the last evaluation or, if some run has none, of the last 100
    training episodes.

    Raises:
      ValueError: a run has no metrics yet, or a seed none of whose episodes has ended.
    """
    evaluations = [metrics.read(run.evaluations_path, run.num_members) for run in runs]
    if all(evaluations):
        source = "the last evaluation"
        returns = [table["return_mean"][-1] for table in evaluations]
    else:
        source = "the last 100 training episodes"
        tables = [metrics.read(run.metrics_path, run.num_members) for run in runs]
        for run, table in zip(runs, tables, strict=True):
            if not table:
                raise ValueError(f"'{run.folder}' has no metrics yet")
        returns = [metrics.last_return(table) for table in tables]
    for run, values in zip(runs, returns, strict=True):
        if np.isnan(values).any():
            raise ValueError(f"'{run.folder}' has a seed none of whose episodes has ended yet")
    all_groups = [group for run in runs for group in groups(run)]
    by_run = dict(zip((run.folder for run in runs), returns, strict=True))
    scores = [
        Scores(name, group.config.env, by_run[group.run.folder][group.members])
        for name, group in zip(labels(all_groups), all_groups, strict=True)
    ]
    return scores, source


def check_comparable(scores: Sequence[Scores]) -> None:
    """Check that some label has scores in every environment (`ValueError`)."""
    if normalized(scores):
        return
    labels = dict.fromkeys(each.label for each in scores)
    envs = lambda label: " and ".join(s.env for s in scores if s.label == label)
    given = "; ".join(f"{label} on {envs(label)}" for label in labels)
    raise ValueError(
        f"the runs have no environment in common, and no algorithm is on all of them: {given}; "
        "give runs on one environment, or runs of each algorithm on the same ones"
    )


def normalized(scores: Sequence[Scores]) -> dict[str, list[np.ndarray]]:
    """The scores of each label in every environment, from 0 to 1 between the extremes there.

    Labels without scores in some environment are left out.
    """
    envs = list(dict.fromkeys(each.env for each in scores))
    ends = {env: _extremes([each for each in scores if each.env == env]) for env in envs}
    result: dict[str, list[np.ndarray]] = {}
    for label in dict.fromkeys(each.label for each in scores):
        own = {each.env: each.returns for each in scores if each.label == label}
        if own.keys() == ends.keys():
            result[label] = [(own[env] - ends[env][0]) / ends[env][1] for env in envs]
    return result


def print_scores(screen: Console, scores: Sequence[Scores], source: str) -> None:
    """Print the interquartile mean of each group with its interval, by environment."""
    envs = list(dict.fromkeys(each.env for each in scores))
    table = Table(
        *("environment", "runs", Column("seeds", justify="right")),
        *(Column("return", justify="right"), Column(f"{LEVEL:.0%} interval", justify="right")),
        title=f"interquartile mean over seeds of the mean return of {source}",
        caption=f"intervals: percentile bootstrap over seeds{WITHIN if len(envs) > 1 else ''}",
        title_justify="left",
        caption_justify="left",
    )
    for env in envs:
        rows = [(each.label, [each.returns]) for each in scores if each.env == env]
        _add_rows(table, env, rows)
    if len(envs) > 1:
        _add_rows(table, NORMALIZED, list(normalized(scores).items()))
    screen.print(table)


def draw_profiles(scores: Sequence[Scores], path: Path) -> list[str]:
    """Draw the performance profile of each label; returns the labels that are left out.

    A profile is the fraction of seeds whose score exceeds a threshold: a curve above another one
    is better there.
    """
    envs = {each.env for each in scores}
    profiles = {each.label: [each.returns] for each in scores}
    if len(envs) > 1:
        profiles = normalized(scores)
    values = np.concatenate([each for several in profiles.values() for each in several])
    thresholds = np.linspace(values.min(), values.max(), 201)
    title = next(iter(envs)) if len(envs) == 1 else f"{len(envs)} environments"
    caption = f"performance profile; bands: {LEVEL:.0%} bootstrap intervals"
    figure, axes = plots.new_figure(list(profiles), title, caption)
    for (label, each), (style, color) in zip(
        profiles.items(), itertools.cycle(LINES), strict=False
    ):
        fractions = performance_profile(each, thresholds)
        axes.fill_between(
            thresholds, *profile_interval(each, thresholds), color=color, alpha=0.18, linewidth=0
        )
        axes.plot(thresholds, fractions, color=color, linestyle=style, linewidth=2, label=label)
    kind = "return" if len(envs) == 1 else "normalized return"
    axes.set_xlabel(f"{kind} \N{GREEK SMALL LETTER TAU}", color=TEXT_COLOR)
    axes.set_ylabel(f"fraction of seeds with {kind} > \N{GREEK SMALL LETTER TAU}", color=TEXT_COLOR)
    axes.margins(x=0)
    axes.set_ylim(0, 1)
    plots.add_legend(figure)
    plots.save(figure, path)
    return [label for label in dict.fromkeys(s.label for s in scores) if label not in profiles]


def _extremes(scores: Sequence[Scores]) -> tuple[float, float]:
    """The lowest score of a seed, and the range of all."""
    values = np.concatenate([each.returns for each in scores])
    return float(values.min()), float(np.ptp(values)) or 1.0


def _add_rows(table: Table, env: str, rows: Sequence[tuple[str, list[np.ndarray]]]) -> None:
    """Add a row for each label, with scores by environment; a section ends after them."""
    every = [each for _, several in rows for each in several]
    places = decimals(np.concatenate(every)) if every else 0
    for i, (label, several) in enumerate(rows):
        mean = float(interquartile_mean(np.concatenate(several)))
        low, high = (number(end, places) for end in bootstrap_interval(several))
        seeds = str(sum(map(len, several)))
        table.add_row(env if i == 0 else "", label, seeds, number(mean, places), f"{low} .. {high}")
    table.add_section()
