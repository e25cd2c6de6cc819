from types import SimpleNamespace

import jax
import numpy as np
import pytest

from agents.execution import processes
from agents.execution.devices import first_devices, num_cores


def test_one_process_decides_alone():
    assert processes.count() == 1
    assert processes.is_first()
    assert processes.vote(True, 7, -3) == (1, 7, -3)
    np.testing.assert_array_equal(processes.gather(2**40, -1), [[2**40, -1]])
    things = object()
    assert processes.on_first(lambda: things) is things
    with pytest.raises(KeyError):
        processes.on_first(lambda: {}["missing"])


def test_one_process_loses_no_other():
    assert not processes.is_loss(RuntimeError("Gloo AllGather failed: Connection closed by peer"))


@pytest.mark.parametrize("num", [0, -1, 10_000])
def test_there_must_be_as_many_devices(num):
    with pytest.raises(ValueError, match="the number of devices must lie between 1 and"):
        first_devices(num)


def test_several_processes_use_all_of_their_cpus(monkeypatch):
    """XLA does not order collectives of all devices and of a part of them."""
    devices = [SimpleNamespace(platform="cpu", process_index=i // 2) for i in range(4)]
    monkeypatch.setattr(jax, "devices", lambda: devices)
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    assert first_devices(4) == devices
    with pytest.raises(ValueError, match="set JAX_NUM_CPU_DEVICES=1 in the environment"):
        first_devices(2)


def test_the_first_devices():
    assert first_devices() == jax.devices()
    assert first_devices(1) == jax.devices()[:1]
    assert num_cores() >= 1
