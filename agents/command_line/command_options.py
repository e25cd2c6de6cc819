"""The options of the commands, apart from the hyper-parameters of the algorithms."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..execution.devices import WAYS
from ..runs.evaluation import EPISODES
from ..runs.guards import ON_NAN
from ..runs.run import BUDGETS, Run
from .distributed import add_device_options, add_process_options
from .options import (
    flag,
    integer,
    number,
    parse_parameter,
    parse_sweep,
    positive_integer,
    seed_number,
)

EVALUATIONS = 10
"""Default number of evaluations: a tenth of the time on CartPole, less on slower environments."""

CHANGEABLE = ("evaluations", "keep", "checkpoint_seconds", "on_nan")
"""Options of a run that may change when it is resumed."""


def add_seeds(options: argparse.ArgumentParser) -> None:
    """Add the options of seeds, sweeps and the run folder."""
    text = "number of seeds, which are trained in parallel (default: 8)"
    options.add_argument("--seeds", type=positive_integer, default=8, metavar="INT", help=text)
    text = "the first seed (default: 0)"
    options.add_argument("--seed", type=integer, default=0, metavar="INT", help=text)
    text = "values of a numeric hyper-parameter, each trained with every seed; repeat for a grid"
    options.add_argument(
        "--sweep", type=parse_sweep, action="append", default=[], metavar="FIELD=VALUES", help=text
    )
    text = "how a device runs several seeds (default: auto: loop on a CPU, vmap on an accelerator)"
    options.add_argument("--over-seeds", choices=WAYS, default="auto", help=text)
    text = "parent of the new run folder (default: runs)"
    options.add_argument("--out", default="runs", metavar="FOLDER", help=text)
    text = "a parameter of the environment, such as gravity=5; repeat for several"
    options.add_argument(
        "--env-param",
        type=parse_parameter,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=text,
    )
    add_changeable(options)
    add_device_options(options)
    add_process_options(options)


def add_changeable(options: argparse.ArgumentParser, *, of_run: bool = False) -> None:
    """Add the options that may change when a run is resumed, `CHANGEABLE`.

    Args:
      options: the parser.
      of_run: whether the defaults are what the run has, and the values None if not given.
    """

    def add(name: str, text: str, default: Any, **kwargs: Any) -> None:
        shown = "that of the run" if of_run else default
        value = None if of_run or name == "evaluations" else default
        options.add_argument(flag(name), default=value, help=f"{text} (default: {shown})", **kwargs)

    text = (
        f"number of evaluations during training, of {EPISODES} episodes each; the best state is "
        "kept"
    )
    add("evaluations", text, EVALUATIONS, type=integer, metavar="INT")
    text = "number of checkpoints to keep, the latest ones; each holds the best states too"
    add("keep", text, Run.keep, type=positive_integer, metavar="INT")
    text = "seconds between two checkpoints"
    add("checkpoint_seconds", text, Run.checkpoint_seconds, type=number, metavar="FLOAT")
    text = (
        "if a loss, parameter, observation, action or reward of a seed is NaN or infinite: stop "
        "this seed at its last finite state, skip the update, or ignore it"
    )
    add("on_nan", text, Run.on_nan, choices=ON_NAN)


def add_evaluate(options: argparse.ArgumentParser) -> None:
    """Add the options of `evaluate`."""
    options.add_argument("folder", type=Path, help="a run folder")
    text = "evaluate the state with the best evaluation during training instead of the last one"
    options.add_argument("--best", action="store_true", help=text)
    text = f"number of episodes per seed (default: {EPISODES})"
    options.add_argument(
        "--episodes", type=positive_integer, default=EPISODES, metavar="INT", help=text
    )
    text = "seed of the episodes (default: 0)"
    options.add_argument("--seed", type=seed_number, default=0, metavar="INT", help=text)


def add_resume(options: argparse.ArgumentParser) -> None:
    """Add the options of `resume`."""
    options.add_argument("folder", type=Path, help="a run folder")
    budgets = options.add_mutually_exclusive_group()
    for name in BUDGETS:
        unit = name.removeprefix("total_")
        text = f"new total number of {unit}, including those of the run so far"
        budgets.add_argument(flag(name), type=positive_integer, metavar="INT", help=text)
    add_changeable(options, of_run=True)
    text = "move damaged metrics files into the folder 'damaged', and begin new ones"
    options.add_argument("--new-metrics", action="store_true", help=text)
    add_device_options(options)
    add_process_options(options)


def add_plot(options: argparse.ArgumentParser) -> None:
    """Add the options of `plot`."""
    options.add_argument("folders", type=Path, nargs="+", metavar="folder", help="run folders")
    text = (
        "output file, which is replaced, or a folder; the suffix selects the format (default: "
        "compare.png, or compare-2.png and so on, since nothing is replaced by default)"
    )
    options.add_argument("--out", metavar="FILE", help=text)
