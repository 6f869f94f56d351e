"""The difficulty score beside prompt length alone, as a benchmark; also checks that the shipped weights are the fit."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def run() -> list[dict[str, object]]:
    """Fit again, compare with the shipped weights to the byte, and return the figures."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        command = [sys.executable, "-m", "bench.difficulty.fit", "--check", "--results", str(file)]
        subprocess.run(command, check=True)
        figures: list[dict[str, object]] = json.loads(file.read_text(encoding="utf-8"))
        return figures
