"""`manage.py workflow`: validate and run from files, with exit statuses that scripts can use."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.cast import Cast, committed

pytestmark = committed

GOOD = """
document: {dsl: 1.0.3, namespace: files, name: sum, version: 1.0.0}
do:
  - add: {set: {sum: "${ .a + .b }"}}
  - pause: {wait: {milliseconds: 50}}
  - tell: {emit: {event: {with: {source: "https://files.test", type: summed, data: "${ . }"}}}}
"""
BAD = "document: {dsl: 1.0.3, namespace: files, name: sum, version: 1.0.0}\ndo:\n  - add: {sett: {}}\n"


def workflow(*arguments: object) -> tuple[int, dict]:
    """Exit status and JSON answer."""
    out = io.StringIO()
    try:
        call_command("workflow", *map(str, arguments), "--json", stdout=out)
    except SystemExit as end:
        return int(end.code or 0), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_valid_file_says_so(tmp_path: Path):
    assert workflow("validate", file(tmp_path, "good.yaml", GOOD)) == (
        0,
        {"valid": True, "definition": "files/sum@1.0.0"},
    )


def test_a_faulty_file_says_where(tmp_path: Path):
    status, answer = workflow("validate", file(tmp_path, "bad.yaml", BAD))
    assert (status, answer["valid"], answer["faults"][0]["line"]) == (2, False, 3)


def test_a_file_is_reported_for_every_platform(tmp_path: Path):
    status, answer = workflow("report", file(tmp_path, "good.yaml", GOOD))
    assert (status, [one["verdict"] for one in answer["platforms"]]) == (0, ["native"] * 5)


def test_a_platform_that_refuses_ends_with_status_one(tmp_path: Path):
    race = "  - race: {fork: {compete: true, branches: [a: {set: {n: 1}}, b: {set: {n: 2}}]}}\n"
    raced = file(tmp_path, "race.yaml", GOOD + race)
    assert workflow("report", raced, "--platform", "gcp")[0] == 1
    assert workflow("report", raced, "--platform", "azure")[0] == 0


def test_a_report_in_words_names_task_reason_and_how(tmp_path: Path):
    out = io.StringIO()
    call_command("workflow", "report", str(file(tmp_path, "good.yaml", GOOD)), "--platform", "onprem", stdout=out)
    assert "native    /do/1/pause  wait" in out.getvalue()


def test_a_file_is_run_to_its_end(cast: Cast, tmp_path: Path):
    good, given = file(tmp_path, "good.yaml", GOOD), file(tmp_path, "input.json", '{"a": 1, "b": 2}')
    arguments = ("run", good, "--tenant", cast.tenant_a.slug, "--input", given, "--wait", "--timeout", 20)
    status, answer = workflow(*arguments)
    assert (status, answer["status"], answer["error"]) == (0, "completed", None)
    assert answer["output"]["data"] == {"sum": 3}
    assert workflow(*arguments)[1]["run_id"] != answer["run_id"]


def test_a_run_that_fails_is_told_by_the_status(cast: Cast, tmp_path: Path):
    text = GOOD.replace(".a + .b", ".a - {}")
    status, answer = workflow(
        "run", file(tmp_path, "fails.yaml", text), "--tenant", cast.tenant_a.slug, "--wait", "--timeout", 20
    )
    assert (status, answer["status"], answer["error"]["instance"]) == (1, "faulted", "/do/0/add")


def test_an_unknown_tenant_is_an_error(cast: Cast, tmp_path: Path):
    with pytest.raises(CommandError, match="no tenant"):
        call_command("workflow", "run", str(file(tmp_path, "good.yaml", GOOD)), "--tenant", "nobody")
