import signal
import threading

import pytest

from agents.runs.signals import STOP_SIGNALS, interruptible

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_the_second_signal_does_what_it_did_before(number):
    received = []
    before = signal.signal(number, lambda *_: received.append(number))
    try:
        with interruptible() as interrupted:
            assert not interrupted.is_set()
            signal.raise_signal(number)
            assert interrupted.is_set()
            assert not received
            signal.raise_signal(number)
            assert received == [number]
        signal.raise_signal(number)
        assert len(received) == 2
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_an_ignored_signal_stays_ignored(number):
    """As under `nohup`."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with interruptible() as interrupted:
            signal.raise_signal(number)
            assert not interrupted.is_set()
    finally:
        signal.signal(number, before)


def test_another_thread_cannot_be_interrupted():
    seen = []

    def enter():
        with interruptible() as interrupted:
            seen.append(interrupted.is_set())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [False]
