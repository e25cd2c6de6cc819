"""Read an optimized XLA program: what it launches, and its loops.

A program is text: computations, each with instructions of the form `%name = type opcode(...)`.
"""

from __future__ import annotations

import collections
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

_COMPUTATION = re.compile(r"(ENTRY )?%?([\w.\-]+) \(.*\{$")
_INSTRUCTION = re.compile(r"\s+(?:ROOT )?%?[\w.\-]+ = .*? ([a-z][\w\-]*)\(")
_TRIP_COUNT = re.compile(r'"?known_trip_count"?:\{"n":"(\d+)"')
_NAME = r"%?([\w.\-]+)"
_BRANCHES = re.compile(rf"(?:true|false)_computation={_NAME}|branch_computations=\{{([^}}]*)\}}")
_FREE = {
    *("parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all"),
    *("add-dependency", "opt-barrier", "domain", "partition-id", "replica-id"),
}
"""Instructions that only name or arrange buffers."""

Launches = collections.Counter[str]
"""Numbers of launches, by opcode."""


@dataclass(frozen=True)
class Instruction:
    """An instruction of a program.

    Attributes:
      opcode: its operation, `fusion` or `while` for example.
      line: its text.
    """

    opcode: str
    line: str

    @property
    def trip_count(self) -> int | None:
        """The number of iterations of a loop, None if it is unknown."""
        match = _TRIP_COUNT.search(self.line)
        return int(match.group(1)) if match else None

    @property
    def branches(self) -> list[str]:
        """The computations of a conditional's branches."""
        found = [name or names for name, names in _BRANCHES.findall(self.line)]
        return [name.strip(" %") for name in ",".join(found).split(",")]

    def called(self, attribute: str) -> str:
        """The computation that an attribute names, empty if there is none."""
        match = re.search(rf"\b{attribute}={_NAME}", self.line)
        return match.group(1) if match else ""


def parse(text: str) -> tuple[dict[str, list[Instruction]], str]:
    """Return the instructions of each computation, and the name of the one that is run."""
    computations: dict[str, list[Instruction]] = {}
    entry, instructions = "", None
    for line in text.splitlines():
        if instructions is None:
            if header := _COMPUTATION.match(line):
                instructions = computations.setdefault(header.group(2), [])
                entry = header.group(2) if header.group(1) else entry
        elif line.startswith("}"):
            instructions = None
        elif match := _INSTRUCTION.match(line):
            instructions.append(Instruction(match.group(1), line))
    return computations, entry


def count_launches(text: str) -> Launches:
    """Count what one run of a GPU program launches: kernels, library calls and copies, by opcode.

    A loop of known length launches its body so often, and not its condition, which is not
    evaluated; a loop of unknown length counts as one iteration. Of a conditional the branch that
    launches most counts, and of an asynchronous instruction the start. A call of a library, which
    may launch several kernels, is one launch.
    """
    computations, entry = parse(text)
    return _counter(computations)(entry)


def count_iteration(text: str, length: int) -> Launches:
    """Count what one iteration of a loop launches, the outermost one of a given length.

    Raises:
      ValueError: if the program has no loop of that length.
    """
    computations, entry = parse(text)
    loops = [one for one in computations[entry] if one.trip_count == length]
    if not loops:
        raise ValueError(f"the program has no outermost loop with {length} iterations")
    return _counter(computations)(loops[0].called("body"))


def _counter(computations: dict[str, list[Instruction]]) -> Callable[[str], Launches]:
    """The function that counts the launches of a computation, given its name."""

    @functools.cache
    def count(name: str) -> Launches:
        total = Launches()
        for instruction in computations[name]:
            total.update(of_instruction(instruction))
        return total

    def of_instruction(instruction: Instruction) -> Launches:
        opcode = instruction.opcode
        if opcode == "while":
            body = count(instruction.called("body"))
            if instruction.trip_count is None:
                return body + count(instruction.called("condition"))
            return Launches({kind: instruction.trip_count * n for kind, n in body.items()})
        if opcode == "conditional":
            return max(map(count, instruction.branches), key=Launches.total)
        if opcode in ("call", "call-start", "async-start"):
            return count(instruction.called("calls") or instruction.called("to_apply"))
        if opcode in _FREE or opcode.endswith(("-done", "-update")):
            return Launches()
        return Launches({opcode.removesuffix("-start"): 1})

    return count


def loops(text: str) -> list[int | None]:
    """The number of iterations of each loop of a program, None where it is unknown."""
    computations, _ = parse(text)
    instructions = [one for computation in computations.values() for one in computation]
    return [one.trip_count for one in instructions if one.opcode == "while"]
