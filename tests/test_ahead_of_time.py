"""Everything compiles for GPUs and TPUs; what their programs launch; the command that prints it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
from jax import lax

import agents
import jaxdist as jd
from benchmarks import compilers, launches
from benchmarks.ahead_of_time import __main__ as command
from tests.program_catalog import GROUPS, failures

PLATFORMS = ("cuda", "rocm", "tpu")
EVERY = [group for groups in GROUPS.values() for group in groups]
needs_compilers = pytest.mark.skipif(
    not all(map(compilers.is_available, compilers.PACKAGES)),
    reason='needs XLA\'s compilers: pip install -e ".[ahead-of-time]"',
)


def lower(function, *args):
    compilers.lower_for_platforms(PLATFORMS, function, *args)


def described(errors):
    return "\n".join(f"{name}: {error!r}" for name, error in errors.items())


# --- everything ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "group",
    [pytest.param(g, marks=() if g.quick else pytest.mark.slow, id=g.name) for g in EVERY],
)
def test_everything_is_lowered_for_gpus_and_tpus(group):
    """Without their compilers: what is only there on a CPU, LAPACK for one, is an error."""
    errors = failures(lower, *group.make())
    assert not errors, described(errors)


@pytest.mark.slow
@needs_compilers
@pytest.mark.parametrize("device", compilers.PACKAGES)
@pytest.mark.parametrize("group", [g for g in EVERY if g.first], ids=str)
def test_everything_compiles(group, device):
    def compile_(function, *args):
        compilers.lower_for(device, function, *args).compile()

    errors = failures(compile_, *group.make())
    assert not errors, described(errors)


def test_failures_name_the_function():
    """JAX has the Schur decomposition on a CPU alone."""
    functions = {"sum": jnp.sum, "schur": lax.linalg.schur}
    errors = failures(lower, functions, (jnp.eye(3),))
    assert list(errors) == ["schur"]
    assert "not found for platforms" in str(errors["schur"])


def test_the_host_does_not_decide_what_a_program_is():
    """`jax.lax.platform_dependent` does, by the device that the program is for."""
    modules = [
        path for package in (jd, agents) for path in Path(package.__file__).parent.rglob("*.py")
    ]
    assert [path for path in modules if "default_backend" in path.read_text()] == []


# --- reading programs ----------------------------------------------------------------------------

PROGRAM = """
HloModule jit_f, is_scheduled=true

%fused_add (p: s32[]) -> s32[] {
  %p = s32[] parameter(0)
  ROOT %add.1 = s32[] add(%p, %p)
}

%body.1 (arg: (s32[], f32[8,8])) -> (s32[], f32[8,8]) {
  %arg = (s32[], f32[8,8]{1,0}) parameter(0)
  %i = s32[] get-tuple-element(%arg), index=0
  %next = s32[] fusion(%i), kind=kLoop, calls=%fused_add
  %copy.1 = f32[8,8]{1,0} copy(%x)
  ROOT %tuple.1 = (s32[], f32[8,8]{1,0}) tuple(%next, %copy.1)
}

%condition.1 (arg: (s32[], f32[8,8])) -> pred[] {
  %arg.1 = (s32[], /*index=1*/f32[8,8]{1,0}) parameter(0)
  ROOT %less = pred[] fusion(%arg.1), kind=kLoop, calls=%fused_compare
}

%few (arg: (f32[8,8])) -> (f32[8,8]) {
  %arg.2 = (f32[8,8]{1,0:T(8,128)}) parameter(0)
  ROOT %out = (f32[8,8]{1,0}, s32[]) custom-call(%arg.2), custom_call_target="cusolver_potrf_ffi"
}

%many (arg: (f32[8,8])) -> (f32[8,8]) {
  %arg.3 = (f32[8,8]{1,0}) parameter(0)
  %one = f32[8,8]{1,0} fusion(%arg.3), kind=kLoop, calls=%fused_add
  ROOT %two = (f32[8,8]{1,0}) fusion(%one), kind=kLoop, calls=%fused_add
}

%asynchronous (p.2: f32[8,8]) -> f32[8,8] {
  %p.2 = f32[8,8]{1,0} parameter(0)
  ROOT %slice.1 = f32[8,8]{1,0} dynamic-slice(%p.2), dynamic_slice_sizes={8,8}
}, execution_thread="parallel"

ENTRY %main.9 (x: f32[8,8]) -> f32[8,8] {
  %x = f32[8,8]{1,0} parameter(0), metadata={op_name="jit(f)/while(x)"}
  %zero = s32[] constant(0)
  %copy-start.1 = (f32[8,8]{1,0}, f32[8,8]{1,0:S(5)}, u32[]) copy-start(%x)
  %copy-done.1 = f32[8,8]{1,0} copy-done(%copy-start.1)
  %start = ((f32[8,8]{1,0}), f32[8,8]{1,0}) async-start(%x), calls=%asynchronous
  %done = f32[8,8]{1,0} async-done(%start)
  %while.1 = (s32[], f32[8,8]{1,0}) while(%init), condition=%condition.1, body=%body.1, \
backend_config={"known_trip_count":{"n":"7"},"known_init_step":{"init":"0","step":"1"}}
  %while.2 = (s32[], f32[8,8]{1,0}) while(%while.1), condition=%condition.1, body=%body.1
  %if = (f32[8,8]{1,0}) conditional(%b, %x, %x), true_computation=%few, false_computation=%many
  %case = (f32[8,8]{1,0}) conditional(%i, %x, %x), branch_computations={%few, %many}
  ROOT %call.1 = (f32[8,8]{1,0}) call(%case), to_apply=%few
}
"""


def test_launches_of_a_program_counted_by_hand():
    """7 + 1 iterations, whose condition is evaluated where their number is unknown; and so on."""
    fusions, copies = 7 + (1 + 1) + 2 + 2, 1 + 7 + 1
    expected = {"fusion": fusions, "copy": copies, "custom-call": 1, "dynamic-slice": 1}
    assert launches.count_launches(PROGRAM) == expected
    assert launches.count_iteration(PROGRAM, 7) == {"fusion": 1, "copy": 1}
    assert launches.loops(PROGRAM) == [7, None]


def test_an_iteration_of_a_loop_that_is_not_there():
    with pytest.raises(ValueError, match="no outermost loop with 8 iterations"):
        launches.count_iteration(PROGRAM, 8)


def small_program(x, bound):
    x, _ = lax.scan(lambda x, _: (jnp.sin(x @ x), None), x, length=7)
    x = lax.while_loop(lambda x: jnp.sum(x) < bound, lambda x: 2 * x, x)
    return lax.cond(bound > 3, lambda x: jnp.cumsum(x, 0) @ x, jnp.linalg.cholesky, x)


@pytest.mark.slow
@needs_compilers
def test_launches_of_a_small_program():
    program = compilers.compile_for("h100", small_program, jnp.eye(64), jnp.float32(3.0))
    assert program.loops == 2
    assert program.unknown_loops == 1
    # Each iteration is a matrix product with its sine, the counter and a copy.
    assert launches.count_iteration(program.text, 7) == {"fusion": 2, "copy": 1}
    assert 20 <= program.num_launches <= 40
    assert program.temporary_bytes > 0


@pytest.mark.slow
@needs_compilers
def test_a_tpu_program_has_an_estimate():
    program = compilers.compile_for("tpu", jd.Normal(0.0, 1.0).sample, jax.random.key(0))
    assert 0 < program.estimated_seconds < 1e-3


# --- the command ---------------------------------------------------------------------------------


@pytest.mark.parametrize("device", compilers.PACKAGES)
def test_a_missing_compiler_names_the_extra(monkeypatch, device):
    monkeypatch.setattr(compilers, "is_available", lambda name: False)
    monkeypatch.setattr(sys, "argv", ["ahead_of_time", "--device", device])
    with pytest.raises(SystemExit, match=rf"{device} is missing.*\.\[ahead-of-time\]") as stopped:
        command.main()
    assert stopped.value.code not in (0, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "("], r"'\(' is not a regular expression"),
        (["--device", "h200"], "invalid choice: 'h200'"),
        (["--sections", "sampler"], "invalid choice: 'sampler'"),
    ],
)
def test_bad_arguments(monkeypatch, capsys, arguments, message):
    monkeypatch.setattr(sys, "argv", ["ahead_of_time", *arguments])
    with pytest.raises(SystemExit, match="2"):
        command.main()
    assert re.search(message, capsys.readouterr().err)


@pytest.mark.slow
@needs_compilers
@pytest.mark.parametrize("section", command.SECTIONS)
def test_the_command_prints_tables(section):
    """In a process of its own, which is not told to leave accelerators alone."""
    row = {"samplers": "^Normal$", "training": "^A2C", "everything": "^Exp, transform"}[section]
    arguments = ["--device", "h100", "--sections", section, "--only", row]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ahead_of_time", *arguments],
        cwd=Path(__file__).parent.parent,
        env={name: value for name, value in os.environ.items() if name != "JAX_PLATFORMS"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    header, _, first, *_ = (line.split(" | ") for line in lines)
    assert len(header) == len(first)
    assert all(re.search(r"\w", cell) for cell in first)
