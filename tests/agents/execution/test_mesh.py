import jax
import numpy as np
import pytest
from jax.sharding import AbstractMesh
from jax.sharding import PartitionSpec as P

from agents.algorithms import ppo, recurrent_ppo, reinforce, sac
from agents.execution.mesh import choose_shape, num_padded, partition_specs
from agents.experience import replay
from agents.experience.normalization import RewardScale, initial_moments
from agents.experience.streams import Streams

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("members", "groups", "number", "expected"),
    [
        (1, 4, 1, (1, 1)),
        (1, 4, 8, (1, 4)),
        (1, 16, 8, (1, 8)),
        (2, 16, 8, (2, 4)),
        (3, 16, 8, (3, 2)),
        (7, 16, 8, (7, 1)),
        (8, 16, 8, (8, 1)),
        (5, 16, 2, (2, 1)),
        (1, 1, 8, (1, 1)),
    ],
)
def test_the_default_uses_the_devices_for_members_before_streams(members, groups, number, expected):
    assert choose_shape(members, groups, number) == expected


@pytest.mark.parametrize("members", range(1, 20))
@pytest.mark.parametrize("groups", [1, 4, 6, 64])
def test_any_number_of_members_fits_any_number_of_devices(members, groups):
    for number in range(1, 17):
        m, s = choose_shape(members, groups, number)
        assert m * s <= number
        assert groups % s == 0
        assert m <= members
        if m < min(members, number):
            assert m * s > number // 2


@pytest.mark.parametrize(
    ("members", "along", "padded"), [(7, 4, 8), (8, 4, 8), (1, 4, 4), (3, 1, 3)]
)
def test_members_are_padded_to_whole_rounds(members, along, padded):
    assert num_padded(members, AbstractMesh((along, 2), ("members", "streams"))) == padded


def test_one_axis_can_be_asked_for():
    assert choose_shape(3, 16, 8, {"streams": 4}) == (2, 4)
    assert choose_shape(3, 16, 8, {"members": 1}) == (1, 8)
    assert choose_shape(3, 16, 8, {"members": 4, "streams": 2}) == (4, 2)


@pytest.mark.parametrize(
    ("members", "max_streams", "expected"),
    [(1, 0, (1, 1)), (1, 2, (1, 2)), (1, 8, (1, 8)), (2, 1, (2, 1)), (3, 2, (3, 2))],
)
def test_the_number_of_devices_that_share_a_member_can_be_limited(members, max_streams, expected):
    assert choose_shape(members, 96, 8, max_streams=max_streams) == expected
    assert choose_shape(members, 96, 8, {"streams": 2}, max_streams=max_streams)[1] == 2


@pytest.mark.parametrize(
    ("config", "rows"),
    [
        (ppo.Config(num_envs=4, num_steps=128, num_minibatches=4), 128),
        (recurrent_ppo.Config(num_envs=64, num_steps=32, num_minibatches=4), 512),
        (reinforce.Config(batch_episodes=5), 1000),
        (sac.Config(batch_size=256), 256),
    ],
)
def test_the_rows_of_a_gradient_step(config, rows):
    assert config.gradient_rows == rows


def test_all_processes_have_a_part_of_the_mesh():
    assert choose_shape(7, 16, 8, use_all=True) == (8, 1)
    assert choose_shape(1, 16, 8, use_all=True) == (1, 8)
    assert choose_shape(1, 4, 8, use_all=True) == (2, 4)
    with pytest.raises(ValueError, match=r"8 devices of several processes .* fits members=3 and 4"):
        choose_shape(1, 4, 8, {"members": 3}, use_all=True)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"seeds": 2}, "the axes of a mesh are members and streams; got 'seeds'"),
        ({"members": 0}, "members of a mesh must be positive; got 0"),
        ({"members": 3, "streams": 4}, "mesh of members=3, streams=4 needs 12 devices; there are"),
        ({"streams": 8}, r"must divide the 4 groups .* got 8. Of the numbers up to 8, 1, 2, 4 do"),
    ],
)
def test_a_shape_that_does_not_fit_is_an_error(asked, message):
    with pytest.raises(ValueError, match=message):
        choose_shape(2, 4, 8, asked)


def test_streams_and_what_belongs_to_them_lie_along_the_streams():
    along, replicated = P("members", "streams"), P("members")
    ones = np.ones((2, 4))
    buffer = jax.vmap(lambda _: replay.empty(np.float32(0), 3, 4))(ones)
    state = {
        "streams": Streams(ones, {"x": ones}, (), ones, ones),
        "rewards": RewardScale(initial_moments(), ones),
        "buffer": buffer,
        "params": [ones],
        "none": None,
    }
    specs = partition_specs(state)
    assert specs["streams"].observation == specs["streams"].state["x"] == along
    assert specs["rewards"].returns == along
    assert specs["rewards"].moments.mean == replicated
    assert specs["buffer"].words == P("members", None, "streams")
    assert specs["buffer"].position == specs["params"][0] == replicated
    assert jax.tree.structure(specs) == jax.tree.structure(state)


@pytest.mark.parametrize(
    ("config", "groups"),
    [
        (ppo.Config(num_envs=8, num_steps=128, num_minibatches=4), 8),
        (ppo.Config(num_envs=8, num_steps=2, num_minibatches=8), 2),
        (ppo.Config(num_envs=6, num_steps=9, num_minibatches=6), 3),
        (recurrent_ppo.Config(num_envs=16, num_minibatches=4), 4),
        (reinforce.Config(batch_episodes=5), 5),
        (sac.Config(num_envs=6, batch_size=256, warmup_steps=4000), 2),
    ],
)
def test_the_groups_of_streams_of_a_config(config, groups):
    assert config.stream_groups == groups
