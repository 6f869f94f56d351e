"""`make faults` runs everything here and writes `bench/results/faults.json`; `make test` runs a sample of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
RESULTS = HERE.parents[1] / "bench" / "results" / "faults.json"
WORDS = {"passed": "pass", "failed": "fail", "skipped": "skip"}

_cases: dict[str, dict[str, Any]] = {}


def _in_full(config: pytest.Config) -> bool:
    """Whether faults were asked for by name."""
    return any("faults" in str(argument) for argument in config.args)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without being asked for, only the sample runs."""
    if _in_full(config):
        return
    out = [item for item in items if item.get_closest_marker("faults")]
    items[:] = [item for item in items if item not in out]
    config.hook.pytest_deselected(items=out)


def pytest_sessionstart(session: pytest.Session) -> None:
    if _in_full(session.config):
        RESULTS.unlink(missing_ok=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Note each case once: its call, or the setup or teardown that failed."""
    report = yield
    if item.path.is_relative_to(HERE) and (report.when == "call" or not report.passed):
        _note(report)
    return report


def _note(report: pytest.TestReport) -> None:
    told = [f"{name} {value}" for name, value in report.user_properties]
    detail = "; ".join([f"{report.duration:.1f} s", *told])
    if report.longrepr is not None:
        detail += f"; {str(report.longrepr).strip().splitlines()[-1]}"
    _cases[report.nodeid] = {"case": report.nodeid, "result": WORDS[report.outcome], "detail": detail}


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _in_full(session.config) and not hasattr(session.config, "workerinput"):
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(list(_cases.values()), indent=1, ensure_ascii=False))
