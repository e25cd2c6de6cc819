"""Programs that evaluate divergences of several pairs at once: compiling is what takes long."""

import functools

import jax
import jax.numpy as jnp

import jaxdist as jd

# These programs run once or twice, and are many: what counts is how long they compile.
quick_jit = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def total_divergence(p, q):
    value = jd.kl_divergence(p, q)
    return jnp.sum(value), value


@quick_jit
def values_and_gradients(distributions):
    """Evaluate pairs (p, q): for each its divergence, and the leaves of both gradients."""
    differentiate = jax.value_and_grad(total_divergence, argnums=(0, 1), has_aux=True)
    results = [differentiate(p, q) for p, q in distributions]
    return [(value, jax.tree.leaves(gradients)) for (_, value), gradients in results]


@quick_jit
def values(distributions):
    return [jd.kl_divergence(p, q) for p, q in distributions]
