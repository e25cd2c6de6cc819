"""The commands: train with an algorithm, resume a run, evaluate what a run has learned."""

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
from rich.table import Column, Table

from agents import envs, metrics, plots, presets, runs
from agents.algorithms import ALGORITHMS
from agents.evaluate import evaluate_run
from agents.options import Parser, add_fields, given_fields, sweep
from agents.parallel import WAYS
from agents.progress import progress
from agents.runs import Run
from agents.train import restore, train

PROGRAM = "python -m agents"
STOPPED, INTERRUPTED = 1, 130

EXAMPLES = f"""examples:
  {PROGRAM} ppo                        train PPO on CartPole-v1, with eight seeds
  {PROGRAM} ppo --env Acrobot-v1 --seeds 2 --learning-rate 1e-3
  {PROGRAM} ppo --seeds 4 --sweep learning-rate=1e-4,3e-4,1e-3
  {PROGRAM} reinforce                  the classic, on CartPole-v0
  {PROGRAM} evaluate runs/FOLDER       play full episodes with what was learned
  {PROGRAM} resume runs/FOLDER         go on with a run that was stopped
"""


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
        epilog=f"{EXAMPLES}\n{_listed('environments', envs.names())}",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Callable[..., int], what: str, example: str) -> Parser:
        epilog = f"example:\n  {PROGRAM} {name} {example}\n"
        known = [env for algorithm, env in presets.PRESETS if algorithm == name]
        if known:
            epilog += "\n" + _listed("presets, in place of some defaults", known)
        added = commands.add_parser(name, help=what, description=what, epilog=epilog)
        added.set_defaults(command=command, parser=added)
        return added

    for name, algorithm in ALGORITHMS.items():
        what = (algorithm.__doc__ or name).partition("\n")[0]
        options = add(name, _train, what, f"--env {algorithm.Config.env} --seeds 4 --gamma 0.98")
        options.set_defaults(algorithm=name)
        _add_seeds(options)
        add_fields(options, algorithm.Config, title=name)

    what = "Play full episodes with what a run has learned."
    options = add("evaluate", _evaluate, what, "runs/FOLDER")
    options.add_argument("folder", type=Path, help="a run folder")
    text = "episodes of each seed (default: 128)"
    options.add_argument("--episodes", type=_count, default=128, metavar="INT", help=text)
    text = "seed of the episodes (default: 0)"
    options.add_argument("--seed", type=_seed, default=0, metavar="INT", help=text)

    options = add("resume", _resume, "Go on with a run that was stopped.", "runs/FOLDER")
    options.add_argument("folder", type=Path, help="a run folder")
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
    text = "how a device works on many seeds (default: auto, a loop on a CPU)"
    options.add_argument("--over-seeds", choices=WAYS, default="auto", help=text)
    text = "where run folders go (default: runs)"
    options.add_argument("--out", type=Path, default=Path("runs"), metavar="FOLDER", help=text)


def _train(arguments: argparse.Namespace) -> int:
    name, seeds = arguments.algorithm, range(arguments.seed, arguments.seed + arguments.seeds)
    with _usage_errors(arguments.parser):
        config = presets.config(name, **given_fields(ALGORITHMS[name].Config, arguments))
        run = Run(
            name=name,
            config=config,
            seeds=tuple(seeds),
            folder=_new_folder(arguments.out, f"{envs.make(config.env).name}-{name}"),
            sweep=_no_repeats(arguments.sweep),
            way=arguments.over_seeds,
        )
        run.create()
    return _go_on(run)


def _resume(arguments: argparse.Namespace) -> int:
    parser: Parser = arguments.parser
    with _usage_errors(parser):
        run = runs.load(arguments.folder)
    try:
        return _go_on(run)
    except runs.OtherCheckpoint as error:
        parser.error(str(error))


def _evaluate(arguments: argparse.Namespace) -> int:
    with _usage_errors(arguments.parser):
        run = runs.load(arguments.folder)
        states, num_updates = restore(run)
    stands = f"{num_updates:,} of {run.algorithm.num_updates(run.config):,} updates"
    Console(highlight=False, soft_wrap=True).print(f"{_title(run)}, after {stands}")
    table = metrics.read(run.metrics_path, run.num_members)
    _show(run, table, states, arguments.episodes, arguments.seed)
    return 0


def _go_on(run: Run) -> int:
    """Train to the end and show what came of it."""
    console = Console(highlight=False, soft_wrap=True)
    seeds = "1 seed" if len(run.seeds) == 1 else f"{len(run.seeds)} seeds"
    points = f" at each of {len(run.points)} points" if run.sweep else ""
    console.print(f"{_title(run)}, {seeds}{points}: {run.folder}")
    start = time.monotonic()
    outcome = None
    num_updates = run.algorithm.num_updates(run.config)
    try:
        with contextlib.suppress(KeyboardInterrupt), progress(console, num_updates) as report:
            outcome = train(run, report)
        _draw(run)
    except OSError as error:
        console.print(f"Stopped: {error}. Go on with: {PROGRAM} resume {run.folder}")
        return STOPPED
    if outcome is None or not outcome.finished:
        console.print(f"Interrupted. Go on with: {PROGRAM} resume {run.folder}")
        return INTERRUPTED
    console.print(f"Trained in {time.monotonic() - start:.1f} s. Evaluating ...")
    table = metrics.read(run.metrics_path, run.num_members)
    _warn_of_nan(run, table, console)
    _show(run, table, outcome.states)
    return 0


def _warn_of_nan(run: Run, table: metrics.Table, console: Console) -> None:
    """Name the members whose training has lost its numbers."""
    learned = [values[-1] for name, values in table.items() if name not in metrics.FIRST]
    lost = ~np.all(np.isfinite(learned), axis=0)
    for member in itertools.compress(run.members, lost):
        console.print(f"Not finite at the end, for too large a learning rate? {_label(member)}")


def _title(run: Run) -> str:
    return f"{run.name.upper()} on {run.config.env}"


def _draw(run: Run) -> None:
    """Draw the learning curve, as far as it has come."""
    if run.metrics_path.exists():
        table = metrics.read(run.metrics_path, run.num_members)
        labels = [_label(point) for point in run.points]
        plots.learning_curves(table, run.figure_path, _title(run), labels)


def _show(
    run: Run, trained: metrics.Table, states: Any, num_episodes: int = 128, seed: int = 0
) -> None:
    """Print the returns of every seed: at the end of training, and in an evaluation of its own."""
    stochastic, greedy = evaluate_run(run, states, num_episodes, seed)
    columns = {
        "last 100 in training": metrics.last_return(trained),
        "evaluation": stochastic.mean(axis=1),
        "evaluation, greedy": greedy.mean(axis=1),
    }
    table = Table(
        *("seed", *run.sweep),
        *(Column(name, justify="right") for name in columns),
        title=f"mean return; evaluation over {num_episodes} episodes",
        title_justify="left",
    )
    for i, point in enumerate(run.points):
        here = slice(i * len(run.seeds), (i + 1) * len(run.seeds))
        numbers = [f"{number:g}" for number in point.values()]
        returns = [values[here] for values in columns.values()]
        for seed, *each in zip(run.seeds, *returns, strict=True):
            known = ("-" if np.isnan(value) else f"{value:.1f}" for value in each)
            table.add_row(str(seed), *numbers, *known)
        table.add_section()
        if len(run.seeds) > 1:
            overall = (
                "-" if np.isnan(values).any() else f"{np.mean(values):.1f} ± {np.std(values):.1f}"
                for values in returns
            )
            table.add_row("all", *numbers, *overall)
            table.add_section()
    Console(highlight=False).print(table)


def _label(point: runs.Point) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in point.items())


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
    if not 0 <= number <= runs.LAST_SEED:
        raise argparse.ArgumentTypeError(f"must lie between 0 and {runs.LAST_SEED}; got {text}")
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
    except (ValueError, OSError) as error:
        parser.error(str(error))
