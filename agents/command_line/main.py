"""The commands: train with an algorithm, resume a run, evaluate what it has learned, compare."""

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
from agents.command_line.options import Parser, add_fields, flag, given_fields, sweep
from agents.command_line.progress import progress
from agents.experience import environments
from agents.programs.devices import WAYS
from agents.runs import metrics
from agents.runs.checkpoints import OtherCheckpoint
from agents.runs.evaluation import EPISODES
from agents.runs.lock import FolderInUse
from agents.runs.run import BUDGETS, LAST_SEED, Run, load_run
from agents.runs.training import restore, restore_best, train

PROGRAM = "python -m agents"
STOPPED, INTERRUPTED = 1, 130

EVALUATIONS = 10
"""Evaluations on the way: a tenth of the time on CartPole, a hundredth where learning is dear."""

EXAMPLES = f"""examples:
  {PROGRAM} ppo                      train PPO on CartPole-v1, with eight seeds
  {PROGRAM} ppo --env Acrobot-v1 --seeds 2 --learning-rate 1e-3
  {PROGRAM} ppo --seeds 4 --sweep learning-rate=1e-4,3e-4,1e-3
  {PROGRAM} reinforce                the classic, on CartPole-v0
  {PROGRAM} evaluate runs/FOLDER     play full episodes with what was learned
  {PROGRAM} evaluate runs/FOLDER --best
  {PROGRAM} resume runs/FOLDER       go on with a run that was stopped
  {PROGRAM} resume runs/FOLDER --total-steps 2000000
  {PROGRAM} plot runs/FOLDER runs/OTHER
"""

RESUME = """Go on with a run that was stopped, or that is to be longer.

A learning rate that falls to zero by the end does so by the new end: it rises again, to
where the line to that stands. Evaluations spread over the whole anew."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
      argv: its name and options; those of the process if not given.

    Returns:
      The exit code: 0; 1 if the disk was full, or another error of the system stopped training;
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
        description="Train policies by gradient; every training run is one XLA program.",
        epilog=f"{EXAMPLES}\n{_listed('environments', environments.names())}",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Callable[..., int], what: str, example: str) -> Parser:
        epilog = f"example:\n  {PROGRAM} {name} {example}\n"
        known = [env for algorithm, env in presets.PRESETS if algorithm == name]
        if known:
            epilog += "\n" + _listed("presets, in place of some defaults", known)
        first_line = what.partition("\n")[0]
        added = commands.add_parser(name, help=first_line, description=what, epilog=epilog)
        added.set_defaults(command=command, parser=added)
        return added

    for name, algorithm in ALGORITHMS.items():
        what = (algorithm.__doc__ or name).partition("\n")[0]
        options = add(name, _train, what, f"--env {algorithm.Config.env} --seeds 4 --gamma 0.98")
        options.set_defaults(algorithm=name)
        _add_seeds(options)
        add_fields(options, algorithm.Config, title=name)

    what = "Play full episodes with what a run has learned."
    _add_evaluate(add("evaluate", _evaluate, what, "runs/FOLDER --best"))
    _add_resume(add("resume", _resume, RESUME, "runs/FOLDER --total-steps 2000000"))
    what = "Draw the learning curves of runs in one environment over each other."
    _add_plot(add("plot", _plot, what, "runs/FOLDER runs/OTHER --out compare.png"))
    return parser


def _listed(title: str, names: Sequence[str]) -> str:
    lines = textwrap.wrap(", ".join(names), 76, break_on_hyphens=False)
    return "\n  ".join([f"{title}:", *lines]) + "\n"


def _add_seeds(options: argparse.ArgumentParser) -> None:
    text = "seeds to train side by side (default: 8)"
    options.add_argument("--seeds", type=_count, default=8, metavar="INT", help=text)
    text = "the first seed (default: 0)"
    options.add_argument("--seed", type=int, default=0, metavar="INT", help=text)
    text = "values of a number, all trained in one program; again for another: a grid"
    options.add_argument(
        "--sweep", type=sweep, action="append", default=[], metavar="FIELD=VALUES", help=text
    )
    text = (
        f"evaluations on the way, of {EPISODES} episodes each, evenly spread; what was best in "
        f"them is kept (default: {EVALUATIONS})"
    )
    options.add_argument("--evaluations", type=int, default=EVALUATIONS, metavar="INT", help=text)
    text = "how a device works on many seeds (default: auto, a loop on a CPU)"
    options.add_argument("--over-seeds", choices=WAYS, default="auto", help=text)
    text = "where run folders go (default: runs)"
    options.add_argument("--out", type=Path, default=Path("runs"), metavar="FOLDER", help=text)


def _add_evaluate(options: argparse.ArgumentParser) -> None:
    options.add_argument("folder", type=Path, help="a run folder")
    text = "the states with the best evaluations during training, instead of the last"
    options.add_argument("--best", action="store_true", help=text)
    text = f"episodes of each seed (default: {EPISODES})"
    options.add_argument("--episodes", type=_count, default=EPISODES, metavar="INT", help=text)
    text = "seed of the episodes (default: 0)"
    options.add_argument("--seed", type=_seed, default=0, metavar="INT", help=text)


def _add_resume(options: argparse.ArgumentParser) -> None:
    options.add_argument("folder", type=Path, help="a run folder")
    budgets = options.add_mutually_exclusive_group()
    for name in BUDGETS:
        kind = name.removeprefix("total_")
        text = f"how many {kind} there are to be now, those already made included"
        budgets.add_argument(flag(name), type=_count, metavar="INT", help=text)


def _add_plot(options: argparse.ArgumentParser) -> None:
    options.add_argument("folders", type=Path, nargs="+", metavar="folder", help="run folders")
    text = "the picture, in a format that its suffix says (default: compare.png)"
    default = Path("compare.png")
    options.add_argument("--out", type=Path, default=default, metavar="FILE", help=text)


def _train(arguments: argparse.Namespace) -> int:
    name, seeds = arguments.algorithm, range(arguments.seed, arguments.seed + arguments.seeds)
    with _usage_errors(arguments.parser):
        config = presets.config(name, **given_fields(ALGORITHMS[name].Config, arguments))
        run = Run(
            name=name,
            config=config,
            seeds=tuple(seeds),
            folder=_new_folder(arguments.out, f"{environments.make(config.env).name}-{name}"),
            sweep=_no_repeats(arguments.sweep),
            way=arguments.over_seeds,
            evaluations=arguments.evaluations,
        )
        run.create()
    return _go_on(run)


def _resume(arguments: argparse.Namespace) -> int:
    parser: Parser = arguments.parser
    with _usage_errors(parser):
        run = load_run(arguments.folder)
        for name in BUDGETS:
            if amount := getattr(arguments, name):
                run = run.extend(name, amount)
    try:
        return _go_on(run)
    except (OtherCheckpoint, FolderInUse) as error:
        parser.error(str(error))


def _evaluate(arguments: argparse.Namespace) -> int:
    console = Console(highlight=False, soft_wrap=True)
    with _usage_errors(arguments.parser):
        run = load_run(arguments.folder)
        if arguments.best:
            best = restore_best(run)
            states, known = best.state, {"after updates": np.asarray(best.update)}
            console.print(f"{tables.title(run)}, the best in evaluations during training")
        else:
            states, num_updates = restore(run)
            known = tables.in_training(metrics.read(run.metrics_path, run.num_members))
            stands = f"{num_updates:,} of {run.num_updates:,} updates"
            console.print(f"{tables.title(run)}, after {stands}")
    tables.show(run, states, known, arguments.episodes, arguments.seed)
    return 0


def _plot(arguments: argparse.Namespace) -> int:
    with _usage_errors(arguments.parser):
        compare([load_run(folder) for folder in arguments.folders], arguments.out)
    Console(highlight=False, soft_wrap=True).print(f"Drawn: {arguments.out}")
    return 0


def _go_on(run: Run) -> int:
    """Train to the end and show what came of it."""
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
        console.print(f"Stopped: {error}. Go on with: {PROGRAM} resume {run.folder}")
        return STOPPED
    if outcome is None or not outcome.finished:
        console.print(f"Interrupted. Go on with: {PROGRAM} resume {run.folder}")
        return INTERRUPTED
    console.print(f"Trained in {time.monotonic() - start:.1f} s. Evaluating ...")
    tables.warn_of_nan(run, table, console)
    known = tables.in_training(table)
    if outcome.best:
        known["best on the way"] = np.asarray(outcome.best.mean_return)
    tables.show(run, outcome.states, known)
    return 0


def _new_folder(out: Path, name: str) -> Path:
    """A folder that does not exist yet, named after what runs and when."""
    stem = f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    candidates = (out / f"{stem}{suffix}" for suffix in _suffixes())
    return next(folder for folder in candidates if not folder.exists())


def _suffixes() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in itertools.count(2))


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number <= LAST_SEED:
        raise argparse.ArgumentTypeError(f"must lie between 0 and {LAST_SEED}; got {text}")
    return number


def _no_repeats(sweeps: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in sweeps]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} is swept twice; list all its values in one --sweep")
    return dict(sweeps)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1; got {text}")
    return number


@contextlib.contextmanager
def _usage_errors(parser: Parser) -> Iterator[None]:
    """Report what is wrong with the user's input as one line instead of a traceback."""
    try:
        yield
    except (ValueError, OSError, FolderInUse) as error:
        parser.error(str(error))
