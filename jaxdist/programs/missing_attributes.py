"""What to do without the methods that a program has, and what is known of it in part has not."""

from __future__ import annotations

from jaxdist.distribution import Distribution

_BY_A_SAMPLER = (
    "it is a density up to a factor. Draw by a sampler of `unconstrained_log_prob` that starts at "
    "`init`, and map its draws by `constrain`"
)
_INSTEAD = {
    "predict": "call `program.predict(key, values)` of the program that was conditioned, with "
    "values of the others from a sampler: what is not among them is drawn",
    "event_shape": "its values are dicts, whose `shapes` it has",
    "has_rsample": _BY_A_SAMPLER,
}


def missing_attribute(name: str) -> str:
    """Return the message of an AttributeError of `ConditionedProgram`."""
    message = f"ConditionedProgram has no {name!r}"
    if name in _INSTEAD:
        return f"{message}: {_INSTEAD[name]}"
    is_of_distributions = not name.startswith("_") and hasattr(Distribution, name)
    return f"{message}: {_BY_A_SAMPLER}" if is_of_distributions else message
