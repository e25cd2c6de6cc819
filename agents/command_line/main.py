"""The commands: train with an algorithm, resume, evaluate and plot runs."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from agents.algorithms import presets
from agents.algorithms.registry import ALGORITHMS
from agents.command_line import tables
from agents.command_line.compare import compare
from agents.command_line.options import Parser, add_fields, config_fields, flag, parse_sweep
from agents.command_line.progress import progress
from agents.execution.devices import WAYS
from agents.experience import environments
from agents.runs import metrics
from agents.runs.checkpoints import CheckpointMismatch
from agents.runs.evaluation import EPISODES
from agents.runs.lock import FolderInUse
from agents.runs.run import BUDGETS, LAST_SEED, Run, load_run
from agents.runs.training import restore, restore_best, train

PROGRAM = "python -m agents"
STOPPED, INTERRUPTED = 1, 130

EVALUATIONS = 10
"""Default number of evaluations: a tenth of the time on CartPole, less on slower environments."""

EXAMPLES = f"""examples:
  {PROGRAM} ppo                      train PPO on CartPole-v1, with eight seeds
  {PROGRAM} ppo --env Acrobot-v1 --seeds 2 --learning-rate 1e-3
  {PROGRAM} ppo --seeds 4 --sweep learning-rate=1e-4,3e-4,1e-3
  {PROGRAM} reinforce                train REINFORCE on CartPole-v0
  {PROGRAM} evaluate runs/FOLDER     play full episodes with the trained policies
  {PROGRAM} evaluate runs/FOLDER --best
  {PROGRAM} resume runs/FOLDER       continue a run that was stopped
  {PROGRAM} resume runs/FOLDER --total-steps 2000000
  {PROGRAM} plot runs/FOLDER runs/OTHER
"""

RESUME = """Continue a run that was stopped, or make it longer.

In a longer run, an annealed learning rate jumps to its value on the new schedule, and
evaluations are spaced over the new length."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
      argv: its name and options; those of the process if not given.

    Returns:
      The exit code: 0; 1 if an operating-system error, such as a full disk, stopped training;
      130 if the user interrupted. A usage error exits with 2.
    """
    arguments, unknown = _parser().parse_known_args(argv)
    if unknown:
        arguments.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        return arguments.command(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Train policies with policy gradients; every training run is one XLA program.",
        epilog=f"{EXAMPLES}\n{_wrap('environments', environments.names())}",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Callable[..., int], description: str, example: str) -> Parser:
        epilog = f"example:\n  {PROGRAM} {name} {example}\n"
        with_preset = [env for algorithm, env in presets.PRESETS if algorithm == name]
        if with_preset:
            epilog += "\n" + _wrap("presets, in place of some defaults", with_preset)
        summary = description.partition("\n")[0]
        added = commands.add_parser(name, help=summary, description=description, epilog=epilog)
        added.set_defaults(command=command, parser=added)
        return added

    for name, algorithm in ALGORITHMS.items():
        summary = (algorithm.__doc__ or name).partition("\n")[0]
        options = add(name, _train, summary, f"--env {algorithm.Config.env} --seeds 4 --gamma 0.98")
        options.set_defaults(algorithm=name)
        _add_seeds(options)
        add_fields(options, algorithm.Config, title=name)

    summary = "Play full episodes with the trained policies of a run."
    _add_evaluate(add("evaluate", _evaluate, summary, "runs/FOLDER --best"))
    _add_resume(add("resume", _resume, RESUME, "runs/FOLDER --total-steps 2000000"))
    summary = "Draw the learning curves of runs of one environment in one figure."
    _add_plot(add("plot", _plot, summary, "runs/FOLDER runs/OTHER --out compare.png"))
    return parser


def _wrap(title: str, names: Sequence[str]) -> str:
    lines = textwrap.wrap(", ".join(names), 76, break_on_hyphens=False)
    return "\n  ".join([f"{title}:", *lines]) + "\n"


def _add_seeds(options: argparse.ArgumentParser) -> None:
    text = "number of seeds, which are trained in parallel (default: 8)"
    options.add_argument("--seeds", type=positive_integer, default=8, metavar="INT", help=text)
    text = "the first seed (default: 0)"
    options.add_argument("--seed", type=int, default=0, metavar="INT", help=text)
    text = "values of a numeric hyper-parameter, each trained with every seed; repeat for a grid"
    options.add_argument(
        "--sweep", type=parse_sweep, action="append", default=[], metavar="FIELD=VALUES", help=text
    )
    text = (
        f"number of evaluations during training, of {EPISODES} episodes each; the best state is "
        f"kept (default: {EVALUATIONS})"
    )
    options.add_argument("--evaluations", type=int, default=EVALUATIONS, metavar="INT", help=text)
    text = "how a device runs several seeds (default: auto: loop on a CPU, vmap on an accelerator)"
    options.add_argument("--over-seeds", choices=WAYS, default="auto", help=text)
    text = "parent of the new run folder (default: runs)"
    options.add_argument("--out", type=Path, default=Path("runs"), metavar="FOLDER", help=text)


def _add_evaluate(options: argparse.ArgumentParser) -> None:
    options.add_argument("folder", type=Path, help="a run folder")
    text = "evaluate the state with the best evaluation during training instead of the last one"
    options.add_argument("--best", action="store_true", help=text)
    text = f"number of episodes per seed (default: {EPISODES})"
    options.add_argument(
        "--episodes", type=positive_integer, default=EPISODES, metavar="INT", help=text
    )
    text = "seed of the episodes (default: 0)"
    options.add_argument("--seed", type=seed_number, default=0, metavar="INT", help=text)


def _add_resume(options: argparse.ArgumentParser) -> None:
    options.add_argument("folder", type=Path, help="a run folder")
    budgets = options.add_mutually_exclusive_group()
    for name in BUDGETS:
        unit = name.removeprefix("total_")
        text = f"new total number of {unit}, including those of the run so far"
        budgets.add_argument(flag(name), type=positive_integer, metavar="INT", help=text)


def _add_plot(options: argparse.ArgumentParser) -> None:
    options.add_argument("folders", type=Path, nargs="+", metavar="folder", help="run folders")
    text = "output file; its suffix selects the format (default: compare.png)"
    default = Path("compare.png")
    options.add_argument("--out", type=Path, default=default, metavar="FILE", help=text)


def _train(arguments: argparse.Namespace) -> int:
    name, seeds = arguments.algorithm, range(arguments.seed, arguments.seed + arguments.seeds)
    with _report_errors(arguments.parser):
        config = presets.config(name, **config_fields(ALGORITHMS[name].Config, arguments))
        run = Run(
            name=name,
            config=config,
            seeds=tuple(seeds),
            folder=_new_folder(arguments.out, f"{environments.make(config.env).name}-{name}"),
            sweep=_merge_sweeps(arguments.sweep),
            way=arguments.over_seeds,
            evaluations=arguments.evaluations,
        )
        run.create()
    return _train_and_evaluate(run)


def _resume(arguments: argparse.Namespace) -> int:
    parser: Parser = arguments.parser
    with _report_errors(parser):
        run = load_run(arguments.folder)
        for name in BUDGETS:
            if amount := getattr(arguments, name):
                run = run.extend(name, amount)
    try:
        return _train_and_evaluate(run)
    except (CheckpointMismatch, FolderInUse) as error:
        parser.error(str(error))


def _evaluate(arguments: argparse.Namespace) -> int:
    console = Console(highlight=False, soft_wrap=True)
    with _report_errors(arguments.parser):
        run = load_run(arguments.folder)
        if arguments.best:
            best = restore_best(run)
            states, columns = best.state, {"after updates": np.asarray(best.update)}
            console.print(f"{tables.title(run)}, best evaluation during training")
        else:
            states, num_updates = restore(run)
            columns = tables.training_returns(metrics.read(run.metrics_path, run.num_members))
            updates = f"{num_updates:,} of {run.num_updates:,} updates"
            console.print(f"{tables.title(run)}, after {updates}")
    tables.print_returns(run, states, columns, arguments.episodes, arguments.seed)
    return 0


def _plot(arguments: argparse.Namespace) -> int:
    with _report_errors(arguments.parser):
        compare([load_run(folder) for folder in arguments.folders], arguments.out)
    Console(highlight=False, soft_wrap=True).print(f"Wrote {arguments.out}")
    return 0


def _train_and_evaluate(run: Run) -> int:
    """Train a run to its end, and print and draw its results."""
    console = Console(highlight=False, soft_wrap=True)
    seeds = "1 seed" if len(run.seeds) == 1 else f"{len(run.seeds)} seeds"
    points = f" at each of {len(run.points)} points" if run.sweep else ""
    console.print(f"{tables.title(run)}, {seeds}{points}: {run.folder}")
    start = time.monotonic()
    outcome = None
    try:
        with contextlib.suppress(KeyboardInterrupt), progress(console, run.num_updates) as report:
            outcome = train(run, report)
        table = metrics.read(run.metrics_path, run.num_members)
        if table:
            tables.draw(run, table)
    except OSError as error:
        console.print(f"Stopped: {error}. Continue with: {PROGRAM} resume {run.folder}")
        return STOPPED
    if outcome is None or not outcome.finished:
        console.print(f"Interrupted. Continue with: {PROGRAM} resume {run.folder}")
        return INTERRUPTED
    console.print(f"Trained in {time.monotonic() - start:.1f} s. Evaluating ...")
    tables.warn_of_nan(run, table, console)
    columns = tables.training_returns(table)
    if outcome.best:
        columns["best evaluation"] = np.asarray(outcome.best.mean_return)
    tables.print_returns(run, outcome.states, columns)
    return 0


def _new_folder(out: Path, name: str) -> Path:
    """A folder that does not exist yet, named after the run and the time."""
    stem = f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    candidates = (out / f"{stem}{suffix}" for suffix in _suffixes())
    return next(folder for folder in candidates if not folder.exists())


def _suffixes() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in itertools.count(2))


def seed_number(text: str) -> int:
    """Parse a seed."""
    number = int(text)
    if not 0 <= number <= LAST_SEED:
        raise argparse.ArgumentTypeError(f"must lie between 0 and {LAST_SEED}; got {text}")
    return number


def _merge_sweeps(sweeps: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in sweeps]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} is swept twice; list all its values in one --sweep")
    return dict(sweeps)


def positive_integer(text: str) -> int:
    """Parse an integer of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1; got {text}")
    return number


@contextlib.contextmanager
def _report_errors(parser: Parser) -> Iterator[None]:
    """Report errors in the user's input in one line, without a traceback."""
    try:
        yield
    except (ValueError, OSError, FolderInUse) as error:
        parser.error(str(error))
