"""The README and the other pages say what is true."""

import doctest
import re

import jax
import pytest

import jaxdist as jd
from jaxdist.estimators import Estimator
from tests import coverage_tables
from tests.generated_docs import GENERATED, ROOT, pages, written

README, RESULTS = ROOT / "README.md", ROOT / "benchmarks/RESULTS.md"
PAGES = [*pages(), ROOT / "CHANGELOG.md", RESULTS]
# They trace every method of every distribution, and every estimator of every distribution.
SLOW = ("distributions", "applicable_estimators")
# They compile long programs.
SLOW_PAGES = (
    "agents",
    "estimators",
    "fitting",
    "flows",
    "interop",
    "joint",
    "solved",
    "writing_a_distribution",
    "writing_an_agent",
)
TRANSLATIONS = sorted((ROOT / "docs").glob("from_*.md"))


def lines(path):
    return path.read_text().splitlines()


def anchors(path):
    """The fragments by which GitHub links to the headings of a page."""
    headings = [line.lstrip("#").strip() for line in lines(path) if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in GENERATED]
)
def test_what_is_generated_agrees_with_the_code(name):
    assert written()[name] == GENERATED[name](), "run `python -m tests.generated_docs`"


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.slow] * (page.stem in SLOW_PAGES), id=page.name)
        for page in PAGES
        if ">>>" in page.read_text()
    ],
)
def test_the_examples_run(page):
    for package in re.findall(r"^>>> import (\w+)", page.read_text(), re.MULTILINE):
        pytest.importorskip(package)
    result = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert result.attempted > 5
    assert result.failed == 0


CODE = [
    code
    for table in (coverage_tables.INSTEAD, *coverage_tables.OTHERS.values())
    for text in table.values()
    for code in re.findall("`([^`]+)`", text)
]


@pytest.mark.parametrize(
    ("prefix", "owners"),
    [
        (r"\bjd\.", (jd,)),
        (r"\bjd\.constraints\.", (jd.constraints,)),
        (r"\bd\.", (jd.Distribution, jd.ExponentialFamily)),
        (r"\bt\.", (jd.Transform,)),
        ("^(?=[A-Z])", (jd,)),
    ],
)
def test_what_coverage_names_in_the_place_of_others_is_here(prefix, owners):
    names = {name for code in CODE for name in re.findall(rf"{prefix}([A-Za-z]\w*)", code)}
    assert len(names) > 3
    assert not [name for name in names if not any(hasattr(owner, name) for owner in owners)]


def translations(page):
    """The expressions in the last column of the tables that translate to jaxdist."""
    for table in re.findall(
        r"^\| (?!call).*\| jaxdist \|\n\|[-|]*\|\n((?:\|.*\n)*)", page.read_text(), re.M
    ):
        for row in table.splitlines():
            yield from re.findall("`(.+?)`", row.strip("|").rpartition("|")[2])


@pytest.mark.parametrize("page", TRANSLATIONS, ids=lambda page: page.name)
def test_the_translations_run(page):
    first = re.search("```pycon\n(.*?)```", page.read_text(), re.DOTALL)
    names = {}
    for example in doctest.DocTestParser().get_examples(first[1]):
        exec(example.source, names)
    expressions = [e for e in translations(page) if e != "import jaxdist as jd"]
    assert len(expressions) > 20
    for expression in expressions:
        jax.eval_shape(lambda e=expression: (eval(e, names), None)[1])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page):
    prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https?://)([^)\s]+)\)", prose):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_the_two_commands_are_named():
    text = README.read_text()
    assert 'pip install -e ".[agents]" && python -m agents ppo' in text
    assert 'pip install -e ".[test]" && pytest' in text


def test_the_readme_is_short():
    assert len(lines(README)) <= 150


def test_returns_in_the_readme_are_rows_of_the_results():
    rows = [line for line in lines(README) if re.match(r"\| [\w-]+ \| \w+-(v\d|MinAtar) \|", line)]
    assert rows
    assert set(rows) <= set(lines(RESULTS))


def test_every_estimator_is_described():
    text = (ROOT / "docs/estimators.md").read_text()
    for name in jd.estimators.__all__:
        kind = getattr(jd.estimators, name)
        if Estimator in getattr(kind, "__mro__", ())[1:]:
            assert f"| `{name}` |" in text, name
