"""Kills, freezes, restarts and races. `make faults` sets FAULTS_RESULTS, and every case is written there."""

import json
import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
_results: dict[str, dict[str, str]] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.faults)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """One result per case; a failure in its preparation or clearing up is a failure of the case."""
    if "tests/faults/" not in report.nodeid or (report.when != "call" and report.passed):
        return
    case = report.nodeid.partition("tests/faults/")[2]
    outcome = {"passed": "pass", "failed": "fail", "skipped": "skip"}[report.outcome]
    if _results.get(case, {}).get("result") != "fail":
        _results[case] = {"case": case, "result": outcome, "detail": _detail(report)}


def pytest_sessionfinish() -> None:
    target = os.environ.get("FAULTS_RESULTS")
    if target and "PYTEST_XDIST_WORKER" not in os.environ:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).write_text(json.dumps(list(_results.values()), indent=1) + "\n")


def _detail(report: pytest.TestReport) -> str:
    if report.passed:
        return f"{report.duration:.1f} s"
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    return str(report.longrepr).strip().splitlines()[-1][:500]
