"""The commands: train with an algorithm, resume, evaluate and plot runs."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import itertools
import math
import shlex
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from ..algorithms import presets
from ..algorithms.registry import ALGORITHMS
from ..execution import processes
from ..execution.jax_settings import settings_of_runs
from ..experience import environments
from ..invocation import PROGRAM
from ..runs import metrics
from ..runs.checkpoints import CheckpointMismatch, DamagedCheckpoint
from ..runs.journal import metrics_damage
from ..runs.lock import FolderInUse
from ..runs.memory import check_memory
from ..runs.metrics import DamagedMetrics
from ..runs.placement import collect
from ..runs.run import BUDGETS, Run, check_seeds, load_run
from ..runs.training import Outcome, restore, restore_best, train
from . import export, tables
from .command_options import (
    CHANGEABLE,
    EVALUATIONS,
    add_evaluate,
    add_plot,
    add_resume,
    add_seeds,
)
from .compare import compare, free_path
from .ending import STOPPED, Ending
from .options import (
    Parser,
    add_fields,
    config_fields,
)
from .output import console
from .progress import progress
from .watcher import Watcher

INTERRUPTED = 130

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


def main(argv: Sequence[str] | None = None, watcher: Watcher | None = None) -> int:
    """Run one command.

    Args:
      argv: its name and options; those of the process if not given.
      watcher: the watcher of this process, if it trains together with others.

    Returns:
      The exit code: 0; 1 if an operating-system error, such as a full disk, or the end of another
      process stopped training; 130 if the user interrupted. A usage error exits with 2.
    """
    ending = Ending(watcher)
    try:
        return ending.leave(_run_command(argv, ending))
    except BaseException as error:
        ending.fail(error)
        raise


def _run_command(argv: Sequence[str] | None, ending: Ending) -> int:
    arguments, unknown = _parser().parse_known_args(argv)
    if unknown:
        arguments.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    arguments.ending = ending
    try:
        with settings_of_runs():
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
        add_seeds(options)
        add_fields(options, algorithm.Config, title=name)

    summary = "Play full episodes with the trained policies of a run."
    add_evaluate(add("evaluate", _evaluate, summary, "runs/FOLDER --best"))
    add_resume(add("resume", _resume, RESUME, "runs/FOLDER --total-steps 2000000"))
    summary = "Write a trained policy to a file that JAX alone can run."
    export.add_options(add("export", _export, summary, "runs/FOLDER --out policy.zip"))
    summary = "Draw the learning curves of runs of one environment in one figure."
    add_plot(add("plot", _plot, summary, "runs/FOLDER runs/OTHER --out compare.png"))
    return parser


def _wrap(title: str, names: Sequence[str]) -> str:
    lines = textwrap.wrap(", ".join(names), 76, break_on_hyphens=False)
    return "\n  ".join([f"{title}:", *lines]) + "\n"


def _train(arguments: argparse.Namespace) -> int:
    name, last = arguments.algorithm, arguments.seed + arguments.seeds - 1
    with _report_errors(arguments.parser):
        fields = config_fields(ALGORITHMS[name].Config, arguments)
        if arguments.env_param:
            env = fields.get("env", ALGORITHMS[name].Config.env)
            fields["env"] = environments.with_params(env, dict(arguments.env_param))
        config = presets.config(name, **fields)
        check_seeds(arguments.seed, last)
        sweep = _merge_sweeps(arguments.sweep)
        num_members = arguments.seeds * math.prod(map(len, sweep.values()))
        evaluations = _evaluations(arguments.evaluations, config.num_updates)
        check_memory(name, config, num_members, evaluations)
        run = Run(
            name=name,
            config=config,
            seeds=tuple(range(arguments.seed, last + 1)),
            folder=_parent(arguments.out) / "run",
            sweep=sweep,
            way=arguments.over_seeds,
            evaluations=evaluations,
            keep=arguments.keep,
            checkpoint_seconds=arguments.checkpoint_seconds,
            on_nan=arguments.on_nan,
            devices=arguments.devices,
            mesh_shape=arguments.mesh,
        )
        run = _create(run, f"{environments.make(config.env).name}-{name}")
    return _train_and_evaluate(run, arguments)


def _evaluations(given: int | None, num_updates: int) -> int:
    """The number of evaluations: at most one per update."""
    if given is None:
        return min(EVALUATIONS, num_updates)
    if given > num_updates:
        raise ValueError(
            f"evaluations must be at most one per update, and this run has {num_updates}; "
            f"got {given}"
        )
    return given


def _parent(text: str) -> Path:
    if not text:
        raise ValueError("--out must name a folder; got an empty name")
    return Path(text)


def _create(run: Run, name: str) -> Run:
    """Make a folder that did not exist before, named after the run and the time."""
    _ = run.mesh  # raises where there are not so many devices
    stem = f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    while True:
        folder = processes.on_first(lambda: str(_free_folder(run.folder.with_name(stem))))
        new = dataclasses.replace(run, folder=Path(folder))
        with contextlib.suppress(FileExistsError):
            new.create()
            return new


def _free_folder(path: Path) -> Path:
    """A path that does not exist: the given one, or with a number."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return next(free for free in itertools.chain([path], numbered) if not free.exists())


def _resume(arguments: argparse.Namespace) -> int:
    with _report_errors(arguments.parser):
        run = load_run(arguments.folder)
        run = dataclasses.replace(run, devices=arguments.devices, mesh_shape=arguments.mesh)
        _ = run.mesh  # raises where there are not so many devices
        run.check_processes()
        check_memory(run.name, run.config, run.num_members, run.evaluations)
        for name in BUDGETS:
            if amount := getattr(arguments, name):
                run = run.extend(name, amount)
        changes = {name: getattr(arguments, name) for name in CHANGEABLE}
        changes = {name: value for name, value in changes.items() if value is not None}
        if changes:
            _evaluations(changes.get("evaluations"), run.num_updates)
            run = run.change(**changes)
    return _train_and_evaluate(run, arguments, new_metrics=arguments.new_metrics)


def _evaluate(arguments: argparse.Namespace) -> int:
    screen = console(soft_wrap=True)
    with _report_errors(arguments.parser):
        run = load_run(arguments.folder)
        if arguments.best:
            best = restore_best(run, _warn)
            states, columns = best.state, {"after updates": np.asarray(best.update)}
            screen.print(f"{tables.title(run)}, best evaluation during training")
        else:
            states, num_updates = restore(run, _warn)
            columns = _training_returns(run)
            updates = f"{num_updates:,} of {run.num_updates:,} updates"
            screen.print(f"{tables.title(run)}, after {updates}")
        tables.print_returns(console(), run, states, columns, arguments.episodes, arguments.seed)
    return 0


def _training_returns(run: Run) -> tables.Columns:
    """The column of training returns; none, but a warning, if the metrics are damaged."""
    damage = metrics_damage(run)
    try:
        table = metrics.read(run.metrics_path, run.num_members)
    except DamagedMetrics as error:
        damage, table = damage or [str(error)], {}
    for line in damage:
        _warn(f"{line}; the returns in training are left out")
    return {} if damage else tables.training_returns(table)


def _plot(arguments: argparse.Namespace) -> int:
    with _report_errors(arguments.parser):
        path = _figure_path(arguments.out)
        runs = [load_run(folder) for folder in arguments.folders]
        compare(runs, path)
        for damage in itertools.chain(*map(metrics_damage, runs)):
            _warn(damage)
    console(soft_wrap=True).print(f"Wrote {path}")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    with _report_errors(arguments.parser):
        console(soft_wrap=True).print(export.export(arguments))
    return 0


def _figure_path(given: str | None) -> Path:
    """The file of a figure: a new one, unless the user has named a file."""
    if given is None:
        return free_path(Path("compare.png"))
    if not given:
        raise ValueError("--out must name a file; got an empty name")
    path = Path(given)
    if path.is_dir() or given.endswith("/"):
        path.mkdir(parents=True, exist_ok=True)
        return free_path(path / "compare.png")
    return path if path.suffix else path.with_suffix(".png")


def _warn(message: str) -> None:
    """Print a message of one line to standard error."""
    with contextlib.suppress(OSError):  # the terminal is gone
        print(f"{PROGRAM}: {message}", file=sys.stderr)


def _train_and_evaluate(
    run: Run, arguments: argparse.Namespace, *, new_metrics: bool = False
) -> int:
    """Train a run to its end, and print and draw its results."""
    screen = console(soft_wrap=True)
    screen.print(f"{tables.title(run)}, {_members(run)}: {run.folder}")
    how_to_go_on = f"Continue with: {PROGRAM} resume {shlex.quote(str(run.folder))}"
    ending: Ending = arguments.ending
    ending.tell(how_to_go_on)
    start = time.monotonic()
    outcome = None
    try:
        with (
            contextlib.suppress(KeyboardInterrupt),
            progress(screen, run.num_updates, run.num_members) as report,
        ):
            outcome = train(run, report, screen.print, new_metrics=new_metrics)
            ending.is_joint = True
        processes.on_first(lambda: _draw(run))
    except (CheckpointMismatch, DamagedCheckpoint, DamagedMetrics, FolderInUse) as error:
        arguments.parser.error(str(error))
    except OSError as error:
        is_gone = not (run.folder / "config.json").exists()
        then = "The run folder has been deleted" if is_gone else how_to_go_on
        screen.print(f"Stopped: {error}. {then}")
        return STOPPED
    if outcome is None or not outcome.finished:
        if outcome and len(outcome.stopped) == run.num_members:
            screen.print("Stopped: no seed is finite; start a new run with other hyper-parameters")
            return STOPPED
        screen.print(f"Interrupted. {how_to_go_on}")
        return INTERRUPTED
    if outcome.num_updates:
        done = f"Trained in {time.monotonic() - start:.1f} s"
    else:
        done = f"Nothing was left to train: all {run.num_updates:,} updates are done"
    screen.print(f"{done}. Evaluating ...")
    _print_results(run, outcome, screen)
    return 0


def _members(run: Run) -> str:
    """The members of a run and what they are trained on, in words."""
    seeds = "1 seed" if len(run.seeds) == 1 else f"{len(run.seeds)} seeds"
    points = f" at each of {len(run.points)} points" if run.sweep else ""
    if processes.count() == 1:
        return f"{seeds}{points}"
    m, s = run.mesh.devices.shape
    return (
        f"{seeds}{points}, on {processes.count()} processes with {m * s} devices "
        f"(members={m}, streams={s})"
    )


def _draw(run: Run) -> None:
    table = metrics.read(run.metrics_path, run.num_members)
    if table:
        tables.draw(run, table)


def _print_results(run: Run, outcome: Outcome, screen: Console) -> None:
    """Evaluate a finished run, in all processes, and print its results, in the first."""
    columns: tables.Columns = {}
    if processes.is_first():
        table = metrics.read(run.metrics_path, run.num_members)
        tables.warn_of_nan(run, table, screen)
        columns = tables.training_returns(table)
    if outcome.best:
        columns["best evaluation"] = np.asarray(collect(run, outcome.best.mean_return))
    tables.print_returns(console(), run, outcome.states, columns)


def _merge_sweeps(sweeps: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in sweeps]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} is swept twice; list all its values in one --sweep")
    return dict(sweeps)


@contextlib.contextmanager
def _report_errors(parser: Parser) -> Iterator[None]:
    """Report errors in the user's input in one line, without a traceback."""
    try:
        yield
    except (ValueError, OSError, FolderInUse) as error:
        parser.error(str(error))
