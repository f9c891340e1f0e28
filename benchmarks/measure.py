"""One way in a process of its own: seconds, CPU seconds and memory of the work alone, cut when its time is up."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import resource
import signal
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib import import_module
from math import nan
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread
from typing import Any

QUICK = 1 / 20  # a way that took less than this share of its time is run again, and the fastest run counts
TICK = 0.1  # seconds between looks at the memory of a way's own processes


class State(StrEnum):
    """How it ended."""

    DONE = "done"
    CUT = "cut"
    MISSING = "not installed"
    FAILED = "failed"


@dataclass(frozen=True)
class Measured:
    """What a way took: wall and CPU seconds of the fastest run; memory: bytes at the peak above what had been read.

    Numbers are NaN where it did not end. CPU counts all threads and processes of the way.
    """

    state: State
    wall: float = nan
    cpu: float = nan
    memory: float = nan
    total: float = nan
    message: str = ""


def measure(
    name: str, folder: Path, warm_on: Path, seconds: float, cores: int, *, module: str = "ways", runs: int = 3
) -> Measured:
    """The way `name` of a module's WAYS on the files of `folder`, after it has done the same on those of `warm_on`.

    `runs`: how often, where it is quick.
    """
    ours, theirs = multiprocessing.get_context("spawn").Pipe(duplex=False)
    given = (theirs, module, name, folder, warm_on, cores, seconds, runs)
    process = multiprocessing.get_context("spawn").Process(target=_child, args=given)
    process.start()
    theirs.close()
    try:
        return _outcome(ours, seconds)
    finally:
        _end(process)


def mean(one: Measured, other: Measured) -> Measured:
    """Of two measurements of one way at different moments; the first as it is where one did not end."""
    if one.state != State.DONE or other.state != State.DONE:
        return one
    wall, cpu = (one.wall + other.wall) / 2, (one.cpu + other.cpu) / 2
    return replace(one, wall=wall, cpu=cpu, memory=max(one.memory, other.memory))


def _outcome(messages: Connection, seconds: float) -> Measured:
    """What the child tells: an end, or `ready`, from when on its time runs, then the end."""
    try:
        told: Any = messages.recv()
        if told == "ready":
            told = messages.recv() if messages.poll(seconds) else Measured(State.CUT)
        if told == "again":  # the first run was quick
            told = messages.recv()
    except EOFError:
        return Measured(State.FAILED, message="its process died")
    assert isinstance(told, Measured)
    return told


def _end(process: Any) -> None:
    """The way's process with all that it started."""
    process.join(timeout=0.5)
    if process.is_alive():
        os.killpg(process.pid, signal.SIGKILL)
        process.join()


def _child(
    messages: Connection,
    module: str,
    name: str,
    folder: Path,
    warm_on: Path,
    cores: int,
    seconds: float,
    runs: int,
) -> None:
    os.setsid()  # so that all it starts can be ended with it
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    _hush()
    way = import_module(module).WAYS[name]
    if way.missing():
        messages.send(Measured(State.MISSING))
        return
    try:
        way.work(way.read(warm_on, cores))
        read = way.read(folder, cores)
        messages.send("ready")
        result, wall, cpu, memory = _run(way.work, read)
        if wall < seconds * QUICK:
            messages.send("again")
            for _again in range(runs - 1):
                _result, wall_again, cpu_again, _memory = _run(way.work, read)
                wall, cpu = min((wall, cpu), (wall_again, cpu_again))
        messages.send(Measured(State.DONE, wall, cpu, memory, way.total(result)))
    except Exception as error:  # a peer may fail in any way, and the others go on
        messages.send(Measured(State.FAILED, message=f"{type(error).__name__}: {error}".splitlines()[0]))


def _hush() -> None:
    """What libraries print is left out; what fails is told through the pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _run(work: Any, read: Any) -> tuple[Any, float, float, float]:
    """(what came of it, wall seconds, CPU seconds, bytes at the peak above those at the start)."""
    _give_back()
    before = _status("VmRSS")
    with _Children() as children:
        cpu, start = _cpu(), time.perf_counter()
        result = work(read)
        wall = time.perf_counter() - start
    return result, wall, _cpu() - cpu, _status("VmHWM") - before + children.peak


def _give_back() -> None:
    """Free memory goes back to the system, and the peak starts from here (Linux)."""
    gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _status(field: str) -> float:
    """Bytes that the system tells of this process; NaN where it does not."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return nan
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def _cpu() -> float:
    """CPU seconds of this process and all it started, the ended ones too."""
    ended = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in ended) + sum(map(_cpu_of, _offspring(os.getpid())))


def _cpu_of(pid: int) -> float:
    """CPU seconds of a process and of those it has waited for (a pool's server is there after its workers)."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:  # it has ended
        return 0.0
    return sum(map(int, told[11:15])) / os.sysconf("SC_CLK_TCK")


class _Children:
    """Looks at the memory of what this process starts, as long as the block runs; peak: bytes, shared ones once."""

    def __init__(self) -> None:
        self.peak = 0.0
        self._over = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Children:
        self._thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(TICK):
            self.peak = max(self.peak, sum(map(_proportional, _offspring(os.getpid()))))


def _offspring(pid: int) -> list[int]:
    """The processes that a process started, those that they started, and so on."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in listed.read_text(encoding="ascii").split()]
        except OSError:  # the thread has ended
            continue
        found += [one for child in children for one in (child, *_offspring(child))]
    return found


def _proportional(pid: int) -> float:
    """Bytes of a process, those it shares with others divided among them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0.0)
