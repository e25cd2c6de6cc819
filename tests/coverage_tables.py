"""The tables of docs/coverage.md: what other libraries have, and what it is here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jaxdist as jd

PEERS = json.loads((Path(__file__).parent.parent / "docs/peers.json").read_text())

# What other libraries call by another name, or have as a class where it is made of others here.
# An entry counts if all names in it, that begin with a capital letter, are public in jaxdist.
EQUIVALENTS = {
    "distributions": {
        "AsymmetricLaplaceQuantile": "AsymmetricLaplace",
        "AutoCompositeTensorDistribution": "Distribution",
        "BatchBroadcast": "Distribution.expand",
        "BernoulliLogit": "Bernoulli(logits=)",
        "BernoulliLogits": "Bernoulli(logits=)",
        "BernoulliProbs": "Bernoulli",
        "BetaPrime": "TransformedDistribution(Beta)",
        "BatchConcat": "Distribution (jax.tree.map of jnp.concatenate)",
        "BatchReshape": "Distribution (jax.tree.map of jnp.reshape)",
        "Biweight": "TransformedDistribution(Beta(3, 3), AffineTransform)",
        "CAR": "MultivariateNormal(precision_matrix=)",
        "CirculantNormal": "GaussianProcess",
        "Dagum": "TransformedDistribution(Beta, PowerTransform)",
        "DoublyTruncatedPowerLaw": "Truncated(Pareto)",
        "DoublesidedMaxwell": "Mixture(Maxwell, TransformedDistribution)",
        "Epanechnikov": "TransformedDistribution(Beta(2, 2), AffineTransform)",
        "EulerMaruyama": "MarkovChain",
        "GammaGamma": "Scaled(FisherSnedecor)",
        "Inflated": "ZeroInflated",
        "InverseWishartCholesky": "TransformedDistribution(InverseWishart, CholeskyTransform)",
        "NoncentralChisq": "NoncentralChi2",
        "Rician": "TransformedDistribution(NoncentralChi2, PowerTransform)",
        "Semicircle": "TransformedDistribution(Beta(3/2, 3/2), AffineTransform)",
        "SoftplusNormal": "TransformedDistribution(Normal, SoftplusTransform)",
        "Soliton": "Categorical",
        "StudentTProcess": "MultivariateStudentT",
        "StudentTProcessRegressionModel": "MultivariateStudentT",
        "Triweight": "TransformedDistribution(Beta(4, 4), AffineTransform)",
        "WishartCholesky": "TransformedDistribution(Wishart, CholeskyTransform)",
        "BetaProportion": "Beta",
        "BinomialLogits": "Binomial(logits=)",
        "BinomialProbs": "Binomial",
        "Blockwise": "Joint",
        "CategoricalLogits": "Categorical(logits=)",
        "CategoricalProbs": "Categorical",
        "CategoricalUniform": "MixtureSameFamily(Categorical, Uniform)",
        "ChiSquare": "Chi2",
        "Chisq": "Chi2",
        "CholeskyLKJ": "LKJCholesky",
        "ClippedLogistic": "Censored(Logistic)",
        "ClippedNormal": "Censored(Normal)",
        "Deterministic": "Delta",
        "Dirac": "Delta",
        "DiscreteNonParametric": "Empirical",
        "Erlang": "Gamma",
        "ExpGamma": "TransformedDistribution(Gamma)",
        "ExpInverseGamma": "TransformedDistribution(InverseGamma)",
        "ExpRelaxedOneHotCategorical": "RelaxedOneHotCategorical",
        "ExpandedDistribution": "Distribution.expand",
        "FDist": "FisherSnedecor",
        "FiniteDiscrete": "Empirical",
        "FlatDirichlet": "Dirichlet",
        "FoldedDistribution": "Folded",
        "GammaPoisson": "NegativeBinomial",
        "GaussianCopulaBeta": "GaussianCopula(Beta)",
        "GaussianProcessRegressionModel": "GaussianProcess",
        "GaussianStateSpace": "LinearGaussianStateSpace",
        "GeometricLogits": "Geometric(logits=)",
        "GeometricProbs": "Geometric",
        "HurdleGamma": "Hurdle",
        "HurdleLogNormal": "Hurdle",
        "HurdleLogits": "Hurdle(gate_logits=)",
        "HurdlePoisson": "Hurdle(Poisson)",
        "HurdleProbs": "Hurdle",
        "IntervalCensoredDistribution": "Censored",
        "IsotropicNormal": "MultivariateNormalDiag",
        "JointDistribution": "Program",
        "JointDistributionCoroutine": "Program",
        "JointDistributionCoroutineAutoBatched": "Program",
        "JointDistributionNamed": "Program",
        "JointDistributionNamedAutoBatched": "Program",
        "JointDistributionSequential": "Program",
        "JointDistributionSequentialAutoBatched": "Program",
        "LeftCensoredDistribution": "Censored",
        "LeftTruncatedDistribution": "Truncated",
        "LeftTruncatedGamma": "Truncated(Gamma)",
        "LinearGaussianStateSpaceModel": "LinearGaussianStateSpace",
        "LocationScale": "TransformedDistribution(AffineTransform)",
        "LogStddevNormal": "Normal(log_scale=)",
        "Logarithmic": "LogSeries",
        "LowerTruncatedPowerLaw": "Pareto",
        "MaskedDistribution": "Masked",
        "MatrixNormalLinearOperator": "MatrixNormal",
        "MatrixTDist": "MatrixT",
        "MatrixTLinearOperator": "MatrixT",
        "MixtureGeneral": "Mixture",
        "MixtureModel": "Mixture",
        "MixtureOfTwo": "Mixture",
        "MultinomialLogits": "Multinomial(logits=)",
        "MultinomialProbs": "Multinomial",
        "MultivariateDiagonalNormal": "MultivariateNormalDiag",
        "MultivariateFixedVarianceNormal": "MultivariateNormalDiag",
        "MultivariateUnitNormal": "MultivariateNormalDiag",
        "MultivariateNormalDiagPlusLowRank": "LowRankMultivariateNormal",
        "MultivariateNormalDiagPlusLowRankCovariance": "LowRankMultivariateNormal",
        "MultivariateNormalFromBijector": "TransformedDistribution(MultivariateNormalDiag)",
        "MultivariateNormalFullCovariance": "MultivariateNormal(covariance_matrix=)",
        "MultivariateNormalLinearOperator": "MultivariateNormal",
        "MultivariateNormalTri": "MultivariateNormal(scale_tril=)",
        "MultivariateNormalTriL": "MultivariateNormal(scale_tril=)",
        "MultivariateStudentTLinearOperator": "MultivariateStudentT",
        "MvLogNormal": "TransformedDistribution(MultivariateNormal, ExpTransform)",
        "MvLogitNormal": "TransformedDistribution(MultivariateNormal, StickBreakingTransform)",
        "MvNormal": "MultivariateNormal",
        "MvNormalCanon": "MultivariateNormal(precision_matrix=)",
        "MvTDist": "MultivariateStudentT",
        "NegativeBinomial2": "NegativeBinomial.from_mean_dispersion",
        "NegativeBinomialLogits": "NegativeBinomial(logits=)",
        "NegativeBinomialProbs": "NegativeBinomial",
        "NormalCanon": "Normal",
        "PGeneralizedGaussian": "GeneralizedNormal",
        "QuantizedDistribution": "Quantized",
        "RelaxedBernoulliLogits": "RelaxedBernoulli(logits=)",
        "RightCensoredDistribution": "Censored",
        "RightTruncatedDistribution": "Truncated",
        "RightTruncatedGamma": "Truncated(Gamma)",
        "SigmoidBeta": "TransformedDistribution(Beta, SigmoidTransform)",
        "StandardNormal": "Normal",
        "SymTriangularDist": "Triangular",
        "TDist": "StudentT",
        "Transformed": "TransformedDistribution",
        "TriangularDist": "Triangular",
        "TruncatedCauchy": "Truncated(Cauchy)",
        "TwoSidedTruncatedDistribution": "Truncated",
        "TwoSidedTruncatedGamma": "Truncated(Gamma)",
        "UnivariateGMM": "MixtureSameFamily(Normal)",
        "VectorDeterministic": "Delta",
        "VmapMixture": "MixtureSameFamily",
        "WishartLinearOperator": "Wishart",
        "WishartTriL": "Wishart(scale_tril=)",
        "ZeroInflatedLogits": "ZeroInflated(gate_logits=)",
        "ZeroInflatedNegativeBinomial": "ZeroInflated(NegativeBinomial)",
        "ZeroInflatedPoisson": "ZeroInflated(Poisson)",
        "ZeroInflatedProbs": "ZeroInflated",
    },
    "transforms": {
        "AbsoluteValue": "AbsTransform",
        "CholeskyOuterProduct": "InverseTransform(CholeskyTransform)",
        "Expm1": "ComposeTransform(ExpTransform, AffineTransform)",
        "Inline": "Transform",
        "Lambda": "Transform",
        "Log1p": "InverseTransform(ComposeTransform)",
        "Scan": "ComposeTransform",
        "Sandwich": "ComposeTransform",
        "Vmap": "IndependentTransform",
        "FillScaleTriL": "SoftplusLowerCholeskyTransform",
        "ScaleMatvecLinearOperator": "LowerUpperTriangularAffine",
        "UnpackTransform": "RestructureTransform",
        "Split": "RestructureTransform",
        "AutoCompositeTensorBijector": "Transform",
        "Ascending": "OrderedTransform",
        "Block": "IndependentTransform",
        "BlockAutoregressiveNetwork": "BlockAutoregressiveTransform",
        "Blockwise": "CatTransform",
        "Chain": "ComposeTransform",
        "Composition": "ComposeTransform",
        "Concatenate": "CatTransform",
        "CorrelationCholesky": "CorrCholeskyTransform (another map)",
        "Coupling": "SplitCoupling",
        "DiagLinear": "AffineTransform(event_dim=1)",
        "DiagPlusLowRankLinear": "DiagPlusLowRankAffine",
        "DiscreteCosine": "DiscreteCosineTransform",
        "Flip": "PermuteTransform",
        "FrechetCDF": "CumulativeDistributionTransform(Frechet)",
        "GeneralizedExtremeValueCDF": "CumulativeDistributionTransform(GeneralizedExtremeValue)",
        "GeneralizedPareto": "CumulativeDistributionTransform(GeneralizedPareto)",
        "GompertzCDF": "CumulativeDistributionTransform(Gompertz)",
        "GumbelCDF": "CumulativeDistributionTransform(Gumbel)",
        "IteratedSigmoidCentered": "StickBreakingTransform",
        "Invert": "InverseTransform",
        "KumaraswamyCDF": "CumulativeDistributionTransform(Kumaraswamy)",
        "Linear": "LowerUpperTriangularAffine",
        "Loc": "AffineTransform",
        "Log": "InverseTransform(ExpTransform)",
        "MaskedAutoregressiveFlow": "MaskedAutoregressive",
        "MatvecLU": "LowerUpperTriangularAffine",
        "MoyalCDF": "CumulativeDistributionTransform(Moyal)",
        "NormalCDF": "CumulativeDistributionTransform(Normal)",
        "ParameterFreeTransform": "Transform",
        "RayleighCDF": "CumulativeDistributionTransform(Rayleigh)",
        "RealNVP": "SplitCoupling",
        "Reciprocal": "PowerTransform",
        "ScalarAffine": "AffineTransform",
        "Scale": "AffineTransform",
        "ScaleMatvecDiag": "AffineTransform(event_dim=1)",
        "ScaleMatvecLU": "LowerUpperTriangularAffine",
        "ScaleMatvecTriL": "LowerCholeskyAffine",
        "Shift": "AffineTransform",
        "SoftPlus": "SoftplusTransform",
        "Square": "PowerTransform",
        "TriangularAffine": "LowerCholeskyAffine",
        "TriangularLinear": "LowerCholeskyAffine",
        "UnconstrainedAffine": "LowerUpperTriangularAffine",
        "WeibullCDF": "CumulativeDistributionTransform(Weibull)",
    },
}

# What is missing: what it is for, and what serves instead.
INSTEAD = {
    "BetaQuotient": "a ratio of proportions; `Program` draws both `Beta`",
    "Chernoff": "limits of estimators, not a model of data",
    "ComplexCircularlySymmetricNormal": "signals; `MultivariateNormal` of real and imaginary parts",
    "ComplexMultivariateUnitNormal": "signals; `MultivariateNormal` of real and imaginary parts",
    "ComplexNormal": "signals; `MultivariateNormal` of real and imaginary parts",
    "Cosine": "a smooth bump on an interval; `Beta(2.5, 2.5)`, moved by `TransformedDistribution`",
    "EdgeworthMean": "approximations of sums, not models of data",
    "EdgeworthSum": "approximations of sums, not models of data",
    "EdgeworthZ": "approximations of sums, not models of data",
    "ImproperUniform": "flat priors; a wide `Normal` or `Uniform`",
    "JointOrderStatistics": "several ranks at once; sort draws of a `Sample`",
    "KSDist": "p-values of a test; `scipy.stats.kstwo`",
    "KSOneSided": "p-values of a test; `scipy.stats.ksone`",
    "Kolmogorov": "p-values of a test; `scipy.stats.kstwobign`",
    "LambertWDistribution": "heavy tails; `SinhArcsinh`, `StudentT`",
    "LambertWNormal": "heavy tails; `SinhArcsinh`, `StudentT`",
    "Lindley": "lifetimes; `Mixture` of an Exponential and a Gamma, which it is",
    "MatrixBeta": "ratios of covariance matrices; `Program` of two `Wishart`",
    "MatrixFDist": "ratios of covariance matrices; `Program` of two `Wishart`",
    "PoissonLogNormalQuadratureCompound": "overdispersed counts; `NegativeBinomial`, `Program`",
    "SkewedExponentialPower": "skewed errors; `AsymmetricLaplace`, `SkewNormal`, `SinhArcsinh`",
    "StudentizedRange": "p-values of a test; `scipy.stats.studentized_range`",
    "TruncatedPolyaGamma": "Gibbs sampling of logistic models; Hamiltonian Monte Carlo instead",
    "Unit": "a factor of a model; add it to `unconstrained_log_prob`",
    "VariationalGaussianProcess": "functions of many points; `losses.elbo` and `GaussianProcess`",
    "AdditiveCondition": "flows that depend on a context; `context_dim` of `flows`",
    "CholeskyToInvCholesky": "factors of precisions; `MultivariateNormal(precision_matrix=)`",
    "ComplexTransform": "complex numbers; their parts, by `RestructureTransform`",
    "CorrMatrixCholeskyTransform": "factors of correlation matrices; `CholeskyTransform`",
    "Cumsum": "increments; `LowerCholeskyAffine` with ones",
    "EmbedCondition": "flows that depend on a context; `context_dim` of `flows`",
    "FFJORD": "flows by differential equations; `flows.neural_spline`",
    "FillTriangular": "vectors as triangular matrices; `jnp.tril_indices`, or `biject_to`",
    "HaarTransform": "wavelets; `DiscreteCosineTransform`",
    "Indexed": "some entries of a vector; `CatTransform`, `MaskedCoupling`",
    "LambertWTail": "heavy tails; `SinhArcsinhTransform`",
    "MatrixInverseTriL": "inverses of triangular matrices; `LowerCholeskyAffine().inv` of vectors",
    "NumericalInverse": "inverses by search, as in `BlockAutoregressiveTransform`",
    "PackRealFastFourierCoefficientsTransform": "periodic signals; `DiscreteCosineTransform`",
    "Pad": "constants at the ends; no bijection, `jnp.pad` of draws",
    "RealFastFourierTransform": "periodic signals; `DiscreteCosineTransform`",
    "RecursiveLinearTransform": "linear dynamics; `LinearGaussianStateSpace`, `MarkovChain`",
    "ScaleMatvecLinearOperatorBlock": "block triangular scales; `LowerCholeskyAffine`",
    "ScaledUnitLowerCholeskyTransform": "`SoftplusLowerCholeskyTransform`, another scale",
    "ShiftedGompertzCDF": "`CumulativeDistributionTransform` of other families",
    "Sinh": "heavy tails; `SinhArcsinhTransform`",
    "SoftClip": "bounds with a linear middle; `IntervalTransform`",
    "Softfloor": "relaxed integers; `Quantized` for likelihoods",
    "Softsign": "a sigmoid with heavy tails; `CumulativeDistributionTransform(StudentT)`",
    "TransformDiagonal": "positive diagonals; `SoftplusLowerCholeskyTransform`",
    "Transpose": "`PermuteTransform`, or `jnp.swapaxes`, which needs no determinant",
}


def is_ours(name: str) -> bool:
    return name in jd.__all__ or f"{name}Transform" in jd.transforms.__all__


def equivalent(kind: str, name: str) -> str | None:
    """What a name of a library is here; None if it is missing."""
    if is_ours(name):
        return name if name in jd.__all__ else f"{name}Transform"
    found = EQUIVALENTS[kind].get(name)
    parts = re.findall(r"\b[A-Z]\w+", found or "")
    return found if parts and all(part in jd.__all__ for part in parts) else None


def by_name(kind: str) -> dict[str, list[str]]:
    """The libraries that have each name."""
    names: dict[str, list[str]] = {}
    for peer, listed in PEERS.items():
        for name in listed[kind]:
            names.setdefault(name, []).append(peer)
    return dict(sorted(names.items()))


def counts() -> list[list[str]]:
    rows = []
    for peer, listed in PEERS.items():
        for kind in ("distributions", "transforms"):
            names = listed[kind]
            found = [equivalent(kind, name) for name in names]
            same = sum(map(is_ours, names))
            other = sum(f is not None for f in found) - same
            if names:
                cells = [len(names), same, other, len(names) - same - other]
                rows.append([peer, kind, *map(str, cells), listed["source"]])
    return rows


def renamed(kind: str) -> list[list[str]]:
    return [
        [f"`{name}`", ", ".join(peers), f"`{found}`"]
        for name, peers in by_name(kind).items()
        if not is_ours(name) and (found := equivalent(kind, name))
    ]


def missing(kind: str) -> list[list[str]]:
    return [
        [f"`{name}`", ", ".join(peers), INSTEAD[name]]
        for name, peers in by_name(kind).items()
        if equivalent(kind, name) is None
    ]


def ours_alone() -> list[str]:
    """Distributions of ours that no other of the libraries has under this name."""
    theirs = set(by_name("distributions")) | set(EQUIVALENTS["distributions"].values())
    kinds = {name: getattr(jd, name) for name in jd.__all__}
    return [
        name
        for name, kind in kinds.items()
        if isinstance(kind, type) and issubclass(kind, jd.Distribution) and name not in theirs
    ]
