"""Tasks in other processes: answers and errors come back, what takes too long is ended."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from fieldwatch_cloud.errors import BusyError, QuestionError
from fieldwatch_cloud.estimates.workers import MEMORY_BYTES, Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(processes=1, waiting=1, limit_s=1.0)
    yield made
    made.close()


def test_a_task_runs_in_another_process_that_is_kept(workers: Workers) -> None:
    first, second = workers.run(os.getpid), workers.run(os.getpid)
    assert first == second != os.getpid()


def test_what_a_task_raises_is_raised_here(workers: Workers) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        workers.run(int, "seven")
    assert workers.run(int, "7") == 7


def test_what_takes_too_long_is_ended_and_the_next_task_runs(workers: Workers) -> None:
    before = workers.run(os.getpid)
    with pytest.raises(QuestionError, match="longer than 1 s"):
        workers.run(time.sleep, 60)
    after = workers.run(os.getpid)
    assert after != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_a_process_that_dies_is_told_and_replaced(workers: Workers) -> None:
    with pytest.raises(QuestionError, match="ended"):
        workers.run(os._exit, 3)
    assert workers.run(abs, -1) == 1


def test_more_than_may_wait_are_refused(workers: Workers) -> None:
    refused: list[BaseException] = []

    def ask() -> None:
        try:
            workers.run(time.sleep, 0.5)
        except BusyError as error:
            refused.append(error)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3


def test_a_task_that_wants_all_memory_is_refused_it(workers: Workers) -> None:
    with pytest.raises(QuestionError, match="want of memory"):
        workers.run(bytes, 2 * MEMORY_BYTES)
    assert workers.run(abs, -1) == 1
