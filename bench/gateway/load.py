"""Driving load and reading what it cost: latencies from the driver, CPU seconds of the target's whole process tree."""

import json
import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of load: `upstream` is the port of the mock that answers; `rate` 0 = closed loop."""

    name: str
    mode: str
    model: str
    connections: int
    rate: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """A server under load. `pid` 0 = not measured (the bare upstream)."""

    name: str
    port: int
    pid: int
    key: str


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. Latencies in ms, `cpu_us` CPU microseconds per request, `rss_mb` after the run."""

    rps: float
    p50: float
    p99: float
    ttft50: float
    bad: int
    cpu_us: float
    rss_mb: float


def measure(driver: Path, target: Target, scenario: Scenario, *, seconds: float, core: str) -> Row:
    """Run one scenario against one target, and wait until the target is idle again."""
    command = ["taskset", "-c", core, str(driver), str(target.port), str(scenario.connections), str(seconds), "1"]
    command += [scenario.mode, target.key, str(scenario.rate), scenario.model, "/v1/chat/completions"]
    before, started = cpu_seconds(target.pid), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    elapsed = time.monotonic() - started
    answer = json.loads(done.stdout)
    spent = cpu_seconds(target.pid) - before
    served = answer["rps"] * elapsed
    _until_idle(target.pid)
    return Row(
        rps=answer["rps"],
        p50=answer["p50"],
        p99=answer["p99"],
        ttft50=answer["ttft50"],
        bad=answer["bad"],
        cpu_us=spent / served * 1e6 if served else 0.0,
        rss_mb=memory_mb(target.pid),
    )


def median(rows: list[Row]) -> Row:
    """Median of each figure."""
    columns = {name: statistics.median(getattr(row, name) for row in rows) for name in Row.__dataclass_fields__}
    return Row(**columns)


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process and everything below it."""
    total = 0
    for one in _tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory_mb(pid: int) -> float:
    """Resident memory of a process and everything below it."""
    total = 0
    for one in _tree(pid):
        try:
            lines = Path(f"/proc/{one}/status").read_text().splitlines()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)
    return total / 1024


def _tree(pid: int) -> list[int]:
    found, waiting = [], [pid] if pid else []
    while waiting:
        one = waiting.pop()
        found.append(one)
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += [int(child) for child in children.read_text().split()]
            except OSError:
                continue
    return found


def _until_idle(pid: int, limit_seconds: float = 30.0) -> None:
    """Wait until what the driver abandoned is worked off."""
    deadline = time.monotonic() + limit_seconds
    while pid and time.monotonic() < deadline:
        before = cpu_seconds(pid)
        time.sleep(0.5)
        if cpu_seconds(pid) - before < 0.04:  # two scheduler ticks a second
            return
