"""Plots of densities and probability masses, drawn by the library itself."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

import matplotlib
import numpy as np

import jaxdist as jd

matplotlib.use("svg")
import matplotlib.pyplot as plt

EXAMPLES: dict[str, list[dict[str, object]]] = {
    "Arcsine": [{"low": 0.0, "high": 1.0}],
    "AsymmetricLaplace": [
        {"loc": 0.0, "scale": 1.0, "asymmetry": 0.5},
        {"loc": 0.0, "scale": 1.0, "asymmetry": 1.0},
        {"loc": 0.0, "scale": 1.0, "asymmetry": 2.0},
    ],
    "Bates": [{"total_count": 1}, {"total_count": 2}, {"total_count": 6}],
    "Bernoulli": [{"probs": 0.2}, {"probs": 0.6}],
    "Beta": [
        {"concentration1": 0.5, "concentration0": 0.5},
        {"concentration1": 2.0, "concentration0": 2.0},
        {"concentration1": 2.0, "concentration0": 5.0},
    ],
    "BetaBinomial": [
        {"concentration1": 0.7, "concentration0": 2.0, "total_count": 10},
        {"concentration1": 20.0, "concentration0": 20.0, "total_count": 10},
    ],
    "BetaGeometric": [
        {"concentration1": 4.0, "concentration0": 2.0},
        {"concentration1": 8.0, "concentration0": 8.0},
    ],
    "BetaNegativeBinomial": [
        {"concentration1": 10.0, "concentration0": 20.0, "total_count": 4.0},
        {"concentration1": 30.0, "concentration0": 30.0, "total_count": 4.0},
    ],
    "Binomial": [{"total_count": 10, "probs": 0.3}, {"total_count": 20, "probs": 0.5}],
    "Categorical": [{"probs": [0.1, 0.4, 0.2, 0.3]}],
    "Cauchy": [{"loc": 0.0, "scale": 1.0}, {"loc": 0.0, "scale": 0.5}, {"loc": 2.0, "scale": 1.0}],
    "Censored": [
        {"base_dist": jd.Normal(0.0, 1.0), "low": -1.0, "high": 1.5},
        {"base_dist": jd.Exponential(0.5), "high": 3.0},
    ],
    "Chi": [{"df": 1.5}, {"df": 3.0}, {"df": 8.0}],
    "Chi2": [{"df": 2.0}, {"df": 4.0}, {"df": 9.0}],
    "ContinuousBernoulli": [{"probs": 0.1}, {"probs": 0.5}, {"probs": 0.7}],
    "Cosine": [{"low": -1.0, "high": 1.0}, {"low": -1.0, "high": 3.0}],
    "DiscreteLaplace": [{"rate": 0.5}, {"rate": 1.5}],
    "DiscreteUniform": [{"low": 1, "high": 6}],
    "EpsilonGreedy": [{"preferences": [1.0, 3.0, 2.0], "epsilon": 0.3}],
    "Empirical": [{"values": [1.0, 2.0, 2.0, 5.0]}],
    "Exponential": [{"rate": 0.5}, {"rate": 1.0}, {"rate": 2.0}],
    "ExponentiallyModifiedGaussian": [
        {"loc": 0.0, "scale": 1.0, "rate": 2.0},
        {"loc": 0.0, "scale": 1.0, "rate": 0.5},
        {"loc": 0.0, "scale": 0.2, "rate": 0.5},
    ],
    "FisherNoncentralHypergeometric": [
        {"num_successes": 20, "num_failures": 20, "total_count": 22, "odds": 1.0},
        {"num_successes": 20, "num_failures": 20, "total_count": 22, "odds": 4.0},
        {"num_successes": 20, "num_failures": 20, "total_count": 22, "odds": 0.1},
    ],
    "FisherSnedecor": [{"df1": 3.0, "df2": 10.0}, {"df1": 20.0, "df2": 10.0}],
    "Folded": [{"base_dist": jd.Normal(0.5, 1.0)}, {"base_dist": jd.Normal(2.0, 1.0)}],
    "Frechet": [{"scale": 1.0, "concentration": 2.0}, {"scale": 1.0, "concentration": 4.0}],
    "Gamma": [
        {"concentration": 0.7, "rate": 1.0},
        {"concentration": 2.0, "rate": 1.0},
        {"concentration": 6.0, "rate": 2.0},
    ],
    "GeneralizedExtremeValue": [
        {"loc": 0.0, "scale": 1.0, "concentration": -0.5},
        {"loc": 0.0, "scale": 1.0, "concentration": 0.0},
        {"loc": 0.0, "scale": 1.0, "concentration": 0.5},
    ],
    "GeneralizedInverseGaussian": [
        {"order": -1.0, "concentration": 2.0},
        {"order": 1.0, "concentration": 2.0},
        {"order": 1.0, "concentration": 10.0},
    ],
    "GeneralizedNormal": [
        {"loc": 0.0, "scale": 1.0, "power": 1.0},
        {"loc": 0.0, "scale": 1.0, "power": 2.0},
        {"loc": 0.0, "scale": 1.0, "power": 8.0},
    ],
    "GeneralizedPareto": [
        {"loc": 0.0, "scale": 1.0, "concentration": -0.5},
        {"loc": 0.0, "scale": 1.0, "concentration": 0.5},
    ],
    "Geometric": [{"probs": 0.3}, {"probs": 0.6}],
    "Gompertz": [{"concentration": 0.1, "rate": 1.0}, {"concentration": 2.0, "rate": 1.0}],
    "Greedy": [{"preferences": [1.0, 2.0, 3.0]}, {"preferences": [3.0, 1.0, 3.0]}],
    "Gumbel": [{"loc": 0.0, "scale": 1.0}, {"loc": 1.0, "scale": 2.0}],
    "HalfCauchy": [{"scale": 0.5}, {"scale": 1.0}],
    "HalfNormal": [{"scale": 0.5}, {"scale": 1.0}, {"scale": 2.0}],
    "HalfStudentT": [{"df": 1.0, "scale": 1.0}, {"df": 5.0, "scale": 1.0}],
    "Horseshoe": [{"scale": 0.5}, {"scale": 1.0}],
    "Hurdle": [{"base_dist": jd.Poisson(3.0), "gate": 0.4}],
    "Hypergeometric": [
        {"num_successes": 20, "num_failures": 30, "total_count": 10},
        {"num_successes": 8, "num_failures": 42, "total_count": 20},
    ],
    "InverseGamma": [{"concentration": 2.0, "rate": 1.0}, {"concentration": 4.0, "rate": 3.0}],
    "InverseGaussian": [
        {"loc": 1.0, "concentration": 1.0},
        {"loc": 1.0, "concentration": 5.0},
        {"loc": 3.0, "concentration": 5.0},
    ],
    "JohnsonSU": [{"skew": 0.0, "tailweight": 1.0}, {"skew": 1.0, "tailweight": 1.5}],
    "Kumaraswamy": [
        {"concentration1": 0.5, "concentration0": 0.5},
        {"concentration1": 2.0, "concentration0": 3.0},
    ],
    "Laplace": [{"loc": 0.0, "scale": 1.0}, {"loc": 0.0, "scale": 0.5}, {"loc": 2.0, "scale": 1.0}],
    "Levy": [{"loc": 0.0, "scale": 0.5}, {"loc": 0.0, "scale": 1.0}],
    "Lindley": [{"rate": 0.5}, {"rate": 1.0}, {"rate": 2.0}],
    "LogLogistic": [{"loc": 0.0, "scale": 0.2}, {"loc": 0.0, "scale": 0.5}],
    "LogNormal": [{"loc": 0.0, "scale": 0.25}, {"loc": 0.0, "scale": 0.75}],
    "LogSeries": [{"probs": 0.4}, {"probs": 0.8}],
    "LogUniform": [{"low": 0.5, "high": 4.0}, {"low": 1.0, "high": 10.0}],
    "Logistic": [{"loc": 0.0, "scale": 1.0}, {"loc": 2.0, "scale": 0.5}],
    "LogitNormal": [
        {"loc": 0.0, "scale": 0.5},
        {"loc": 0.0, "scale": 2.0},
        {"loc": 1.0, "scale": 1.0},
    ],
    "LogitRelaxedBernoulli": [
        {"temperature": 0.5, "probs": 0.3},
        {"temperature": 1.5, "probs": 0.3},
    ],
    "Maxwell": [{"scale": 0.5}, {"scale": 1.0}],
    "Maximum": [{"base_dist": jd.Normal(0.0, 1.0), "total_count": 5}],
    "Minimum": [{"base_dist": jd.Normal(0.0, 1.0), "total_count": 5}],
    "Mixture": [
        {
            "mixture_distribution": jd.Categorical(probs=[0.6, 0.4]),
            "component_distributions": [jd.Normal(0.0, 1.0), jd.Laplace(4.0, 0.5)],
        }
    ],
    "MixtureSameFamily": [
        {
            "mixture_distribution": jd.Categorical(probs=[0.3, 0.7]),
            "component_distribution": jd.Normal([-2.0, 1.0], [0.5, 1.0]),
        }
    ],
    "Moyal": [{"loc": 0.0, "scale": 0.5}, {"loc": 0.0, "scale": 1.0}],
    "NegativeBinomial": [{"total_count": 2.0, "probs": 0.5}, {"total_count": 8.0, "probs": 0.5}],
    "NoncentralBeta": [
        {"concentration1": 1.0, "concentration0": 10.0, "noncentrality": 0.0},
        {"concentration1": 1.0, "concentration0": 10.0, "noncentrality": 5.0},
        {"concentration1": 1.0, "concentration0": 10.0, "noncentrality": 20.0},
    ],
    "NoncentralChi2": [
        {"df": 3.0, "noncentrality": 0.0},
        {"df": 3.0, "noncentrality": 5.0},
        {"df": 3.0, "noncentrality": 20.0},
    ],
    "NoncentralF": [
        {"df1": 4.0, "df2": 20.0, "noncentrality": 0.0},
        {"df1": 4.0, "df2": 20.0, "noncentrality": 5.0},
        {"df1": 4.0, "df2": 20.0, "noncentrality": 20.0},
    ],
    "NoncentralT": [
        {"df": 5.0, "noncentrality": 0.0},
        {"df": 5.0, "noncentrality": 2.0},
        {"df": 5.0, "noncentrality": 5.0},
    ],
    "Normal": [{"loc": 0.0, "scale": 1.0}, {"loc": 0.0, "scale": 0.5}, {"loc": 2.0, "scale": 1.0}],
    "NormalInverseGaussian": [
        {"loc": 0.0, "scale": 1.0, "tailweight": 1.0, "skew": 0.0},
        {"loc": 0.0, "scale": 1.0, "tailweight": 2.0, "skew": 1.5},
    ],
    "OrderStatistic": [
        {"base_dist": jd.Normal(0.0, 1.0), "total_count": 5, "rank": 1},
        {"base_dist": jd.Normal(0.0, 1.0), "total_count": 5, "rank": 3},
        {"base_dist": jd.Normal(0.0, 1.0), "total_count": 5, "rank": 5},
    ],
    "OrderedLogistic": [
        {"cutpoints": [-1.0, 0.5, 3.0], "loc": 0.0},
        {"cutpoints": [-1.0, 0.5, 3.0], "loc": 2.0},
    ],
    "PERT": [
        {"low": 0.0, "peak": 2.0, "high": 10.0},
        {"low": 0.0, "peak": 2.0, "high": 10.0, "temperature": 20.0},
    ],
    "Pareto": [{"scale": 1.0, "alpha": 2.0}, {"scale": 1.0, "alpha": 4.0}],
    "Poisson": [{"rate": 1.0}, {"rate": 4.0}, {"rate": 10.0}],
    "PoissonBinomial": [{"probs": [0.1, 0.5, 0.9]}, {"probs": [0.6, 0.6, 0.6, 0.6, 0.6]}],
    "ProbitBernoulli": [{"probits": -1.0}, {"probits": 0.5}],
    "Quantized": [{"base_dist": jd.Normal(0.5, 2.0)}],
    "Rayleigh": [{"scale": 0.5}, {"scale": 1.0}, {"scale": 2.0}],
    "RelaxedBernoulli": [
        {"temperature": 0.4, "probs": 0.6},
        {"temperature": 1.0, "probs": 0.6},
        {"temperature": 2.0, "probs": 0.6},
    ],
    "LambertWNormal": [
        {"loc": 0.0, "scale": 1.0, "tailweight": 0.0},
        {"loc": 0.0, "scale": 1.0, "tailweight": 0.5},
    ],
    "SinhArcsinh": [
        {"loc": 0.0, "scale": 1.0, "skew": 0.5, "tailweight": 1.0},
        {"loc": 0.0, "scale": 1.0, "skew": 0.0, "tailweight": 1.5},
    ],
    "Skellam": [{"rate1": 3.0, "rate2": 1.0}, {"rate1": 4.0, "rate2": 8.0}],
    "SkewNormal": [
        {"loc": 0.0, "scale": 1.0, "alpha": 0.0},
        {"loc": 0.0, "scale": 1.0, "alpha": 4.0},
    ],
    "SkewedExponentialPower": [
        {"loc": 0.0, "scale": 1.0, "power": 1.0, "skew": 1.5},
        {"loc": 0.0, "scale": 1.0, "power": 2.0, "skew": 1.5},
        {"loc": 0.0, "scale": 1.0, "power": 8.0, "skew": 1.5},
    ],
    "SoftLaplace": [
        {"loc": 0.0, "scale": 1.0},
        {"loc": 0.0, "scale": 0.5},
        {"loc": 2.0, "scale": 1.0},
    ],
    "Softmax": [{"preferences": [1.0, 3.0, 2.0], "temperature": 1.0}],
    "StoppingRatioLogistic": [
        {"cutpoints": [-1.0, 0.0, 1.0], "loc": 0.0},
        {"cutpoints": [-1.0, 0.0, 1.0], "loc": 2.0},
    ],
    "StudentT": [{"df": 1.0}, {"df": 3.0}, {"df": 30.0}],
    "TanhNormal": [
        {"loc": 0.0, "scale": 0.5},
        {"loc": 0.0, "scale": 1.5},
        {"loc": 1.0, "scale": 0.5},
    ],
    "TransformedDistribution": [
        {"base_dist": jd.Normal(0.0, 1.0), "transforms": jd.SigmoidTransform()},
        {"base_dist": jd.Normal(0.0, 2.0), "transforms": jd.SigmoidTransform()},
    ],
    "Triangular": [{"low": 0.0, "high": 1.0, "peak": 0.5}, {"low": -1.0, "high": 2.0, "peak": 1.5}],
    "Truncated": [
        {"base_dist": jd.Gamma(2.0, 1.0), "low": 0.5, "high": 4.0},
        {"base_dist": jd.Normal(0.0, 1.0), "low": 1.0},
    ],
    "TruncatedNormal": [
        {"loc": 0.0, "scale": 1.0, "low": -1.0, "high": 2.0},
        {"loc": 3.0, "scale": 1.0, "low": -1.0, "high": 2.0},
    ],
    "TwoPieceNormal": [
        {"loc": 0.0, "scale": 1.0, "skew": 0.5},
        {"loc": 0.0, "scale": 1.0, "skew": 1.0},
        {"loc": 0.0, "scale": 1.0, "skew": 2.0},
    ],
    "TwoPieceStudentT": [
        {"df": 3.0, "loc": 0.0, "scale": 1.0, "skew": 0.5},
        {"df": 3.0, "loc": 0.0, "scale": 1.0, "skew": 2.0},
        {"df": 30.0, "loc": 0.0, "scale": 1.0, "skew": 2.0},
    ],
    "Uniform": [{"low": 0.0, "high": 1.0}, {"low": -1.0, "high": 2.0}],
    "VonMises": [
        {"loc": 0.0, "concentration": 0.5},
        {"loc": 0.0, "concentration": 4.0},
        {"loc": 1.5, "concentration": 4.0},
    ],
    "WalleniusNoncentralHypergeometric": [
        {"num_successes": 20, "num_failures": 20, "total_count": 22, "odds": 1.0},
        {"num_successes": 20, "num_failures": 20, "total_count": 22, "odds": 4.0},
        {"num_successes": 20, "num_failures": 20, "total_count": 22, "odds": 0.1},
    ],
    "Weibull": [
        {"scale": 1.0, "concentration": 0.8},
        {"scale": 1.0, "concentration": 1.5},
        {"scale": 1.0, "concentration": 4.0},
    ],
    "ZeroInflated": [{"base_dist": jd.Poisson(4.0), "gate": 0.3}],
    "Zipf": [{"power": 3.0}, {"power": 5.0}],
}
"""Parameters of the distributions on numbers whose densities are plotted, by name."""

GREY = "#808080"
"""A color of text that reads well on a light and on a dark page."""

TAIL = 0.002
"""Probability on either side of what is plotted, unless the density there is negligible anyway."""


def draw_all(folder: Path) -> None:
    """Draw the densities of all examples, as `NAME.svg` in a folder."""
    save(folder, EXAMPLES, draw)


def save(folder: Path, names: Iterable[str], draw: Callable[[str], plt.Figure]) -> None:
    """Save the figures of some names as `NAME.svg` in a folder.

    A figure that is there is kept, unless the library or these scripts have changed since.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sources = [*Path(jd.__file__).parent.rglob("*.py"), *Path(__file__).parent.glob("*_plots.py")]
    changed = max(source.stat().st_mtime for source in sources)
    for name in names:
        path = folder / f"{name}.svg"
        if path.exists() and path.stat().st_mtime > changed:
            continue
        figure = draw(name)
        figure.savefig(path, transparent=True, bbox_inches="tight")
        plt.close(figure)


def draw(name: str) -> plt.Figure:
    """A figure of the density or the mass of a distribution with several parameters."""
    distributions = [getattr(jd, name)(**parameters) for parameters in EXAMPLES[name]]
    labels = [
        textwrap.fill(", ".join(f"{name} = {value}" for name, value in parameters.items()), 75)
        for parameters in EXAMPLES[name]
    ]
    figure, axes = plt.subplots(figsize=(6, 2.6))
    if isinstance(distributions[0], (jd.Censored, jd.Empirical)):
        plot_atoms(axes, distributions, labels)
    elif distributions[0].support.is_discrete:
        plot_masses(axes, distributions, labels)
    else:
        plot_densities(axes, distributions, labels)
    decorate(axes)
    return figure


def plot_masses(axes: plt.Axes, distributions: list[jd.Distribution], labels: list[str]) -> None:
    """Bars at the integers, those of different distributions beside each other."""
    low = min(float(d.icdf(TAIL)) for d in distributions)
    high = max(float(d.icdf(1 - TAIL)) for d in distributions)
    values = np.arange(low, high + 1)
    width = 0.6 / len(distributions)
    for i, (d, label) in enumerate(zip(distributions, labels, strict=True)):
        offset = width * (i - (len(distributions) - 1) / 2)
        axes.bar(values + offset, np.exp(d.log_prob(values)), width, label=label)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel("probability")


def plot_densities(axes: plt.Axes, distributions: list[jd.Distribution], labels: list[str]) -> None:
    """Curves, where at least one of the densities is not negligible; poles are cut off."""
    low = min(float(d.icdf(TAIL)) for d in distributions)
    high = max(float(d.icdf(1 - TAIL)) for d in distributions)
    values = np.linspace(low, high, 20_001)[1:-1]
    densities = np.stack([np.exp(d.log_prob(values)) for d in distributions])
    tops = np.percentile(densities, 99.5, axis=1, keepdims=True)
    shown = np.nonzero(np.any(densities > 0.01 * tops, axis=0))[0]
    for density, label in zip(densities, labels, strict=True):
        axes.plot(values[shown[0] : shown[-1]], density[shown[0] : shown[-1]], label=label)
    axes.set_ylim(0, 1.1 * np.max(np.percentile(densities[:, shown[0] : shown[-1]], 99, axis=1)))
    axes.set_ylabel("density")


def plot_atoms(axes: plt.Axes, distributions: list[jd.Distribution], labels: list[str]) -> None:
    """Probabilities of single points as dots on lines, and the density between them."""
    for i, (d, label) in enumerate(zip(distributions, labels, strict=True)):
        if isinstance(d, jd.Empirical):
            points = np.unique(d.values)
        else:
            low, high = float(d.icdf(TAIL)), float(d.icdf(1 - TAIL))
            values = np.linspace(low, high, 1000)[1:-1]
            axes.plot(values, np.exp(d.log_prob(values)), f"C{i}")
            points = np.array([end for end in (d.low, d.high) if np.isfinite(end)])
        masses = np.exp(d.log_prob(points))
        axes.vlines(points, 0, masses, f"C{i}")
        axes.plot(points, masses, f"C{i}o", label=label)
    axes.set_ylim(0)
    density = "" if isinstance(distributions[0], jd.Empirical) else "density, or "
    axes.set_ylabel(f"{density}probability of a point")


def decorate(axes: plt.Axes) -> None:
    """Labels and a legend."""
    axes.set_xlabel("x")
    color_axes(axes)
    axes.legend(
        frameon=False, labelcolor=GREY, fontsize="small", loc="lower left", bbox_to_anchor=(0, 1)
    )


def color_axes(axes: plt.Axes) -> None:
    """Axes that read well on a light and on a dark page."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=GREY, labelsize="small")
    for spine in axes.spines.values():
        spine.set_color(GREY)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_color(GREY)
