"""Films: pictures one after another in a GIF or an MP4 file."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from ..runs.atomic_write import replacing

SUFFIXES = (".gif", ".mp4")

LAST_SECONDS = 1.0
"""How long a film stays at its last picture."""


def check(path: Path) -> None:
    """Check that a film can be written in the format of a file (`ValueError`)."""
    if path.suffix not in SUFFIXES:
        raise ValueError(f"a film ends in {' or '.join(SUFFIXES)}; got '{path}'")
    if path.suffix == ".mp4" and shutil.which("ffmpeg") is None:
        raise ValueError("an MP4 file needs the program ffmpeg, which is not installed; use .gif")


def write(path: Path, pictures: Iterable[np.ndarray], fps: float) -> None:
    """Write a film.

    Args:
      path: the file, whose suffix selects the format.
      pictures: the pictures, all of one shape, uint8 `[rows, columns, 3]`.
      fps: pictures per second.

    Raises:
      ValueError: the format is unknown, or ffmpeg is not installed.
      OSError: the file cannot be written.
    """
    check(path)
    frames = list(pictures)
    with replacing(path) as temporary:
        (_write_gif if path.suffix == ".gif" else _write_mp4)(temporary, frames, fps)


def _write_gif(path: Path, frames: list[np.ndarray], fps: float) -> None:
    first, *others = map(Image.fromarray, frames)
    milliseconds = [1000 / fps] * len(others) + [1000 * LAST_SECONDS]
    first.save(
        path, format="GIF", save_all=True, append_images=others, duration=milliseconds, loop=0
    )


def _write_mp4(path: Path, frames: list[np.ndarray], fps: float) -> None:
    rows, columns = (size - size % 2 for size in frames[0].shape[:2])  # H.264 needs even sizes
    still = [frames[-1]] * int(LAST_SECONDS * fps)
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{columns}x{rows}", "-r", str(fps), "-i", "-"]
    command += ["-pix_fmt", "yuv420p", "-f", "mp4", str(path)]
    data = b"".join(frame[:rows, :columns].tobytes() for frame in [*frames, *still])
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode:
        raise OSError(f"ffmpeg could not write '{path}': {done.stderr.decode().strip()}")
