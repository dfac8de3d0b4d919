"""Work on hostile files in processes of their own, each with a limit of memory and of time, started again as needed."""

import multiprocessing
import os
import re
import resource
import signal
import sys
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, Any]
Work = Callable[[str], Row]

MAX_CRASHES = 2
"""Times that a file may end a worker before it is given up."""

WALL_CLOCK_FACTOR = 20
"""Multiple of the limit of processor time that a worker may take by the clock."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Variables that keep numeric libraries on one thread."""


class Limits(NamedTuple):
    """How many workers, seconds of a processor for one file, and megabytes that a file may take beside an idle one."""

    workers: int
    seconds: float
    memory: int


SERVER = multiprocessing.get_context("forkserver")
"""Workers are forked, in milliseconds, from a server process that has imported what they need and nothing else."""

SERVER.set_forkserver_preload(["native4k.measure.measurements"])


class Lost(NamedTuple):
    """Why a file has no row: `timeout`, `out_of_memory` or `crashed`. These depend on the machine: never kept."""

    reason: str
    details: str = ""
    """The traceback, where there is one."""


def serve(pipe: Connection, work: Work, limits: Limits) -> None:
    """Run a worker: receive a file, send its row."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to handle
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends the process, wherever it is
    allowed = _writable_memory() + limits.memory * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libtiff's remarks; errors of ours go through the pipe
    pipe.send(None)
    while True:
        try:
            file = pipe.recv()
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, limits.seconds)
        try:
            answer: Row | Lost | OSError = work(file)
        except MemoryError:
            answer = Lost("out_of_memory")
        except OSError as error:  # of the machine's disk, not of the file's content
            answer = error
        except Exception:  # noqa: BLE001  # a case we did not think of costs its file the row, and is shown
            answer = Lost("crashed", traceback.format_exc())
        signal.setitimer(signal.ITIMER_PROF, 0)
        pipe.send(answer)


def _writable_memory() -> int:
    """Bytes of writable memory that the process has already."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmData:\s+(\d+)", status)[0]) * 1024


@contextmanager
def _one_thread() -> Iterator[None]:
    """Set the environment in which a worker starts, so that it has one thread."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def start_server() -> None:
    """Start the server of the workers now, so that its imports run beside what the caller does before it asks."""
    with _one_thread():
        forkserver.ensure_running()


class Worker:
    """A process that measures one file at a time."""

    def __init__(self, work: Work, limits: Limits) -> None:
        self.limits = limits
        self.pipe, theirs = SERVER.Pipe()
        self.process = SERVER.Process(target=serve, args=(theirs, work, limits), daemon=True)
        with _one_thread():
            self.process.start()
        theirs.close()
        try:
            self.pipe.recv()
        except EOFError:
            raise RuntimeError("a worker process could not start; see its output above") from None

    def ask(self, file: str) -> None:
        """Hand over a file."""
        self.pipe.send(file)

    def answer(self) -> Row | Lost:
        """The row, once there is one, or how the process ended."""
        try:
            found: Row | Lost | OSError = self.pipe.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            return Lost("timeout" if self.process.exitcode == -signal.SIGPROF else "crashed")
        if isinstance(found, OSError):
            raise found
        return found

    def end(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def each(files: Iterable[str], work: Work, limits: Limits) -> Iterator[Row | Lost]:
    """Yield the row of every file, or why it has none, in the order of the files."""
    waiting = deque(enumerate(files))
    crashes: Counter[int] = Counter()
    done: dict[int, Row | Lost] = {}
    busy: dict[Worker, tuple[int, str]] = {}
    idle: list[Worker] = []
    following, last = 0, len(waiting)
    try:
        while following < last:
            while waiting and len(busy) < limits.workers:
                worker = idle.pop() if idle else Worker(work, limits)
                number, file = busy[worker] = waiting.popleft()
                worker.ask(file)
            for worker in _ready(busy, limits):
                number, file = busy.pop(worker)
                answer = worker.answer()
                if not isinstance(answer, Lost):
                    done[number] = answer
                    idle.append(worker)
                    continue
                worker.end()
                crashes[number] += 1
                if answer.reason == "timeout" or crashes[number] == MAX_CRASHES:
                    print(f"{repr(file)[1:-1]}: {answer.reason}\n{answer.details}".strip(), file=sys.stderr)
                    done[number] = answer
                else:
                    waiting.appendleft((number, file))
            while following in done:
                yield done.pop(following)
                following += 1
    finally:
        for worker in [*busy, *idle]:
            worker.end()


def _ready(busy: dict[Worker, tuple[int, str]], limits: Limits) -> list[Worker]:
    """The workers that have an answer or have ended; all are ended after WALL_CLOCK_FACTOR times the limit."""
    pipes = {worker.pipe: worker for worker in busy}
    ready = wait(list(pipes), timeout=limits.seconds * WALL_CLOCK_FACTOR)
    if not ready:
        for worker in busy:
            os.kill(worker.process.pid or 0, signal.SIGPROF)
        return _ready(busy, limits)
    return [pipes[pipe] for pipe in ready if isinstance(pipe, Connection)]
