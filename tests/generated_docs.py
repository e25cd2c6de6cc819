"""The parts of the documentation that are made from the code.

`python -m tests.generated_docs` writes them between the markers of a page:

    <!-- generated: NAME -->
    ...
    <!-- end -->

A test compares what is written with what the code gives.
"""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import jax

import jaxdist as jd
from agents.algorithms.presets import PRESETS
from agents.algorithms.registry import ALGORITHMS
from jaxdist.divergences import registered_pairs
from jaxdist.generating_functions.registry import CHARACTERISTIC, CUMULANT
from tests import coverage_tables
from tests.catalog import CATALOG

ROOT = Path(__file__).parent.parent
KEY = jax.random.key(0)
MARKED = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

CAPABILITIES: dict[str, Callable[[jd.Distribution], object]] = {
    "log_prob": lambda d: d.log_prob(d.sample(KEY)),
    "rsample": lambda d: d.rsample(KEY),
    "mean": lambda d: d.mean,
    "mode": lambda d: d.mode,
    "variance": lambda d: d.variance,
    "entropy": lambda d: d.entropy(),
    "cdf": lambda d: d.log_survival_function(d.sample(KEY)),
    "icdf": lambda d: d.icdf(0.5),
    "enumerate": lambda d: d.enumerate_support(),
}


def markdown_table(header: list[str], rows: list[list[str]], align: str = "---") -> str:
    escaped = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    lines = [header, ["---"] + [align] * (len(header) - 1), *escaped]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def summary(thing: object) -> str:
    """First line of a docstring, with its mathematics in Markdown."""
    line = (inspect.getdoc(thing) or "").partition("\n")[0]
    return re.sub(r":math:`(.*?)`", r"$\1$", line)


def examples() -> dict[str, jd.Distribution]:
    """One distribution of every class: that of its first row in the catalog."""
    first = {type(d): d for d in (row.make() for row in reversed(CATALOG))}
    return {kind.__name__: first[kind] for kind in sorted(first, key=lambda kind: kind.__name__)}


def has(d: jd.Distribution, capability: str) -> bool:
    try:
        if capability == "enumerate":  # its length depends on the values of the parameters
            CAPABILITIES[capability](d)
        else:
            jax.eval_shape(CAPABILITIES[capability], d)
    except NotImplementedError:
        return False
    return True


def distributions() -> str:
    rows = [
        [name, *("•" if has(d, capability) else "–" for capability in CAPABILITIES)]
        for name, d in examples().items()
    ]
    return markdown_table(["distribution", *CAPABILITIES], rows, ":-:")


def applicable_estimators() -> str:
    applicable = {name: jd.estimators.applicable(d) for name, d in examples().items()}
    estimators = sorted({estimator for several in applicable.values() for estimator in several})
    rows = [
        [name, *("•" if estimator in several else "–" for estimator in estimators)]
        for name, several in applicable.items()
    ]
    return markdown_table(["distribution", *(f"`{name}`" for name in estimators)], rows, ":-:")


def divergences() -> str:
    public = [pair for pair in registered_pairs() if all(is_public(kind) for kind in pair)]
    by_first = defaultdict(list)
    for p, q in public:
        by_first[p.__name__].append(q.__name__)
    rows = [[p, ", ".join(sorted(qs))] for p, qs in sorted(by_first.items())]
    return f"{len(public)} pairs:\n\n" + markdown_table(["p", "q"], rows)


def generating_functions() -> str:
    tables = (CUMULANT.classes(), CHARACTERISTIC.classes())
    kinds = sorted(filter(is_public, {*tables[0], *tables[1]}), key=lambda kind: kind.__name__)
    rows = [[kind.__name__, *("•" if kind in table else "–" for table in tables)] for kind in kinds]
    return markdown_table(["distribution", "cumulants, moments", "characteristic"], rows, ":-:")


def is_public(kind: type) -> bool:
    return getattr(jd, kind.__name__, None) is kind


def transforms() -> str:
    names = [name for name in jd.transforms.__all__ if name != "Transform"]
    rows = [[f"`{name}`", summary(getattr(jd.transforms, name))] for name in names]
    return markdown_table(["transform", "map"], rows)


def constraints() -> str:
    things = {name: getattr(jd.constraints, name) for name in jd.constraints.__all__}
    rows = []
    for name in filter(str.islower, things):
        thing = things[name]
        if isinstance(thing, jd.constraints.Constraint):
            rows.append([f"`{name}`", f"`{thing!r}`" if vars(thing) else summary(thing)])
        elif inspect.isclass(thing) and issubclass(thing, jd.constraints.Constraint):
            rows.append(
                [f"`{name}({', '.join(inspect.signature(thing).parameters)})`", summary(thing)]
            )
    return markdown_table(["constraint", "set"], rows)


def functions() -> str:
    things = {name: getattr(jd, name) for name in jd.__all__}
    rows = [
        [f"`{name}`", summary(thing)]
        for name, thing in things.items()
        if inspect.isfunction(thing) and thing.__module__ != "jaxdist.functional"
    ]
    return markdown_table(["function", "what it does"], rows)


def algorithms() -> str:
    rows = []
    for name, module in ALGORITHMS.items():
        first, _, rest = (inspect.getdoc(module) or "").partition("\n\n")
        papers = re.findall(r"[A-Z]\w+(?: et al\.)? \d{4}", rest.replace("\n", " "))
        rows.append([f"`{name}`", first, "; ".join(papers)])
    return markdown_table(["algorithm", "what it is", "papers"], rows)


def presets() -> str:
    rows = [
        [f"`{algorithm}`", env, ", ".join(f"`{name}={value!r}`" for name, value in given.items())]
        for (algorithm, env), given in PRESETS.items()
    ]
    return markdown_table(["algorithm", "environment", "hyper-parameters"], rows)


def of_module(module: ModuleType) -> str:
    rows = [[f"`{name}`", summary(getattr(module, name))] for name in module.__all__]
    return markdown_table(["name", "what it is"], rows)


def flows() -> str:
    return of_module(jd.flows)


def losses() -> str:
    return of_module(jd.losses)


def interop() -> str:
    return of_module(jd.interop)


def coverage_counts() -> str:
    header = ["library", "kind", "names", "same here", "other name here", "missing", "source"]
    return markdown_table(header, coverage_tables.counts())


MISSING = ["name", "libraries", "what for; instead"]


def coverage_missing_distributions() -> str:
    return markdown_table(MISSING, coverage_tables.missing("distributions"))


def coverage_missing_transforms() -> str:
    return markdown_table(MISSING, coverage_tables.missing("transforms"))


def coverage_renamed_distributions() -> str:
    rows = coverage_tables.renamed("distributions")
    return markdown_table(["name", "libraries", "here"], rows)


def coverage_renamed_transforms() -> str:
    return markdown_table(["name", "libraries", "here"], coverage_tables.renamed("transforms"))


def coverage_methods() -> str:
    return markdown_table(["name", "libraries", "here"], coverage_tables.others("methods"))


def coverage_constraints() -> str:
    return markdown_table(["name", "libraries", "here"], coverage_tables.others("constraints"))


def coverage_ours_alone() -> str:
    return ", ".join(f"`{name}`" for name in coverage_tables.ours_alone()) + ".\n"


def laplace() -> str:
    """The distribution that CONTRIBUTING.md shows whole."""
    return f"```python\n{(ROOT / 'jaxdist/families/real/laplace.py').read_text()}```\n"


GENERATED: dict[str, Callable[[], str]] = {
    function.__name__: function
    for function in (
        distributions,
        applicable_estimators,
        divergences,
        generating_functions,
        transforms,
        constraints,
        functions,
        algorithms,
        presets,
        laplace,
        flows,
        losses,
        interop,
        coverage_counts,
        coverage_missing_distributions,
        coverage_missing_transforms,
        coverage_renamed_distributions,
        coverage_renamed_transforms,
        coverage_methods,
        coverage_constraints,
        coverage_ours_alone,
    )
}


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def written() -> dict[str, str]:
    """The generated parts as they stand in the pages."""
    found = [match for page in pages() for match in MARKED.findall(page.read_text())]
    return {name: body.strip("\n") + "\n" for _, name, body, _ in found}


def write() -> None:
    for page in pages():
        text = page.read_text()
        page.write_text(MARKED.sub(lambda m: f"{m[1]}\n{GENERATED[m[2]]()}\n{m[4]}", text))


if __name__ == "__main__":
    write()
