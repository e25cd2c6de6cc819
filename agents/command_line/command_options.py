"""The options of the commands, apart from the hyper-parameters of the algorithms."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..execution.devices import OVER_SEEDS
from ..rendering.episode import MAX_STEPS
from ..runs.evaluation import EPISODES, EVALUATIONS
from ..runs.guards import ON_NAN
from ..runs.loggers import LOGGERS
from ..runs.run import BUDGETS, Run
from .distributed import OF_PROCESSES, add_device_options, add_process_options
from .options import choice, flag, parse_parameter, seed_number
from .parsing import (
    integer,
    natural_number,
    nonnegative_number,
    positive_integer,
    positive_number,
)
from .sweeps import SEARCHES, TRIALS, parse_sweep

CHANGEABLE = ("evaluations", "keep", "checkpoint_seconds", "on_nan")
"""Options of a run that may change when it is resumed."""


NOT_IN_FILES = ("--help", "--config", "--save-config", *OF_PROCESSES)
"""Options that a file of options does not set."""


def add_seeds(options: argparse.ArgumentParser) -> None:
    """Add the options of seeds, sweeps, files and the run folder."""
    text = "Number of seeds, which are trained in parallel (default: 8)"
    options.add_argument("--seeds", type=positive_integer, default=8, metavar="INT", help=text)
    text = "The first seed (default: 0)"
    options.add_argument("--seed", type=integer, default=0, metavar="INT", help=text)
    text = (
        "Values of a numeric hyper-parameter, each trained with every seed, such as 1e-4,1e-3 "
        "or, for a random search, 1e-4..1e-3; repeat for more hyper-parameters"
    )
    options.add_argument(
        "--sweep", type=parse_sweep, action="append", default=[], metavar="FIELD=VALUES", help=text
    )
    text = (
        "How the values of several --sweep form points. grid: all combinations; list: the first "
        "values of all, the second values of all, and so on; random: --trials points are drawn; "
        "halving: --trials points are drawn and trained for a short time, the best quarter of them "
        "anew for four times as long, and so on, until one is trained for all steps (default: grid)"
    )
    options.add_argument("--search", default="grid", help=text, **choice(SEARCHES))
    text = f"Number of points of --search random or halving (default: {TRIALS})"
    options.add_argument("--trials", type=positive_integer, metavar="INT", help=text)
    text = "How a device runs several seeds; auto is loop on a CPU, vmap elsewhere (default: auto)"
    options.add_argument("--over-seeds", default="auto", help=text, **choice(OVER_SEEDS))
    text = "Parent of the new run folder (default: runs)"
    options.add_argument("--out", default="runs", metavar="FOLDER", help=text)
    text = "A parameter of the environment, such as gravity=5; repeat for several"
    options.add_argument(
        "--env-param",
        type=parse_parameter,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=text,
    )
    text = (
        "Read options from a TOML or JSON file, or from config.json of a run; those of the "
        "command line take precedence"
    )
    options.add_argument("--config", type=Path, metavar="FILE", help=text)
    text = "Write all options to a TOML or JSON file, and train nothing"
    options.add_argument("--save-config", type=Path, metavar="FILE", help=text)
    add_log(options)
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
        f"Number of evaluations during training, of {EPISODES} episodes each; the best state is "
        "kept"
    )
    add("evaluations", text, EVALUATIONS, type=integer, metavar="INT")
    text = "Number of checkpoints to keep, the latest ones; each holds the best states too"
    add("keep", text, Run.keep, type=positive_integer, metavar="INT")
    text = "Seconds between two checkpoints"
    add(
        "checkpoint_seconds", text, Run.checkpoint_seconds, type=nonnegative_number, metavar="FLOAT"
    )
    text = (
        "If a loss, parameter, observation, action or reward of a seed is NaN or infinite: stop "
        "this seed at its last finite state, skip the update, or ignore it"
    )
    add("on_nan", text, Run.on_nan, **choice(ON_NAN))


def add_log(options: argparse.ArgumentParser) -> None:
    """Add the option of loggers."""
    text = (
        "Log to these, beside the files of the run folder: log.csv in the folder, TensorBoard "
        "or Weights & Biases"
    )
    options.add_argument("--log", nargs="+", default=[], help=text, **choice(tuple(LOGGERS)))


def add_evaluate(options: argparse.ArgumentParser) -> None:
    """Add the options of `evaluate`."""
    add_run(options)
    text = "Evaluate the state with the best evaluation during training instead of the last one"
    options.add_argument("--best", action="store_true", help=text)
    text = (
        "Play greedy actions alone: the mode of the policy, or tanh of the median if it is squashed"
    )
    options.add_argument("--greedy", action="store_true", help=text)
    text = f"Number of episodes per seed (default: {EPISODES})"
    options.add_argument(
        "--episodes", type=positive_integer, default=EPISODES, metavar="INT", help=text
    )
    text = "Seed of the episodes (default: 0)"
    options.add_argument("--seed", type=seed_number, default=0, metavar="INT", help=text)
    text = "Print JSON instead of a table, with the return of every episode"
    options.add_argument("--json", action="store_true", help=text)


def add_resume(options: argparse.ArgumentParser) -> None:
    """Add the options of `resume`."""
    add_run(options)
    budgets = options.add_mutually_exclusive_group()
    for name in BUDGETS:
        unit = name.removeprefix("total_")
        text = f"New total number of {unit}, including those of the run so far"
        budgets.add_argument(flag(name), type=positive_integer, metavar="INT", help=text)
    add_log(options)
    add_changeable(options, of_run=True)
    text = "Move damaged metrics files into the folder 'damaged', and begin new ones"
    options.add_argument("--new-metrics", action="store_true", help=text)
    add_device_options(options)
    add_process_options(options)


def add_export(options: argparse.ArgumentParser) -> None:
    """Add the options of `export`."""
    add_run(options)
    text = "Output file, which is replaced (default: policy.zip in the run folder)"
    options.add_argument("--out", type=Path, metavar="FILE", help=text)
    text = "The seed whose policy is exported (default: that of the best evaluation in training)"
    options.add_argument("--seed", type=seed_number, metavar="INT", help=text)
    text = "Export the last state instead of the one with the best evaluation"
    options.add_argument("--last", action="store_true", help=text)


def add_figure(options: argparse.ArgumentParser, default: str) -> None:
    """Add the options of a command that draws runs, by default into a file of this name."""
    options.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="Run folders")
    numbered = Path(default).with_stem(f"{Path(default).stem}-2")
    text = (
        "Output file, which is replaced, or a folder; the suffix selects the format (default: "
        f"{default}, or {numbered} and so on, since nothing is replaced by default)"
    )
    options.add_argument("--out", metavar="FILE", help=text)


def add_render(options: argparse.ArgumentParser) -> None:
    """Add the options of `render`."""
    add_run(options)
    text = (
        "Output file, .gif or .mp4, which is replaced, or a folder (default: episode.gif in the "
        "run folder, or episode-2.gif and so on)"
    )
    options.add_argument("--out", metavar="FILE", help=text)
    text = "Play the state with the best evaluation during training instead of the last one"
    options.add_argument("--best", action="store_true", help=text)
    text = "Play greedy actions instead of draws from the policy"
    options.add_argument("--greedy", action="store_true", help=text)
    text = (
        "Index of a row of the table of returns, from 0 (default: that of the highest return in "
        "training)"
    )
    options.add_argument("--member", type=natural_number, metavar="INT", help=text)
    text = "Seed of the episode (default: 0)"
    options.add_argument("--seed", type=seed_number, default=0, metavar="INT", help=text)
    text = f"Steps after which the episode is cut off (default: {MAX_STEPS})"
    options.add_argument(
        "--max-steps", type=positive_integer, default=MAX_STEPS, metavar="INT", help=text
    )
    text = "Pictures per second (default: that of the environment)"
    options.add_argument("--fps", type=positive_number, metavar="FLOAT", help=text)


def add_run(options: argparse.ArgumentParser) -> None:
    """Add the run folder."""
    options.add_argument("folder", type=Path, metavar="FOLDER", help="A run folder")
