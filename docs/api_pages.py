"""The pages of the public names, grouped as the code is: `docs/api/generated/*.rst`."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import jaxdist as jd

SUPPORTS = {
    "real": "Real numbers",
    "positive": "Positive numbers",
    "interval": "Intervals",
    "circle": "The circle",
    "sphere": "Spheres",
    "count": "Counts",
    "category": "Categories",
    "simplex": "Simplices",
    "vector": "Vectors",
    "matrix": "Matrices",
    "wrappers": "Distributions made of distributions",
    "sequences": "Sequences",
    "programs": "Models that are programs",
}
"""Titles of the groups of distributions, by the folder of their code."""

MODULES = {
    "transforms": "Transforms",
    "constraints": "Constraints",
    "estimators": "Estimators",
    "kernels": "Kernels of Gaussian processes",
    "flows": "Flows",
    "losses": "Losses",
    "interop": "Other libraries",
    "special": "Special functions",
    "random": "Samplers of standard distributions",
}
"""Titles of the pages of modules, whose names are listed in `__all__`."""

BASES = ("Distribution", "ExponentialFamily", "Pytree")

RESULTS = Path(__file__).parent.parent / "benchmarks/RESULTS.md"


def write_all(folder: Path) -> None:
    """Write a page for every group of names; each lists the names and links to their pages."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "distributions.rst", "Distributions", "jaxdist", distributions())
    write(folder / "functions.rst", "Functions", "jaxdist", functions())
    for name, title in MODULES.items():
        module: ModuleType = getattr(jd, name)
        write(folder / f"{name}.rst", title, f"jaxdist.{name}", {"": module.__all__})


def distributions() -> dict[str, list[str]]:
    """The distributions, by the title of their support."""
    groups: dict[str, list[str]] = {title: [] for title in SUPPORTS.values()}
    for name in jd.__all__:
        thing = getattr(jd, name)
        if inspect.isclass(thing) and issubclass(thing, jd.Distribution) and name not in BASES:
            folders = thing.__module__.split(".")
            groups[SUPPORTS[folders[2] if folders[1] == "families" else folders[1]]].append(name)
    return groups | {"Base classes": list(BASES)}


def speeds() -> dict[str, list[list[str]]]:
    """The measured times of a million draws: the rows of the samplers' table, by distribution."""
    table = (
        RESULTS.read_text().partition("\n| 1,000,000 draws | ours, ms |")[2].partition("\n\n")[0]
    )
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]]
    by_name = defaultdict(list)
    for case, milliseconds, ratio, *_ in rows:
        by_name[re.split(r"\W", case)[0]].append([case, milliseconds, ratio or "–"])
    return by_name


def functions() -> dict[str, list[str]]:
    """The other names of the package, by the module of their code."""
    listed = {name for names in distributions().values() for name in names}
    listed |= {*jd.transforms.__all__, *jd.estimators.__all__, *MODULES}
    groups = defaultdict(list)
    for name in jd.__all__:
        if name not in listed:
            groups[title_of(getattr(jd, name))].append(name)
    return dict(sorted(groups.items()))


def title_of(thing: object) -> str:
    """The title of the module of a name: `jaxdist.surrogates.losses` is "Surrogates"."""
    package, *modules = str(thing.__module__).split(".")
    if modules == ["functional"]:
        return "Methods as functions"
    return modules[0].replace("_", " ").capitalize() if package == "jaxdist" else "Types"


def write(path: Path, title: str, module: str, groups: dict[str, Iterable[str]]) -> None:
    """Write a page with a table of summaries for each group."""
    lines = [title, "=" * len(title), "", f".. currentmodule:: {module}", ""]
    for heading, names in groups.items():
        if heading:
            lines += [heading, "-" * len(heading), ""]
        lines += [".. autosummary::", "   :toctree: .", "   :nosignatures:", ""]
        lines += [f"   {name}" for name in names] + [""]
    text = "\n".join(lines)
    if not path.exists() or path.read_text() != text:  # otherwise Sphinx would read it again
        path.write_text(text)
