"""Arguments of calls, as code: valid ones by the name of their parameter, and wrong ones."""

from __future__ import annotations

JUNK = [
    *("None", "True", "'a'", "''", "b'a'", "object()", "...", "jnp", "lambda x: x", "type"),
    *("-1", "0", "1", "2", "3", "7", "-1.5", "0.0", "0.5", "2.0", "1e30", "1j", "2**40"),
    *("jnp.nan", "jnp.inf", "-jnp.inf", "np.float64(0.3)", "np.int8(3)", "np.bool_(True)"),
    *("[]", "()", "{}", "[1.0, 'a']", "[[1.0], [2.0, 3.0]]", "[None]", "['a', 'b']", "{'a': 1.0}"),
    *("[0.5, 2.0]", "(0.5, 2.0)", "(2, -1)", "(2.0,)", "('2',)", "(None,)", "{1, 2}", "range(3)"),
    *("jnp.ones(2)", "jnp.ones((2, 3))", "jnp.ones((3, 3))", "jnp.zeros(0)", "jnp.ones((3, 1))"),
    *(
        "np.ones(3)",
        "np.ones(5)",
        "jnp.arange(3)",
        "jnp.ones(3, bool)",
        "jnp.ones(3, jnp.bfloat16)",
    ),
    *("jnp.array([1.0, jnp.nan, 2.0])", "jnp.array([-1.0, jnp.inf, 0.0])", "-jnp.ones(3)"),
    *("jnp.ones(3, jnp.complex64)", "np.array(['a', 'b'])", "np.array([None, 1])", "slice(2)"),
    *("np.array('2020-01-01', 'M8')", "jax.ShapeDtypeStruct((3,), jnp.float32)"),
    *("jax.random.key(0)", "jax.random.split(jax.random.key(0))", "jax.random.PRNGKey(0)"),
    *("jnp.zeros(2, jnp.uint32)", "jnp.zeros(3, jnp.uint32)", "jax.random.key(0, impl='rbg')"),
    *(
        "jd.Normal",
        "jd.Normal(0.0, 1.0)",
        "jd.Normal(jnp.zeros(3), 1.0)",
        "jd.Categorical([0.5] * 2)",
    ),
    *(
        "jd.Dirichlet(jnp.ones(3))",
        "jd.Joint({'a': jd.Normal(0.0, 1.0)})",
        "jd.Poisson(jnp.ones(3))",
    ),
    *(
        "jd.ExpTransform",
        "jd.ExpTransform()",
        "jd.StickBreakingTransform()",
        "constraints.positive",
    ),
    *("constraints.simplex", "constraints.interval", "constraints.dependent", "jd.Normal.support"),
    *("estimators.Pathwise", "estimators.Pathwise()", "'pathwise'", "[jd.Normal(0.0, 1.0)] * 2"),
]
"""Arguments of every kind, most of them wrong where they are used."""

BATCH = "jnp.array([0.5, 1.5, 2.5])"
PROBABILITIES = "jnp.array([0.2, 0.3, 0.5])"
MATRIX = "jnp.eye(3)"
CONDITIONER = "lambda x: jnp.zeros_like(x)"
AFFINE = "lambda p: jd.AffineTransform(p, 1.0)"
DISTRIBUTIONS = [
    *("jd.Normal(0.0, 1.0)", f"jd.Gamma({BATCH}, 1.0)", "jd.Bernoulli(0.3)", "jd.Poisson(2.0)"),
    *(
        f"jd.Categorical({PROBABILITIES})",
        f"jd.Dirichlet({BATCH})",
        "jd.Uniform(-1.0, jnp.ones(3))",
    ),
]
TRANSFORMS = [
    "jd.ExpTransform()",
    f"jd.AffineTransform({BATCH}, 2.0)",
    "jd.StickBreakingTransform()",
]
CONSTRAINTS = ["constraints.positive", "constraints.interval(0.0, 2.0)", "constraints.simplex"]
NUMBERS = ["0.5", "2", BATCH]
OPEN_UNIT = ["0.3", "jnp.array([0.2, 0.3, 0.5])"]

VALID: dict[str, list[str]] = {
    **dict.fromkeys(("probs", "gate"), OPEN_UNIT),
    **dict.fromkeys(("logits", "gate_logits", "preferences", "log_weights"), [BATCH]),
    **dict.fromkeys(("covariance_matrix", "precision_matrix", "scale_tril"), [MATRIX]),
    **dict.fromkeys(("base_dist", "dist", "d", "p", "q", "distribution"), DISTRIBUTIONS),
    **dict.fromkeys(("transform", "base_transform"), TRANSFORMS),
    **dict.fromkeys(("constraint", "base_constraint"), CONSTRAINTS),
    **dict.fromkeys(("low", "lower_bound"), ["-1.0"]),
    **dict.fromkeys(("high", "upper_bound"), ["3.0", BATCH]),
    "family": ["jd.Normal", "jd.Gamma", "jd.Dirichlet", "jd.MultivariateNormal"],
    "likelihood": ["jd.Bernoulli", "jd.Poisson", "jd.Uniform", "jd.Categorical"],
    "prior": [
        "jd.Beta(1.0, 1.0)",
        "jd.Gamma(2.0, 1.0)",
        "jd.Pareto(1.0, 2.0)",
        "jd.Normal(0.0, 1.0)",
    ],
    "data": ["[1.0, 2.0, 3.0]", "[1, 0, 1]", "jnp.ones((4, 3))"],
    "weights": ["[1.0, 0.5, 2.0]"],
    "at": ["jd.special.Probability(0.3, 0.7, -1.2, -0.36)"],
    "rank": ["2"],
    "level": ["0.9"],
    **dict.fromkeys(("scale_matrix", "scale_tril_row", "scale_tril_column"), [MATRIX]),
    "sample_shape": ["()", "2", "(2, 3)"],
    "shape": ["3", "(3,)", "(2, 3)"],
    **dict.fromkeys(("expand", "has_aux", "hard", "validate_args", "compiled"), ["True"]),
    **dict.fromkeys(("reinterpreted_batch_ndims", "event_dim", "split_index"), ["1"]),
    **dict.fromkeys(("f", "program", "control_variate", "function"), ["lambda x: x"]),
    **dict.fromkeys(("num_samples", "number", "num_keys", "iterations"), ["4"]),
    **dict.fromkeys(("estimator", "estimators"), ["'score_function'", "None"]),
    **dict.fromkeys(("terminated_t", "truncated_t"), ["jnp.zeros(3, bool)"]),
    **dict.fromkeys(("gamma", "lambda_", "epsilon", "decay", "damping"), ["0.5"]),
    **dict.fromkeys(("widths", "heights"), ["jnp.zeros(4)"]),
    "base_transform": ["jd.ExpTransform()"],
    "batch_shape": ["(2, 3)"],
    "clip_c": ["1.0"],
    "clip_rho": ["1.0"],
    "component_distribution": [f"jd.Normal({BATCH}, 1.0)"],
    "component_distributions": ["[jd.Normal(0.0, 1.0), jd.Laplace(0.0, 1.0)]"],
    "conditioner": [CONDITIONER],
    "cov_factor": ["jnp.ones((3, 2))"],
    "cseq": ["[constraints.positive, constraints.real]"],
    "dim": ["-1", "3"],
    "dtype": ["jnp.float32"],
    "dimensions": ["3"],
    "draws": ["'antithetic'"],
    "in_shape": ["(6,)"],
    "key": ["jax.random.key(0)"],
    "lengths": ["[1, 2]"],
    "mean_direction": ["[0.6, 0.0, 0.8]"],
    **dict.fromkeys(("correlation_matrix", "correlation_cholesky"), [MATRIX]),
    "mask": ["True", "[True, False, True]"],
    "mixture_distribution": [f"jd.Categorical({PROBABILITIES})", "jd.Categorical([0.5, 0.5])"],
    "out_shape": ["(2, 3)"],
    "parts": ["[jd.ExpTransform(), jd.AffineTransform(0.0, 2.0)]"],
    "permutation": ["[2, 0, 1]"],
    "policy": ["lambda params: jd.Categorical(logits=params)"],
    "slopes": ["jnp.zeros(3)"],
    "temperature": ["0.5"],
    "total_count": ["3"],
    "transforms": ["[jd.ExpTransform()]", "jd.TanhTransform()"],
    "tree": ["{'a': jd.Normal(0.0, 1.0), 'b': jd.Poisson(2.0)}"],
    "tseq": ["[jd.ExpTransform(), jd.TanhTransform()]"],
    "value": [*NUMBERS, PROBABILITIES],
    "values": ["[1.0, 2.0, 3.0]"],
}
"""Valid arguments by the name of the parameter; of other parameters, `NUMBERS` are."""
SPECIAL = {
    ("MaskedAutoregressive", "transform"): [AFFINE],
    ("MaskedCoupling", "transform"): [AFFINE],
    ("SplitCoupling", "transform"): [AFFINE],
    ("Wishart", "df"): ["4.0"],
    ("InverseWishart", "df"): ["4.0"],
    ("MatrixNormal", "loc"): [MATRIX],
    ("MatrixT", "loc"): [MATRIX],
    ("ProjectedNormal", "concentration"): [BATCH],
    ("GaussianCopula", "base_dist"): [f"jd.Normal({BATCH}, 1.0)"],
    ("LKJ", "dim"): ["3"],
    ("ZeroSumNormal", "dim"): ["3"],
    **{(name, "low"): ["-1.0"] for name in ("Truncated", "Censored", "Quantized")},
    **dict.fromkeys(
        [(name, "base_dist") for name in ("Truncated", "Censored", "Quantized", "Folded")],
        ["jd.Normal(0.0, 1.0)", f"jd.Logistic({BATCH}, 1.0)"],
    ),
    ("LKJCholesky", "dim"): ["3"],
    ("DiscreteUniform", "low"): ["0"],
    **{("bits", "dtype"): ["jnp.uint32"], ("multinomial", "shape"): ["(2, 3)"]},
    **dict.fromkeys([("integers", "low"), ("integers", "high")], ["0", "3", "jnp.arange(3)"]),
    ("DiscreteUniform", "high"): ["3"],
    ("CumulativeDistributionTransform", "distribution"): ["jd.Logistic(0.0, 1.0)"],
    ("program_expectation", "program"): ["lambda draw: draw(jd.Normal(0.0, 1.0))"],
}
