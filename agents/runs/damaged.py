"""The folder for what is damaged: it is moved there instead of being removed."""

from __future__ import annotations

import itertools
from pathlib import Path

DAMAGED = "damaged"
"""The name of the folder, in the run folder."""


def set_aside(path: Path, run_folder: Path) -> Path:
    """Move a file or a folder out of the way; returns where it is now."""
    folder = run_folder / DAMAGED
    folder.mkdir(exist_ok=True)
    targets = (folder / f"{path.stem}-{number}{path.suffix}" for number in itertools.count(1))
    target = next(target for target in targets if not target.exists())
    return path.rename(target)
