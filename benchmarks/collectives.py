"""Read an optimized XLA program: what its devices communicate."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from benchmarks.launches import Instruction, parse

OPCODES = (
    *("all-reduce", "all-gather", "all-to-all", "ragged-all-to-all", "reduce-scatter"),
    *("collective-permute", "collective-broadcast", "send", "recv"),
)

_TYPE = re.compile(r" = (.*?) [a-z][\w\-]*\(")
_INTEGER = re.compile(r" = s32\[\]\S* constant\((\d+)\)")
_SHAPE = re.compile(r"\b([a-z]+)(\d*)\w*\[([\d,]*)\]")


@dataclass(frozen=True)
class Collective:
    """An instruction by which devices communicate.

    Attributes:
      opcode: its operation, one of `OPCODES`.
      num_bytes: the size of its result on one device.
      times: how often it runs, a loop of unknown length counted as one iteration.
    """

    opcode: str
    num_bytes: int
    times: int = 1


def collectives(text: str) -> list[Collective]:
    """The collectives of one run of a program, where conditionals take every branch."""
    computations, entry = parse(text)

    def of_computation(name: str) -> list[Collective]:
        return [one for instruction in computations[name] for one in of(instruction)]

    def of(instruction: Instruction) -> list[Collective]:
        opcode = instruction.opcode
        if opcode == "while":
            times = _trip_count(instruction, computations[instruction.called("condition")])
            body = of_computation(instruction.called("body"))
            return [replace(one, times=times * one.times) for one in body]
        if opcode == "conditional":
            return [one for branch in instruction.branches for one in of_computation(branch)]
        if opcode in ("call", "call-start", "async-start", "fusion"):
            called = instruction.called("calls") or instruction.called("to_apply")
            return of_computation(called)
        if opcode.removesuffix("-start") in OPCODES:
            return [Collective(opcode.removesuffix("-start"), _num_bytes(instruction))]
        return []

    return of_computation(entry)


def _trip_count(loop: Instruction, condition: list[Instruction]) -> int:
    """The number of iterations; where none is noted, from a condition `counter < constant`."""
    if loop.trip_count is not None:
        return loop.trip_count
    text = "\n".join(instruction.line for instruction in condition)
    limits = _INTEGER.findall(text)
    return int(limits[0]) if len(limits) == 1 and "direction=LT" in text else 1


def _num_bytes(instruction: Instruction) -> int:
    match = _TYPE.search(instruction.line)
    shapes = _SHAPE.findall(match.group(1)) if match else []
    return sum(
        math.prod(map(int, filter(None, dimensions.split(",")))) * int(bits or 8) // 8
        for _, bits, dimensions in shapes
    )
