"""The algorithms, one file each, their registry and their presets."""

from jaxdist.lazy_imports import attach_stub

__getattr__, __all__ = attach_stub(__name__)


def __dir__() -> list[str]:
    return __all__
