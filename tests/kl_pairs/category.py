"""Pairs with p one trial, or one choice among categories."""

from __future__ import annotations

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.kl_pairs.pair import (
    LOGITS,
    OTHER_LOGITS,
    OTHER_PROBS,
    OTHER_WEIGHTS,
    PROBS,
    RATE,
    WEIGHTS,
    Example,
    Pair,
    same_class,
)
from tests.kl_pairs.references import by_summation, of_odds, of_probs

WITH_ZERO, WITHOUT_ZERO = np.array([0.5, 0.5, 0.0]), np.array([0.2, 0.3, 0.5])
MASKED_LOGITS = [0.0, 0.0, -np.inf]

EXAMPLES = {jd.Bernoulli: Example(jd.Bernoulli, stats.bernoulli, (PROBS,), (OTHER_PROBS,))}


def categorical_by_logits(logits):
    return jd.Categorical(logits=logits)


PAIRS = [
    same_class(
        "Bernoulli logits",
        lambda logits: jd.Bernoulli(logits=logits),
        (LOGITS,),
        (OTHER_LOGITS,),
        lambda: of_odds(np.exp(LOGITS), np.exp(OTHER_LOGITS)),
    ),
    Pair(
        "Bernoulli Poisson",
        lambda: (jd.Bernoulli(PROBS), jd.Poisson(RATE / 10)),
        lambda: by_summation(stats.bernoulli(PROBS), stats.poisson(RATE / 10)),
    ),
    same_class(
        "Categorical probs",
        jd.Categorical,
        (WEIGHTS,),
        (OTHER_WEIGHTS,),
        lambda: of_probs(WEIGHTS, OTHER_WEIGHTS),
    ),
    same_class(
        "Categorical logits",
        categorical_by_logits,
        (np.log(WEIGHTS) + 3,),
        (np.log(OTHER_WEIGHTS) + 3,),
        lambda: of_probs(WEIGHTS, OTHER_WEIGHTS),
    ),
    same_class(
        "Categorical masked",
        categorical_by_logits,
        (MASKED_LOGITS,),
        (np.log(WITHOUT_ZERO),),
        lambda: of_probs(WITH_ZERO, WITHOUT_ZERO),
    ),
    same_class(
        "Categorical impossible",
        categorical_by_logits,
        (np.log(WITHOUT_ZERO),),
        (MASKED_LOGITS,),
        lambda: of_probs(WITHOUT_ZERO, WITH_ZERO),
    ),
    same_class(
        "Categorical zero",
        jd.Categorical,
        (WITH_ZERO,),
        (WITHOUT_ZERO,),
        lambda: of_probs(WITH_ZERO, WITHOUT_ZERO),
    ),
    Pair(
        "Softmax EpsilonGreedy",
        lambda: (jd.Softmax([1.0, 2.0, 0.0], 2.0), jd.EpsilonGreedy([1.0, 2.0, 0.0], 0.3)),
        lambda: of_probs(np.exp([0.5, 1.0, 0.0]), [0.1, 0.8, 0.1]),
    ),
    Pair(
        "Greedy Categorical",
        lambda: (jd.Greedy([1.0, 2.0, 2.0]), jd.Categorical(OTHER_WEIGHTS)),
        lambda: of_probs([0.0, 0.5, 0.5], OTHER_WEIGHTS),
    ),
    Pair(
        "OneHotCategorical straight-through",
        lambda: (
            jd.OneHotCategorical(WEIGHTS),
            jd.OneHotCategoricalStraightThrough(logits=np.log(OTHER_WEIGHTS)),
        ),
        lambda: of_probs(WEIGHTS, OTHER_WEIGHTS),
    ),
]
