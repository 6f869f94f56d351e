"""Durable steps per second and commits per step of 10-step runs, 10 at a time, one worker process.

Ours is the Celery worker that `make run` starts, with ten threads, on a private PostgreSQL with fsync on; its runs are
stored before the clock starts, and the sending of their hints counts. DBOS runs in its fastest way: threads of its own
process call the workflow, so nothing is queued. The floor is psycopg alone with one statement and one commit per step.
All three take turns. A commit is a transaction that wrote something, counted by the database's transaction numbers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from bench.engine import ours, peers
from bench.report import figure

ROUNDS = 3
STEPS = 10
CONCURRENT = 10
RUNS = {"floor": 300, "ours": 200, "dbos": 100}
WARM_UP = {"floor": 0, "ours": 3, "dbos": 3}  # runs before the clock starts; their commits are counted with the rest


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: how long `steps` steps took, and how many transactions they wrote."""

    steps: int
    seconds: float
    commits: int

    @property
    def rate(self) -> float:
        return self.steps / self.seconds

    @property
    def commits_per_step(self) -> float:
        return self.commits / self.steps


def run() -> list[dict[str, object]]:
    """Measure, interleaved, and return the figures."""
    with ours.services() as services, ours.worker(services, threads=CONCURRENT):
        dsn = services.dsn("bench_floor"), services.dsn("bench_dbos")
        measured: Mapping[str, Callable[[int], float]] = {
            "floor": lambda runs: peers.floor(dsn[0], runs=runs, steps=STEPS, concurrent=CONCURRENT),
            "ours": lambda runs: ours.drive(services, runs=runs, steps=STEPS),
            "dbos": lambda runs: peers.dbos(dsn[1], runs=runs, steps=STEPS, concurrent=CONCURRENT),
        }
        for one in measured.values():
            one(CONCURRENT)  # whatever is only done the first time
        samples: dict[str, list[Sample]] = {name: [] for name in measured}
        for _round in range(ROUNDS):
            for name, one in measured.items():
                before = services.transactions()
                seconds = one(RUNS[name])
                share = RUNS[name] / (RUNS[name] + WARM_UP[name])
                sample = Sample(RUNS[name] * STEPS, seconds, round((services.transactions() - before) * share))
                samples[name].append(sample)
                print(f"{name:8}{sample.rate:9.0f} steps/s {sample.commits_per_step:7.2f} commits/step", flush=True)
    return figures(samples)


def figures(samples: Mapping[str, list[Sample]]) -> list[dict[str, object]]:
    """Medians over the rounds, beside the peer and the floor."""
    rate = {name: median(one.rate for one in found) for name, found in samples.items()}
    commits = {name: median(one.commits_per_step for one in found) for name, found in samples.items()}
    return [
        figure("10-step runs, 10 at a time: durable steps per second", rate["ours"], "steps/s", peer="dbos",
               peer_value=rate["dbos"], at_least=2.5, aim=4),
        figure("10-step runs, 10 at a time: share of the floor", rate["ours"], "steps/s", peer="floor",
               peer_value=rate["floor"], aim=0.25),
        figure("commits per step", commits["ours"], "commits", peer="dbos", peer_value=commits["dbos"], aim=1.2,
               lower_is_better=True),
        figure("commits per step, floor", commits["floor"], "commits", lower_is_better=True),
    ]  # fmt: skip
