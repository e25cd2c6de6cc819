"""What devices communicate, read from compiled programs."""

import pytest

from agents.algorithms.registry import ALGORITHMS
from benchmarks import compilers
from benchmarks.ahead_of_time.pod import CONFIGS, TOPOLOGIES, compile_update
from benchmarks.collectives import Collective, collectives

PROGRAM = """
HloModule jit_f, is_scheduled=true

%known (p: (s32[], f32[8])) -> (s32[], f32[8]) {
  %p = (s32[], f32[8]) parameter(0)
  ROOT %r = (s32[], f32[8]) all-reduce(%a, %b), to_apply=%add
}

%limited (q: (s32[])) -> (s32[]) {
  %q = (s32[]) parameter(0)
  %g = bf16[4,2]{1,0:T(8,128)} all-gather(%q), dimensions={0}
}

%below (c: (s32[])) -> pred[] {
  %c = (s32[]) parameter(0)
  %n = s32[]{:T(128)} constant(3), metadata={op_name="n"}
  %i = s32[] get-tuple-element(%c), index=0
  ROOT %lt = pred[] compare(%i, %n), direction=LT
}

%outer (o: (s32[])) -> (s32[]) {
  %w = (s32[]) while(%o), condition=%below, body=%limited
}

ENTRY %main (x: f32[8]) -> f32[8] {
  %x = f32[8]{0} parameter(0)
  %w1 = (s32[], f32[8]) while(%x), condition=%below, body=%known, backend_config={"known_trip_count":{"n":"16"}}
  %w2 = (s32[]) while(%x), condition=%below, body=%outer
  %s = f32[8]{0} all-reduce-start(%x), to_apply=%add
  ROOT %d = f32[8]{0} all-reduce-done(%s)
}
"""  # noqa: E501


def test_collectives_count_with_the_loops_around_them():
    assert collectives(PROGRAM) == [
        Collective("all-reduce", num_bytes=4 + 32, times=16),
        Collective("all-gather", num_bytes=16, times=9),
        Collective("all-reduce", num_bytes=32, times=1),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("device", TOPOLOGIES)
@pytest.mark.parametrize("name", CONFIGS)
def test_a_pod_reduces_gradients_and_statistics_alone(device, name):
    """One all-reduce for each gradient step; none of the batch, and none in a rollout."""
    if not compilers.is_available(device):
        pytest.skip('needs XLA\'s compilers: pip install -e ".[ahead-of-time]"')
    program = compile_update(device, name)
    assert {one.opcode for one in program.collectives} == {"all-reduce"}
    gradients = [one for one in program.collectives if one.num_bytes == program.param_bytes]
    config = ALGORITHMS[name].Config(**CONFIGS[name])
    if name == "sac":
        gradient_steps = config.num_steps * config.gradient_steps
    else:
        gradient_steps = config.num_epochs * config.num_minibatches
    assert sum(one.times for one in gradients) == gradient_steps
    others = [one for one in program.collectives if one not in gradients]
    assert {one.times for one in others} == {1}
    assert len(others) <= 6
    assert max(one.num_bytes for one in others) < 1000
