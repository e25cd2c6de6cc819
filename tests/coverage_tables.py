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
        "Dagum": "TransformedDistribution(Beta, PowerTransform)",
        "DoublyTruncatedPowerLaw": "Truncated(Pareto)",
        "DoublesidedMaxwell": "Mixture(Maxwell, TransformedDistribution)",
        "Epanechnikov": "TransformedDistribution(Beta(2, 2), AffineTransform)",
        "EulerMaruyama": "MarkovChain",
        "GammaGamma": "Scaled(FisherSnedecor)",
        "Inflated": "ZeroInflated",
        "InverseWishartCholesky": "TransformedDistribution(InverseWishart, CholeskyTransform)",
        "LambertWDistribution": "TransformedDistribution(LambertWTransform)",
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
        "HurdleDistribution": "Hurdle",
        "HurdleGamma": "Hurdle(Gamma)",
        "HurdleLogNormal": "Hurdle(LogNormal)",
        "HurdleNegativeBinomial2": "Hurdle(NegativeBinomial)",
        "TruncatedDistribution": "Truncated",
        "TruncatedGamma": "Truncated(Gamma)",
        "ZeroInflatedDistribution": "ZeroInflated",
        "ZeroInflatedNegativeBinomial2": "ZeroInflated(NegativeBinomial)",
    },
    "transforms": {
        "LambertWTail": "LambertWTransform",
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

# Of the object systems of other libraries: names of parameters, trees, tracking of variables.
PLUMBING = {
    "array_equiv",
    "batch_shape_tensor",
    "call_with_intermediates",
    "copy",
    "domain",
    "eq",
    "event_shape_tensor",
    "experimental_batch_shape",
    "experimental_batch_shape_tensor",
    "experimental_local_measure",
    "experimental_shard_axis_names",
    "forward_event_shape_tensor",
    "gather_pytree_aux_fields",
    "gather_pytree_data_fields",
    "get_args",
    "graph_parents",
    "inverse_event_shape_tensor",
    "masked_dense",
    "multiply_no_nan",
    "name",
    "param_shapes",
    "param_static_shapes",
    "parameter_properties",
    "parameters",
    "params",
    "partype",
    "pytree_aux_fields",
    "pytree_data_fields",
    "reparametrized_params",
    "straight_through_wrapper",
    "test_distr",
    "test_samples",
    "trainable_variables",
    "tree_flatten",
    "tree_unflatten",
    "variables",
    "with_cache",
}
# Methods, functions and constraints that have another name here, or something else in their place.
# Code in backquotes begins with `d.`, a method, `t.`, that of a transform, or `jd.`.
OTHERS = {
    "methods": {
        "allow_nan_stats": "always: a moment that does not exist is NaN",
        "as_bijector": "transforms are classes: `jd.Transform`",
        "as_distribution": "`jd.interop.from_tfp`",
        "binaryentropy": "`d.entropy() / jnp.log(2)`",
        "canonform": "`d.natural_parameters`",
        "ccdf": "`d.survival_function`",
        "censored": "`jd.Censored`",
        "cf": "`jd.characteristic_function`",
        "cgf": "`jd.cumulant_generating_function`",
        "component": "index the part `component_distribution` of `jd.MixtureSameFamily`",
        "components": "`component_distributions` of `jd.Mixture`",
        "componentwise_logpdf": "`log_prob` of the part `component_distribution`",
        "componentwise_pdf": "`log_prob` of the part `component_distribution`",
        "concentration": "the parameter, where there is one",
        "cquantile": "`d.isf`",
        "cumulant": "`d.mean`, `d.variance`, `d.skewness`, `d.kurtosis`, `d.moment`",
        "dim": "`d.event_shape`",
        "dof": "the parameter `df`",
        "estimate_kl_best_effort": "`jd.kl_divergence`, else `jd.monte_carlo_kl`",
        "event_dim": "`len(d.event_shape)`; of a transform, of its domain and `t.codomain`",
        "event_ndims_in": "`t.domain`",
        "event_ndims_out": "`t.codomain`",
        "expand_by": "`d.expand`",
        "expected_logdet": "a mean parameter: `d.mean_parameters` of `jd.Wishart`",
        "experimental_compute_density_correction": "`t.log_abs_det_jacobian`",
        "experimental_default_event_space_bijector": "`jd.biject_to(d.support)`",
        "experimental_fit": "`jd.fit`",
        "experimental_sample_and_log_prob": "`d.sample_and_log_prob`",
        "failprob": "one minus the parameter `probs`",
        "fit_map": "none: `jd.posterior` where it is conjugate",
        "fit_mle": "`jd.fit`",
        "forward": "call it: `t(x)`",
        "forward_dtype": "that of its argument; `t.dtype` of its parameters",
        "forward_event_ndims": "`t.codomain`",
        "forward_event_shape": "`t.forward_shape`",
        "forward_log_det_jacobian": "`t.log_abs_det_jacobian`",
        "forward_min_event_ndims": "`t.domain`",
        "freecumulant": "of random matrices, not of data",
        "gradlogpdf": "`jax.grad(d.log_prob)`",
        "hasfinitesupport": "`d.has_enumerate_support`",
        "importance_sampling_ratios": "`jd.importance_ratio`",
        "independent_joint_distribution_from_structure": "`jd.Joint`",
        "infer_shapes": "`jax.eval_shape` of the constructor",
        "insupport": "`d.support.check(x)`, or `d.log_prob(x) > -inf`",
        "invcov": "the parameter `precision_matrix` of `jd.MultivariateNormal`",
        "inverse": "`t.inv`",
        "inverse_dtype": "that of its argument",
        "inverse_event_ndims": "`t.domain`",
        "inverse_event_shape": "`t.inverse_shape`",
        "inverse_log_det_jacobian": "`t.inv.log_abs_det_jacobian`",
        "inverse_min_event_ndims": "`t.codomain`",
        "invlogccdf": "`d.ilog_survival_function`",
        "invlogcdf": "`d.ilog_cdf`",
        "invscale": "one over the parameter `scale`",
        "is_constant_jacobian": "not needed: XLA folds constants",
        "is_constant_log_det": "not needed: XLA folds constants",
        "is_discrete": "`d.support.is_discrete`",
        "is_scalar_batch": "`d.batch_shape == ()`",
        "is_scalar_event": "`d.event_shape == ()`",
        "isbounded": "`d.support`",
        "isleptokurtic": "the sign of `d.kurtosis`",
        "islowerbounded": "`d.support`",
        "ismesokurtic": "the sign of `d.kurtosis`",
        "isplatykurtic": "the sign of `d.kurtosis`",
        "isprobvec": "`jd.constraints.simplex.check(x)`",
        "isupperbounded": "`d.support`",
        "kde": "`jd.MixtureSameFamily` with a component for each observation",
        "kldivergence": "`jd.kl_divergence`",
        "location": "the parameter `loc`",
        "logccdf": "`d.log_survival_function`",
        "logcdf": "`d.log_cdf`",
        "logdetcov": "`jnp.linalg.slogdet(d.covariance())`",
        "logdiffcdf": "`jd.log_interval_prob`",
        "loglikelihood": "`d.log_prob(x).sum()`",
        "logpdf": "`d.log_prob`",
        "logpmf": "`d.log_prob`",
        "mask": "`jd.Masked`",
        "mc_estimate_kl": "`jd.monte_carlo_kl`",
        "mc_estimate_kl_with_reparameterized": "`jd.monte_carlo_kl`",
        "mc_estimate_mode": "`d.mode`; else the likeliest of draws",
        "meandir": "the parameter `mean_direction`",
        "meanform": "`d.mean_parameters`",
        "meanlogx": "a mean parameter: `d.mean_parameters` of `jd.Gamma`",
        "mgf": "`jd.moment_generating_function`",
        "modes": "`d.mode`, one of them",
        "mvn_conjugate_linear_update": "`jd.posterior`, or `jd.LinearGaussianStateSpace`",
        "ncategories": "the length of `logits`",
        "ncomponents": "the length of `component_distributions`",
        "normal_conjugates_known_scale_posterior": "`jd.posterior`",
        "normal_conjugates_known_scale_predictive": "`jd.posterior`, and the sum of the variances",
        "nsamples": "the first axes of the draws",
        "ntrials": "the parameter `total_count`",
        "pdf": "`jnp.exp(d.log_prob(x))`",
        "pmf": "`jnp.exp(d.log_prob(x))`",
        "prob": "`jnp.exp(d.log_prob(x))`",
        "probs": "the parameter",
        "probval": "`jnp.exp(d.log_prob(x))` of `jd.Uniform`",
        "product_distribution": "`jd.Independent`, `jd.Joint`",
        "qqbuild": "`d.icdf` of even probabilities beside the sorted data",
        "quadrature_scheme_lognormal_gauss_hermite": "`jd.expectation`",
        "quadrature_scheme_lognormal_quantiles": "`jd.expectation`",
        "quantile": "`d.icdf`",
        "rate": "the parameter, where there is one",
        "register_inverse": "transforms are classes: `jd.Transform`",
        "reparameterization_type": "`d.has_rsample`",
        "same_as": "`jax.tree.map` of `==`",
        "sample_n": "`d.sample`",
        "sample_with_intermediates": "`d.sample_and_log_prob`",
        "sampler": "not needed: `d.sample` compiles for its shape",
        "scale": "the parameter, where there is one",
        "set_default_validate_args": "`jd.set_validation`, `jd.validation`",
        "shape": "of a draw, `d.batch_shape + d.event_shape`; else a parameter",
        "span": "the ends of `d.support`",
        "sqmahal": "minus twice `d.log_prob(x) - d.log_prob(d.mean)` of a normal one",
        "std": "`d.stddev`",
        "stdlogx": "of the base of `jd.LogNormal`, `d.stddev`",
        "succprob": "the parameter `probs`",
        "suffstats": "not needed: `jd.fit` and `jd.posterior` take the data",
        "to_event": "`jd.Independent`",
        "to_tfp": "`jd.interop.to_tfp`",
        "truncated": "`jd.Truncated`",
        "unnormalized_log_prob": "`d.log_prob`",
        "var": "`d.variance`",
        "varlogx": "of the base of `jd.LogNormal`, `d.variance`",
        "wsample": "`jd.Empirical` with `probs`",
    },
    "constraints": {
        "circular": "`jd.constraints.real`: densities on the circle have a period",
        "complex": "two of `jd.constraints.real`: there are no complex draws",
        "open_interval": "`jd.constraints.interval`; `jd.biject_to` it stays inside",
        "ordered_vector": "`jd.constraints.ordered`",
        "scaled_unit_lower_cholesky": "`jd.constraints.lower_cholesky`; any map onto it",
        "softplus_lower_cholesky": "`jd.constraints.lower_cholesky`; "
        "`jd.SoftplusLowerCholeskyTransform` onto it",
        "softplus_positive": "`jd.constraints.positive`; `jd.SoftplusTransform` onto it",
    },
}

# What is missing: what it is for, and what serves instead.
INSTEAD = {
    "BetaQuotient": "a ratio of proportions; `Program` draws both `Beta`",
    "Chernoff": "limits of estimators, not a model of data",
    "ComplexCircularlySymmetricNormal": "signals; `MultivariateNormal` of real and imaginary parts",
    "ComplexMultivariateUnitNormal": "signals; `MultivariateNormal` of real and imaginary parts",
    "ComplexNormal": "signals; `MultivariateNormal` of real and imaginary parts",
    "EdgeworthMean": "approximations of sums, not models of data",
    "EdgeworthSum": "approximations of sums, not models of data",
    "EdgeworthZ": "approximations of sums, not models of data",
    "KSDist": "p-values of a test; `scipy.stats.kstwo`",
    "KSOneSided": "p-values of a test; `scipy.stats.ksone`",
    "Kolmogorov": "p-values of a test; `scipy.stats.kstwobign`",
    "MatrixBeta": "ratios of covariance matrices; `Program` of two `Wishart`",
    "MatrixFDist": "ratios of covariance matrices; `Program` of two `Wishart`",
    "PoissonLogNormalQuadratureCompound": "overdispersed counts; `NegativeBinomial`, `Program`",
    "StudentizedRange": "p-values of a test; `scipy.stats.studentized_range`",
    "TruncatedPolyaGamma": "Gibbs sampling of logistic models; Hamiltonian Monte Carlo instead",
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
    "MatrixInverseTriL": "inverses of triangular matrices; `LowerCholeskyAffine().inv` of vectors",
    "NumericalInverse": "inverses by search, as in `BlockAutoregressiveTransform`",
    "PackRealFastFourierCoefficientsTransform": "periodic signals; `CirculantNormal`",
    "Pad": "constants at the ends; no bijection, `jnp.pad` of draws",
    "RealFastFourierTransform": "periodic signals; `CirculantNormal`, `DiscreteCosineTransform`",
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
        for name in listed.get(kind, ()):
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


def has_other_name(kind: str, name: str) -> bool:
    """Whether a method, function or constraint of a library is none of the same name here."""
    places = (jd, jd.Distribution, jd.Transform, jd.ExponentialFamily)
    places = (jd.constraints,) if kind == "constraints" else places
    return name not in PLUMBING and not any(hasattr(place, name) for place in places)


def others(kind: str) -> list[list[str]]:
    """What is here in the place of methods, functions or constraints of another name."""
    return [
        [f"`{name}`", ", ".join(peers), OTHERS[kind][name]]
        for name, peers in by_name(kind).items()
        if has_other_name(kind, name)
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
