"""Runs all scenarios on a private PostgreSQL by the engine itself, the kit's two public hosts by stand-ins."""

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.conformance.dsl.hosts import stand_ins
from bench.conformance.dsl.scenarios import Scenario, kit, own
from bench.engine import ours
from bench.gateway.peers import WORK
from config.variables import conformance_kit

HERE = Path(__file__).parent
CLONE = WORK / "ctk"
TAG = "v1.0.3"
REMEDY = (
    f"To run the kit: check out {TAG} of the specification's repository (open-workflow-specification/specification) and"
    " set CONFORMANCE_KIT to its folder ctk, or set CONFORMANCE_KIT to the address of the repository"
)


def run() -> list[dict[str, str]]:
    """Every case with its result. Scenarios that use what does not exist here are named on the screen and left out."""
    folder, why = _kit_folder()
    found = [*kit(folder), *own(HERE)]
    for one in found:
        if lacking := one.unsupported():
            sys.stdout.write(f"left out: {one.name} uses {', '.join(lacking)}\n")
    cases = _played([one for one in found if not one.unsupported()])
    if not any(one["case"].startswith("ctk ") for one in cases):
        cases.append({"case": "ctk", "result": "skip", "detail": f"{why or f'no feature file in {folder}'}. {REMEDY}"})
    return cases


def _kit_folder() -> tuple[Path, str]:
    """Where the feature files are: .bench/ctk, or what CONFORMANCE_KIT says; an address is cloned once. And why not."""
    given = conformance_kit()
    if not given or "://" not in given:
        return (Path(given) if given else CLONE), ""
    if CLONE.exists():
        return CLONE, ""
    command = ["git", "clone", "--quiet", "--depth", "1", "--branch", TAG, given, str(CLONE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return CLONE, f"{given} could not be cloned: {' '.join(done.stderr.split()).rstrip('.')}" if done.returncode else ""


def _played(scenarios: list[Scenario]) -> list[dict[str, str]]:
    with ours.services() as services, stand_ins() as hosts:
        testing = {"ENVIRONMENT": "test", "ENGINE_TEST_PORT": "1", "ENGINE_TEST_HOSTS": hosts}
        given = [[one.name, one.document, one.input, one.expected] for one in scenarios]
        done = subprocess.run(
            [sys.executable, "-m", "bench.conformance.dsl.play"],
            env={**os.environ, **services.environment, **testing},
            input=json.dumps(given),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    cases: list[dict[str, str]] = json.loads(done.stdout.splitlines()[-1])
    return cases
