"""The commands that train: an algorithm with a new run, and `resume`."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import math
import shlex
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console

from ..algorithms import presets
from ..algorithms.registry import ALGORITHMS
from ..execution import processes
from ..experience import environments
from ..invocation import PROGRAM
from ..runs import loggers, metrics
from ..runs.checkpoints import CheckpointMismatch, DamagedCheckpoint
from ..runs.evaluation import EVALUATIONS
from ..runs.lock import FolderInUse
from ..runs.memory import check_memory
from ..runs.metrics import DamagedMetrics
from ..runs.placement import collect
from ..runs.run import BUDGETS, Run, check_seeds, load_run
from ..runs.training import Outcome, train
from . import config_file, tables
from .command_options import CHANGEABLE, NOT_IN_FILES
from .ending import STOPPED, Ending
from .options import config_fields, flag
from .output import console, free_path
from .progress import progress
from .sweeps import budgets_of_rungs, combine, num_kept

INTERRUPTED = 130
"""Exit code where the user has interrupted training."""


class Result(NamedTuple):
    """The exit code of a run, and the returns of its evaluation if it was trained to its end."""

    code: int
    episodes: tables.Columns


def train_command(arguments: argparse.Namespace) -> int:
    """Train an algorithm with a new run, or several ones in successive halving."""
    with arguments.parser.reporting_errors():
        loggers.check(arguments.log)
        config = _config(arguments)
        sweep, search = combine(
            arguments.sweep, arguments.search, arguments.trials, seed=arguments.seed
        )
        rungs = [config]
        if arguments.search == "halving":
            rungs = _configs_of_rungs(config, num_points=len(next(iter(sweep.values()))))
        run = _new_run(rungs[0], sweep, search, arguments)
        if arguments.save_config:
            return _save_config(run, config, arguments)
        lengths = tuple(getattr(each, run.budget) for each in rungs[1:])
        run = _create(dataclasses.replace(run, rungs=lengths))
    return _train_rungs(run, arguments)


def resume_command(arguments: argparse.Namespace) -> int:
    """Continue a run that was stopped, or make it longer."""
    with arguments.parser.reporting_errors():
        loggers.check(arguments.log)
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
    return _train_rungs(run, arguments, new_metrics=arguments.new_metrics)


def _train_rungs(run: Run, arguments: argparse.Namespace, *, new_metrics: bool = False) -> int:
    """Train a run and, in successive halving, those that follow it; returns the exit code."""
    result = _train_and_evaluate(run, arguments, new_metrics=new_metrics)
    while run.rungs and not result.code:
        with arguments.parser.reporting_errors():
            run = _create(_next_rung(run, result.episodes))
        result = _train_and_evaluate(run, arguments)
    return result.code


def _config(arguments: argparse.Namespace) -> Any:
    """The config that the options describe."""
    default = ALGORITHMS[arguments.algorithm].Config
    fields = config_fields(default, arguments)
    if arguments.env_param:
        env = fields.get("env", default.env)
        params = {name: environments.value_of(text) for name, text in arguments.env_param}
        fields["env"] = environments.with_params(env, params)
    return presets.config(arguments.algorithm, **fields)


def _configs_of_rungs(config: Any, num_points: int) -> list[Any]:
    """The configs of the runs of successive halving, which differ in the length of training."""
    name = next(name for name in BUDGETS if hasattr(config, name))
    budgets = budgets_of_rungs(num_points, getattr(config, name))
    try:
        return [dataclasses.replace(config, **{name: budget}) for budget in budgets]
    except ValueError as error:
        raise ValueError(
            f"the halving of {num_points} points begins with {name}={budgets[0]}, a part of "
            f"{getattr(config, name)}: {error}; give more {name.removeprefix('total_')} or fewer "
            "--trials"
        ) from error


def _next_rung(run: Run, episodes: tables.Columns) -> Run:
    """The run of successive halving that follows a run; its folder is that of no run yet."""
    length, *later = run.rungs
    config = dataclasses.replace(run.config, **{run.budget: length})
    is_default = run.evaluations == _evaluations(None, run.num_updates)
    return dataclasses.replace(
        run,
        config=config,
        sweep=_best_points(run, episodes),
        search="list",
        rungs=tuple(later),
        evaluations=_evaluations(None, config.num_updates) if is_default else run.evaluations,
    )


def _best_points(run: Run, episodes: tables.Columns) -> dict[str, tuple[float, ...]]:
    """The values of the sweep at the best points of a run, of which there are `num_kept`."""
    order = np.argsort(-tables.returns_of_points(run, episodes), kind="stable")
    best = [run.points[i] for i in order[: num_kept(len(order))]]
    return {name: tuple(point[name] for point in best) for name in run.sweep}


def _new_run(
    config: Any, sweep: dict[str, tuple[float, ...]], search: str, arguments: argparse.Namespace
) -> Run:
    """The run that the options describe; its folder is that of no run yet."""
    name, last = arguments.algorithm, arguments.seed + arguments.seeds - 1
    check_seeds(arguments.seed, last)
    evaluations = _evaluations(arguments.evaluations, config.num_updates)
    sizes = [len(values) for values in sweep.values()]
    num_points = math.prod(sizes) if search == "grid" else sizes[0] if sizes else 1
    check_memory(name, config, arguments.seeds * num_points, evaluations)
    return Run(
        name=name,
        config=config,
        seeds=tuple(range(arguments.seed, last + 1)),
        folder=_parent(arguments.out) / "run",
        sweep=sweep,
        search=search,
        over_seeds=arguments.over_seeds,
        evaluations=evaluations,
        keep=arguments.keep,
        checkpoint_seconds=arguments.checkpoint_seconds,
        on_nan=arguments.on_nan,
        devices=arguments.devices,
        mesh_shape=arguments.mesh,
    )


def _save_config(run: Run, config: Any, arguments: argparse.Namespace) -> int:
    """Write all options to a file."""
    path, name = arguments.save_config, arguments.algorithm
    flags = [each for each in arguments.parser.flags if each not in NOT_IN_FILES]
    values = config_file.options(arguments, config, flags) | {"evaluations": run.evaluations}
    config_file.write(path, name, values)
    then = f"{PROGRAM} {name} --config {shlex.quote(str(path))}"
    console(soft_wrap=True).print(f"Wrote {path}\nTrain with: {then}")
    return 0


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


def _create(run: Run) -> Run:
    """Make a folder that did not exist before, named after the run and the time."""
    _ = run.mesh  # raises where there are not so many devices
    env = environments.file_name(run.config.env)
    stem = f"{env}-{run.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    while True:
        folder = processes.on_first(lambda: str(free_path(run.folder.with_name(stem))))
        new = dataclasses.replace(run, folder=Path(folder))
        with contextlib.suppress(FileExistsError):
            new.create()
            return new


def _train_and_evaluate(
    run: Run, arguments: argparse.Namespace, *, new_metrics: bool = False
) -> Result:
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
            loggers.opened(arguments.log, run) as opened,
            progress(screen, run.num_updates, run.num_members) as report,
        ):
            outcome = train(run, report, screen.print, loggers=opened, new_metrics=new_metrics)
            ending.is_joint = True
        processes.on_first(lambda: _draw(run))
    except (CheckpointMismatch, DamagedCheckpoint, DamagedMetrics, FolderInUse) as error:
        arguments.parser.error(str(error))
    except OSError as error:
        is_gone = not (run.folder / "config.json").exists()
        then = "The run folder has been deleted"
        if not is_gone:
            then = f"When that is mended, {how_to_go_on[0].lower()}{how_to_go_on[1:]}"
        screen.print(f"Stopped: {error}. {then}")
        return Result(STOPPED, {})
    if outcome is None or not outcome.finished:
        if outcome and len(outcome.stopped) == run.num_members:
            screen.print("Stopped: no seed is finite; start a new run with other hyper-parameters")
            return Result(STOPPED, {})
        screen.print(f"Interrupted. {how_to_go_on}")
        return Result(INTERRUPTED, {})
    if outcome.num_updates:
        done = f"Trained in {time.monotonic() - start:.1f} s"
    else:
        done = (
            f"Nothing was left to train: all {run.num_updates:,} updates are done, and a larger "
            f"{flag(run.budget)} makes the run longer"
        )
    screen.print(f"{done}. Evaluating ...")
    episodes = _print_results(run, outcome, screen)
    _print_next_steps(run, screen)
    return Result(0, episodes)


def _members(run: Run) -> str:
    """The members of a run and what they are trained on, in words."""
    seeds = "1 seed" if len(run.seeds) == 1 else f"{len(run.seeds)} seeds"
    num = len(run.points)
    points = (f" at each of {num} points" if num > 1 else " at 1 point") if run.sweep else ""
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


def _print_results(run: Run, outcome: Outcome, screen: Console) -> tables.Columns:
    """Evaluate a finished run, in all processes, and print its results, in the first.

    Returns:
      The returns of its episodes, as `tables.evaluate` gives them.
    """
    columns: tables.Columns = {}
    if processes.is_first():
        table = metrics.read(run.metrics_path, run.num_members)
        tables.warn_of_nan(run, table, screen)
        columns = tables.training_returns(table)
    if outcome.best:
        columns["best evaluation"] = np.asarray(collect(run, outcome.best.mean_return))
    episodes = tables.evaluate(run, outcome.states, screen.print)
    tables.print_returns(console(), run, columns, episodes)
    if len(run.points) > 1:
        screen.print(tables.best_point(run, episodes))
    return episodes


def _print_next_steps(run: Run, screen: Console) -> None:
    """Print where the figure is, and commands that the user may want next."""
    folder = shlex.quote(str(run.folder))
    screen.print(f"Learning curve: {run.figure_path}")
    if run.evaluations:
        screen.print(f"Best policies:  {PROGRAM} evaluate {folder} --best")
    screen.print(f"Several runs:   {PROGRAM} plot {folder} OTHER")
