"""The command line."""

from __future__ import annotations

import argparse
import importlib
import os
import re
from pathlib import Path

import jax

import benchmarks.ahead_of_time
from benchmarks import compilers
from benchmarks.ahead_of_time.options import Options

SECTIONS = ("samplers", "training", "everything", "pod")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=benchmarks.ahead_of_time.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    devices = list(compilers.PACKAGES)
    parser.add_argument("--device", nargs="+", choices=devices, default=devices)
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument(
        "--only", type=pattern, default=".", metavar="REGEX", help="rows whose name matches"
    )
    parser.add_argument(
        "--purejaxrl", type=Path, metavar="PATH", help="PureJaxRL's checkout, to compare with"
    )
    arguments = parser.parse_args()
    for device in arguments.device:
        compilers.require(device)
    if "JAX_PLATFORMS" not in os.environ:
        jax.config.update("jax_platforms", "cpu")
    options = Options(tuple(arguments.device), arguments.only, arguments.purejaxrl)
    print(f"jax {jax.__version__}\n")
    for name in arguments.sections:  # imported here: they need packages of the extra
        importlib.import_module(f"benchmarks.ahead_of_time.{name}").print_tables(options)


def pattern(text: str) -> re.Pattern[str]:
    """Compile a regular expression."""
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not a regular expression: {error}") from None


if __name__ == "__main__":
    main()
