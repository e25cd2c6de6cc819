"""Programs that differ between platforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax


def platform_dependent(
    *arguments: Any, cpu: Callable[..., Any], default: Callable[..., Any], calls_host: bool
) -> Any:
    """`jax.lax.platform_dependent`, also for functions that call the host.

    JAX cannot `vmap` a choice between functions with effects. Those run the function for CPUs on
    every platform: the calls of the host take most of their time.

    Args:
      *arguments: arguments of the functions.
      cpu: the function for CPUs.
      default: the function for other platforms.
      calls_host: whether the functions have effects.
    """
    if calls_host:
        return cpu(*arguments)
    return jax.lax.platform_dependent(*arguments, cpu=cpu, default=default)
