"""Scores of Lighthouse 12 for what signed-out people see first. Part of `make browser` only; it needs node and npm."""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from config.tests_note import browser as chromium_path
from tests.browser.system import System

HERE = Path(__file__).parent / "lighthouse"
WORK = Path(__file__).resolve().parents[2] / ".bench/lighthouse"
RUNS = 3
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
LEAST = {"performance": 0.95, "accessibility": 1.0, "best-practices": 1.0}
PAGES = {"public page": "/", "Studio": "/studio/"}

pytestmark = [
    pytest.mark.skipif(os.environ.get("BROWSER_MATRIX") != "full", reason="measured by make browser"),
    pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="Lighthouse needs node and npm"),
]


@cache
def program() -> Path:
    """Lighthouse as locked, installed once."""
    lock, stamp = HERE / "package-lock.json", WORK / "installed.json"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        WORK.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, WORK / name)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=WORK, check=True)
        shutil.copy(lock, stamp)
    return WORK / "node_modules/lighthouse/cli/index.js"


def scores(address: str, tmp_path: Path) -> dict[str, float]:
    """The score of each category, 0 to 1, of one visit with a cold cache."""
    out = tmp_path / "lighthouse.json"
    command = ["node", str(program()), address, "--preset=desktop", "--output=json", f"--output-path={out}", "--quiet",
               f"--only-categories={','.join(LEAST)}", f"--chrome-flags={FLAGS}"]  # fmt: skip
    subprocess.run(command, check=True, env=os.environ | {"CHROME_PATH": chromium_path() or ""})
    return {name: one["score"] for name, one in json.loads(out.read_text())["categories"].items()}


@pytest.mark.parametrize("name", PAGES)
def test_lighthouse_finds_nothing_to_mend(
    system: System, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = [scores(system.base_url + PAGES[name], tmp_path) for _ in range(RUNS)]
    found = {category: median(one[category] for one in measured) for category in LEAST}
    with capsys.disabled():
        print(f"\nLighthouse, {name}, median of {RUNS}: {found}")
    assert {category: score for category, score in found.items() if score < LEAST[category]} == {}
