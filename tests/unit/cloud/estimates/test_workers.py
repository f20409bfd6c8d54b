"""Tasks in other processes: answers and errors come back, what takes too long is ended."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldwatch_cloud.errors import BusyError, QuestionError
from fieldwatch_cloud.estimates.workers import MEMORY_BYTES, Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(processes=1, waiting=1, limit_s=100.0)
    yield made
    made.close()


def test_a_task_runs_in_another_process_that_is_kept(workers: Workers) -> None:
    first, second = workers.run(os.getpid), workers.run(os.getpid)
    assert first == second != os.getpid()


def test_what_a_task_raises_is_raised_here(workers: Workers) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        workers.run(int, "seven")
    assert workers.run(int, "7") == 7


def test_what_takes_too_long_is_ended_and_the_next_task_runs(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = workers.run(os.getpid)
    with monkeypatch.context() as hurried:
        hurried.setattr(workers, "_limit_s", 1.0)
        with pytest.raises(QuestionError, match="longer than 1 s"):
            workers.run(time.sleep, 600)
    after = workers.run(os.getpid)
    assert after != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_a_process_that_dies_is_told_and_replaced(workers: Workers) -> None:
    with pytest.raises(QuestionError, match="ended"):
        workers.run(os._exit, 3)
    assert workers.run(abs, -1) == 1


def test_more_than_may_wait_are_refused(workers: Workers, tmp_path: Path) -> None:
    refused: list[BaseException] = []
    gate = tmp_path / "gate"
    os.mkfifo(gate)

    def ask() -> None:
        try:
            workers.run(os.open, gate, os.O_RDONLY)  # until somebody opens the other end
        except BusyError as error:
            refused.append(error)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    while sum(thread.is_alive() for thread in threads) > 2:
        time.sleep(0.02)
    both = os.open(gate, os.O_RDWR)
    for thread in threads:
        thread.join()
    os.close(both)
    assert len(refused) == 3


def test_a_task_that_wants_all_memory_is_refused_it(workers: Workers) -> None:
    with pytest.raises(QuestionError, match="want of memory"):
        workers.run(bytes, 2 * MEMORY_BYTES)
    assert workers.run(abs, -1) == 1
