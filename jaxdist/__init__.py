"""torch.distributions for JAX: immutable pytrees, explicit keys, exact in float32."""

from jaxdist.lazy_imports import attach_stub

__version__ = "0.1.0"

# The public names stand in `__init__.pyi`.
__getattr__, __all__ = attach_stub(__name__)


def __dir__() -> list[str]:
    """List the public names alone, for completion and `dir`."""
    return [*__all__, "__version__"]
