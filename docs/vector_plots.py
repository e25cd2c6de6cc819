"""Plots of distributions on vectors and matrices: densities in a plane, or draws."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

import density_plots
import jax
import matplotlib.pyplot as plt
import numpy as np
from density_plots import GREY
from matplotlib.colors import LinearSegmentedColormap

import jaxdist as jd

KEY = jax.random.key(0)
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 3**0.5 / 2]])
"""The corners of the triangle that a simplex of three probabilities is drawn as."""

TINT = LinearSegmentedColormap.from_list("tint", [(0.12, 0.47, 0.71, a) for a in (0.0, 1.0)])
"""From transparent to blue: it reads well on a light and on a dark page."""

TILTED = np.linalg.cholesky([[1.0, 0.7], [0.7, 1.0]])


def contours(axes: plt.Axes, d: jd.Distribution) -> None:
    """The density of two numbers."""
    low, high = (0.0, 4.0) if isinstance(d, jd.GaussianCopula) else (-3.0, 3.0)
    line = np.linspace(low, high, 122)[1:]
    density = np.exp(d.log_prob(np.stack(np.meshgrid(line, line), -1)))
    axes.contourf(line, line, density, levels_up_to(99.8, density), cmap=TINT, extend="max")
    axes.set_aspect("equal")


def half_plane(axes: plt.Axes, d: jd.Distribution) -> None:
    """The density of a mean and a variance."""
    mean, variance = np.linspace(-3.0, 3.0, 121), np.linspace(0.0, 3.0, 121)[1:]
    density = np.exp(d.log_prob(np.stack(np.meshgrid(mean, variance), -1)))
    axes.contourf(mean, variance, density, levels_up_to(99.8, density), cmap=TINT, extend="max")
    axes.set(xlabel="mean", ylabel="variance")
    axes.label_outer()


def levels_up_to(percentile: float, density: np.ndarray) -> np.ndarray:
    """Levels of contours, up to a percentile of the density: poles are cut off."""
    return np.linspace(0, np.percentile(density, percentile), 11)[1:]


def triangle(axes: plt.Axes, d: jd.Distribution) -> None:
    """The density on the simplex of three probabilities."""
    size = 60
    pairs = [(i, j) for i in range(size) for j in range(size - i)]
    points = np.array([(i + 0.5, j + 0.5, size - i - j + 0.5) for i, j in pairs]) / (size + 1.5)
    density = np.exp(d.log_prob(points))
    x, y = (points @ CORNERS).T
    axes.tricontourf(x, y, density, levels_up_to(97, density), cmap=TINT, extend="max")
    outline(axes)


def counts(axes: plt.Axes, d: jd.Distribution) -> None:
    """The probabilities of three counts with a given total, as the sizes of dots."""
    total = int(d.total_count)
    points = np.array(
        [(i, j, total - i - j) for i in range(total + 1) for j in range(total + 1 - i)]
    )
    masses = np.exp(d.log_prob(points))
    axes.scatter(*(points / total @ CORNERS).T, s=60 * masses / masses.max(), color="C0", lw=0)
    outline(axes)


def outline(axes: plt.Axes) -> None:
    """The triangle around a simplex."""
    axes.fill(*CORNERS.T, fill=False, edgecolor=GREY, lw=1)
    axes.set_aspect("equal")
    axes.axis("off")


def sphere(axes: plt.Axes, d: jd.Distribution) -> None:
    """Draws on the circle, or on the sphere, seen from the third axis; those behind are pale."""
    draws = np.asarray(d.sample(KEY, (500,)))
    draws = np.pad(draws, ((0, 0), (0, 3 - draws.shape[1])))
    for points, alpha in ((draws[draws[:, 2] < 0], 0.35), (draws[draws[:, 2] >= 0], 0.8)):
        axes.plot(points[:, 0], points[:, 1], "C0.", ms=3, alpha=alpha, mew=0)
    axes.add_patch(plt.Circle((0, 0), 1, fill=False, color=GREY))
    axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), aspect="equal")
    axes.axis("off")


def paths(axes: plt.Axes, d: jd.Distribution) -> None:
    """Draws of a vector, as lines over its index."""
    axes.plot(np.asarray(d.sample(KEY, (6,))).T, lw=1)
    axes.set_xlabel("index")


def ellipses(axes: plt.Axes, d: jd.Distribution) -> None:
    """Draws of a covariance matrix, as ellipses of one standard deviation."""
    angle = np.linspace(0, 2 * np.pi, 80)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    for matrix in np.asarray(d.sample(KEY, (25,))):
        axes.plot(*np.linalg.cholesky(matrix) @ circle, "C0", lw=0.8)
    axes.set_aspect("equal")


def picture(axes: plt.Axes, d: jd.Distribution) -> None:
    """A drawn matrix: blue entries are positive, red ones negative."""
    matrix = np.asarray(d.sample(KEY))
    end = np.abs(matrix).max()
    axes.imshow(matrix, cmap="RdBu", vmin=-end, vmax=end)
    axes.set(xticks=[], yticks=[])


def bars(axes: plt.Axes, d: jd.Distribution) -> None:
    """The probabilities of all categories, or of all orders or subsets of three items."""
    if isinstance(d, jd.PlackettLuce):
        values = np.array(list(itertools.permutations(range(3))))
        names = ["".join(map(str, value)) for value in values]
    elif isinstance(d, jd.DeterminantalPointProcess):
        values = np.asarray(d.enumerate_support())
        names = ["".join(map(str, np.flatnonzero(value))) or "none" for value in values]
    else:
        values = np.eye(d.event_shape[-1])
        names = [str(i) for i in range(len(values))]
    axes.bar(names, np.exp(d.log_prob(values)), 0.6)


Plot = Callable[[plt.Axes, jd.Distribution], None]
Examples = tuple[Plot, Mapping[str, jd.Distribution]]


def direction(concentration: float) -> dict[str, object]:
    """A mean direction that is visible from the third axis."""
    return {"mean_direction": [0.6, 0.0, 0.8], "concentration": concentration}


def correlated(size: int, correlation: float) -> np.ndarray:
    """The factor of a covariance that decays with the distance of two entries."""
    index = np.arange(size)
    return np.linalg.cholesky(correlation ** np.abs(index[:, None] - index))


EXAMPLES: dict[str, Examples] = {
    "DeterminantalPointProcess": (
        bars,
        {
            f"similarity of 0 and 1: {s}": jd.DeterminantalPointProcess.from_l_ensemble(
                [[2.0, s, 0.0], [s, 2.0, 0.0], [0.0, 0.0, 2.0]]
            )
            for s in (0.0, 1.9)
        },
    ),
    "Dirichlet": (
        triangle,
        {
            f"concentration = {a}": jd.Dirichlet(a)
            for a in ([0.7, 0.7, 0.7], [2.0, 2.0, 2.0], [8.0, 3.0, 2.0])
        },
    ),
    "DirichletMultinomial": (
        counts,
        {
            f"concentration = {a}": jd.DirichletMultinomial(a, 12)
            for a in ([0.8, 0.8, 0.8], [20.0, 10.0, 5.0])
        },
    ),
    "GaussianCopula": (
        contours,
        {
            f"Gamma(2, 2), correlation {r}": jd.GaussianCopula(
                jd.Gamma([2.0, 2.0], 2.0), [[1.0, r], [r, 1.0]]
            )
            for r in (0.0, 0.5, 0.9)
        },
    ),
    "GaussianProcess": (
        paths,
        {
            "RBF": jd.GaussianProcess(jd.kernels.RBF(), np.linspace(0, 5, 80)),
            "Matern12": jd.GaussianProcess(jd.kernels.Matern12(), np.linspace(0, 5, 80)),
        },
    ),
    "VariationalGaussianProcess": (
        paths,
        {
            f"{k} inducing points, of which two are known": jd.VariationalGaussianProcess(
                jd.kernels.RBF(),
                np.linspace(0, 5, 80),
                np.linspace(0, 5, k),
                whitened_scale_tril=np.diag(np.where(np.arange(k) < 2, 0.01, 1.0)),
            )
            for k in (4, 8)
        },
    ),
    "CirculantNormal": (
        paths,
        {
            f"eigenvalues (1 + k^2)^(-{power})": jd.CirculantNormal(
                np.zeros(80), covariance_rfft=80 / 3 * (1.0 + np.arange(41) ** 2) ** -power
            )
            for power in (1, 2)
        },
    ),
    "GaussianRandomWalk": (
        paths,
        {f"scale = {s}, num_steps = 50": jd.GaussianRandomWalk(s, 50) for s in (0.5, 1.0)},
    ),
    "GeneralizedDirichlet": (
        triangle,
        {
            f"concentration1 = {a}\nconcentration0 = {b}": jd.GeneralizedDirichlet(a, b)
            for a, b in (
                ([8.0, 3.0], [5.0, 2.0]),
                ([8.0, 3.0], [15.0, 2.0]),
                ([0.7, 20.0], [0.7, 20.0]),
            )
        },
    ),
    "InverseWishart": (
        ellipses,
        {f"df = {n:g}": jd.InverseWishart(n, (n - 3) * TILTED @ TILTED.T) for n in (5.0, 20.0)},
    ),
    "LKJ": (picture, {f"concentration = {c}": jd.LKJ(8, c) for c in (0.5, 2.0, 20.0)}),
    "LKJCholesky": (
        picture,
        {f"concentration = {c}": jd.LKJCholesky(8, c) for c in (0.5, 2.0, 20.0)},
    ),
    "LogisticNormal": (
        triangle,
        {
            f"loc = {m}, scale = {s}": jd.LogisticNormal(m, s)
            for m, s in (([0.0, 0.0], 0.5), ([0.0, 0.0], 2.0), ([1.0, 0.0], 0.5))
        },
    ),
    "LowRankMultivariateNormal": (
        contours,
        {
            f"cov_diag = {s}": jd.LowRankMultivariateNormal(np.zeros(2), [[1.0], [0.5]], [s, s])
            for s in (0.02, 0.2, 1.0)
        },
    ),
    "MatrixNormal": (
        picture,
        {
            f"neighbors correlated by {r}": jd.MatrixNormal(
                np.zeros((12, 16)), correlated(12, 0.5), correlated(16, r)
            )
            for r in (0.01, 0.95)
        },
    ),
    "MatrixT": (
        picture,
        {
            f"neighbors correlated by {r}": jd.MatrixT(
                3.0, np.zeros((12, 16)), correlated(12, 0.5), correlated(16, r)
            )
            for r in (0.01, 0.95)
        },
    ),
    "Multinomial": (
        counts,
        {f"probs = {p}": jd.Multinomial(12, p) for p in ([0.34, 0.33, 0.33], [0.6, 0.3, 0.1])},
    ),
    "MultivariateLaplace": (
        contours,
        {
            "identity": jd.MultivariateLaplace(np.zeros(2), np.eye(2)),
            "correlation 0.7": jd.MultivariateLaplace(np.zeros(2), TILTED),
        },
    ),
    "MultivariateNormal": (
        contours,
        {
            f"correlation {r}": jd.MultivariateNormal(np.zeros(2), [[1.0, r], [r, 1.0]])
            for r in (0.0, 0.7, -0.9)
        },
    ),
    "MultivariateNormalDiag": (
        contours,
        {
            f"scale_diag = {s}": jd.MultivariateNormalDiag([0.0, 0.0], s)
            for s in ([1.0, 1.0], [1.0, 0.3], [0.5, 1.0])
        },
    ),
    "MultivariateStudentT": (
        contours,
        {f"df = {n:g}": jd.MultivariateStudentT(n, np.zeros(2), TILTED) for n in (1.0, 3.0, 30.0)},
    ),
    "NormalInverseGamma": (
        half_plane,
        {
            f"count = {k:g}, concentration = {a:g}": jd.NormalInverseGamma(0.0, k, a, a)
            for k, a in ((1.0, 2.0), (10.0, 2.0), (1.0, 20.0))
        },
    ),
    "OneHotCategorical": (bars, {"probs = [0.1, 0.6, 0.3]": jd.OneHotCategorical([0.1, 0.6, 0.3])}),
    "PlackettLuce": (
        bars,
        {f"scores = {s}": jd.PlackettLuce(s) for s in ([1.0, 1.0, 1.0], [3.0, 2.0, 1.0])},
    ),
    "PowerSpherical": (
        sphere,
        {f"concentration = {c:g}": jd.PowerSpherical(**direction(c)) for c in (1.0, 10.0, 100.0)},
    ),
    "ProjectedNormal": (
        sphere,
        {
            f"concentration = {c}": jd.ProjectedNormal(c)
            for c in ([0.6, 0.0, 0.8], [1.8, 0.0, 2.4], [6.0, 0.0, 8.0])
        },
    ),
    "RelaxedOneHotCategorical": (
        triangle,
        {
            f"temperature = {t}": jd.RelaxedOneHotCategorical(t, probs=[0.5, 0.3, 0.2])
            for t in (0.5, 1.0, 2.0)
        },
    ),
    "SineBivariateVonMises": (
        contours,
        {
            f"weighted_correlation = {r:g}": jd.SineBivariateVonMises(
                0.0, 0.0, 3.0, 3.0, weighted_correlation=r
            )
            for r in (0.0, 0.8, -3.0)
        },
    ),
    "SphericalUniform": (sphere, {f"dimension = {n}": jd.SphericalUniform(n) for n in (2, 3)}),
    "VonMisesFisher": (
        sphere,
        {f"concentration = {c:g}": jd.VonMisesFisher(**direction(c)) for c in (1.0, 10.0, 100.0)},
    ),
    "Wishart": (
        ellipses,
        {f"df = {n:g}": jd.Wishart(n, TILTED @ TILTED.T / n) for n in (3.0, 20.0)},
    ),
    "ZeroSumNormal": (
        paths,
        {f"dim = 10, scale = {s}": jd.ZeroSumNormal(10, s) for s in (0.5, 2.0)},
    ),
}
"""How each distribution is drawn, and the distributions by their titles."""


def draw_all(folder: Path) -> None:
    """Draw all examples, as `NAME.svg` in a folder."""
    density_plots.save(folder, EXAMPLES, draw)


def draw(name: str) -> plt.Figure:
    """A figure of a distribution, with a panel for each example."""
    plot, examples = EXAMPLES[name]
    figure, panels = plt.subplots(
        1, len(examples), figsize=(7.2, 2.5), squeeze=False, sharex=True, sharey=True
    )
    for axes, (title, d) in zip(panels.flat, examples.items(), strict=True):
        plot(axes, d)
        axes.set_title(title, fontsize="small", color=GREY)
        density_plots.color_axes(axes)
    figure.tight_layout()
    return figure
