"""The in-process job queue: order, states, progress, cancellation, retention."""

from __future__ import annotations

import logging.handlers
import threading
import time
from queue import Queue

import pytest
from support import run

from stash_cli.embedded.jobs.queue import JobQueue


@pytest.fixture
def jobs():
    queue = JobQueue()
    yield queue
    queue.close(drain=False)


def no_op(progress):
    pass


def gated():
    """A task that waits, an event set while it runs, and one that releases it."""
    started, gate = threading.Event(), threading.Event()

    def task(progress):
        started.set()
        while not gate.wait(0.01):
            progress.check()

    return task, started, gate


def test_unseen_failures_are_reported_on_close():
    def fail(_):
        raise RuntimeError("no drive")

    queue, handler = JobQueue(), logging.handlers.QueueHandler(Queue())
    logging.getLogger("stash_cli.embedded").addHandler(handler)
    seen, unseen = queue.add("Seen...", fail), queue.add("Unseen...", fail)
    assert queue.wait_idle(30)
    assert queue.find(seen)["status"] == "FAILED"
    queue.close()
    logging.getLogger("stash_cli.embedded").removeHandler(handler)
    assert handler.queue.get_nowait().getMessage() == f"Job {unseen} (Unseen) failed: no drive"
    assert handler.queue.empty()


def test_jobs_run_one_at_a_time_in_order(jobs):
    order = []
    task, started, gate = gated()
    first = jobs.add("first", task)
    others = [jobs.add(name, lambda _, name=name: order.append(name)) for name in ("second", "third")]
    assert started.wait(5)
    assert [(job["id"], job["status"]) for job in jobs.queue()] == [
        (str(first), "RUNNING"),
        (str(others[0]), "READY"),
        (str(others[1]), "READY"),
    ]
    gate.set()
    assert jobs.wait_idle(5)
    assert order == ["second", "third"]
    assert jobs.queue() is None


def test_finished_job_has_its_times(jobs):
    number = jobs.add("Optimising", no_op)
    assert jobs.wait_idle(5)
    job = jobs.find(number)
    assert (job["status"], job["error"], job["subTasks"]) == ("FINISHED", None, None)
    assert job["addTime"] <= job["startTime"] <= job["endTime"]


def test_last_ten_ended_jobs_are_kept(jobs):
    numbers = [jobs.add("x", no_op) for _ in range(12)]
    assert jobs.wait_idle(5)
    assert [jobs.find(number) is not None for number in numbers] == [False, False, *[True] * 10]


def test_failed_task_has_its_error_and_the_queue_continues(jobs):
    def fail(progress):
        raise ValueError("the disk is full")

    failed, after = jobs.add("Scanning", fail), jobs.add("next", no_op)
    assert jobs.wait_idle(5)
    assert (jobs.find(failed)["status"], jobs.find(failed)["error"]) == ("FAILED", "the disk is full")
    assert jobs.find(after)["status"] == "FINISHED"
    assert jobs.library_log.entries()[0].level == "Error"


def test_stopping_running_and_waiting_jobs(jobs):
    task, started, _ = gated()
    running, waiting = jobs.add("a", task), jobs.add("b", no_op)
    assert started.wait(5)
    jobs.stop(waiting)
    assert jobs.find(waiting)["status"] == "CANCELLED"
    jobs.stop(running)
    jobs.stop(running)
    jobs.stop(999)
    assert jobs.wait_idle(5)
    assert jobs.find(running)["status"] == "CANCELLED"


def test_task_that_ignores_cancellation_ends_cancelled(jobs):
    started, gate = threading.Event(), threading.Event()

    def deaf(progress):
        started.set()
        gate.wait(5)

    number = jobs.add("deaf", deaf)
    assert started.wait(5)
    jobs.stop(number)
    assert jobs.find(number)["status"] == "STOPPING"
    gate.set()
    assert jobs.wait_idle(5)
    assert jobs.find(number)["status"] == "CANCELLED"


def test_stop_all_empties_the_queue(jobs):
    task, started, _ = gated()
    numbers = [jobs.add(str(n), task) for n in range(3)]
    assert started.wait(5)
    jobs.stop_all()
    assert jobs.wait_idle(5)
    assert {jobs.find(number)["status"] for number in numbers} == {"CANCELLED"}


def test_progress_is_null_while_unknown_and_may_decrease(jobs):
    seen = []

    def task(progress):
        def look():
            seen.append(jobs.queue()[0]["progress"])

        look()
        progress.total(None)
        look()
        progress.total(2)
        progress.step()
        look()
        progress.total(4)
        look()
        progress.step(3)
        look()
        progress.total(0)
        look()

    jobs.add("x", task)
    assert jobs.wait_idle(5)
    assert seen == [0, None, 0.5, 0.25, 1.0, 1.0]


def test_subtasks_are_listed_newest_first(jobs):
    seen = []

    def task(progress):
        with progress.task("outer"), progress.task("inner"):
            seen.append(jobs.queue()[0]["subTasks"])
        seen.append(jobs.queue()[0]["subTasks"])

    jobs.add("x", task)
    assert jobs.wait_idle(5)
    assert seen == [["inner", "outer"], None]


async def collect(jobs, task):
    with jobs.events.subscribe() as events:
        jobs.add("x", task)
        found = []
        async for event in events:
            found.append((time.monotonic(), event))
            if event["type"] == "REMOVE":
                break
    return found


def test_updates_are_throttled_and_the_last_one_is_sent(jobs):
    def busy(progress):
        progress.total(200)
        for _ in range(200):
            progress.step()
            time.sleep(0.002)

    found = run(collect(jobs, busy))
    assert [event["type"] for _, event in found[:2]] == ["ADD", "UPDATE"]
    elapsed = found[-1][0] - found[0][0]
    assert 2 <= len(found[2:-1]) <= elapsed / 0.1 + 1
    assert found[-1][1]["job"]["progress"] == 1


def test_throttled_update_is_sent_later(jobs):
    """An update sent too soon after the previous one is delayed, not dropped."""

    announced = threading.Event()

    def task(progress):
        progress.total(10)
        progress.step()
        assert announced.wait(30)

    async def listen():
        with jobs.events.subscribe() as events:
            jobs.add("x", task)
            async for event in events:
                if event["job"]["progress"] == 0.1:
                    announced.set()
                if event["type"] == "REMOVE":
                    return event["job"]["status"]
        return "the events ended"

    assert run(listen()) == "FINISHED"


def test_slow_reader_loses_only_events(jobs):
    async def lag():
        with jobs.events.subscribe() as events:
            for _ in range(80):
                jobs.add("x", no_op)
            assert jobs.wait_idle(10)
            await events.__anext__()
            return len(events.drain())

    assert run(lag()) == 99


def test_close_drains_or_cancels_jobs():
    done = []
    patient = JobQueue()
    patient.add("x", lambda _: (time.sleep(0.05), done.append(1)))
    patient.close()
    assert done == [1]
    with pytest.raises(RuntimeError):
        patient.add("x", no_op)
    task, started, _ = gated()
    hasty = JobQueue()
    hasty.add("x", task)
    assert started.wait(5)
    hasty.close(drain=False)


def test_reader_of_a_closed_loop_is_dropped(jobs):
    async def subscribe():
        return jobs.events.subscribe()

    run(subscribe())
    jobs.add("x", no_op)
    assert jobs.wait_idle(5)
