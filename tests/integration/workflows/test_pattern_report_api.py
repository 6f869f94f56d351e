"""The portability report of a pattern configuration over REST: with the draft, with the live one, and by itself."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from routing.services import route_archive
from tenants.domain import Role
from tests.cast import Cast
from tests.integration.workflows.pattern_kit import PATTERNS, Parts, parts_of
from tests.integration.workflows.test_patterns_api import ADDRESS, body
from workflows.models import DefinitionVersion

pytestmark = pytest.mark.django_db
PLATFORMS = ["cloudflare", "azure", "aws", "gcp", "onprem"]


@pytest.fixture
def parts(cast: Cast) -> Parts:
    return parts_of(cast)


def by_command(text: str, folder: Path) -> dict[str, Any]:
    """What `manage.py workflow report FILE --json` says of a document."""
    file, out = folder / "definition.yaml", io.StringIO()
    file.write_text(text, encoding="utf-8")
    call_command("workflow", "report", str(file), "--json", stdout=out)
    return dict(json.loads(out.getvalue()))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_draft_and_what_it_becomes_carry_the_same_report(parts: Parts, pattern: str):
    api = parts.cast.api(Role.ARCHITECT)
    drafted = api.post(ADDRESS, body(parts, pattern)).json()
    address = f"{ADDRESS}{drafted['id']}/"
    assert [one["platform"] for one in drafted["report"]["platforms"]] == PLATFORMS
    assert api.get(address).json()["report"] == api.get(f"{address}report/").json() == drafted["report"]
    live = api.post(f"{address}start/").json()
    assert (live["status"], live["report"]) == ("live", drafted["report"])


@pytest.mark.parametrize(("pattern", "definitions"), [("orchestrator", 1), ("saga", 1), ("choreography", 3)])
def test_a_workflow_is_told_as_the_command_tells_its_file(parts: Parts, tmp_path: Path, pattern: str, definitions: int):
    api = parts.cast.api()
    drafted = api.post(ADDRESS, body(parts, pattern)).json()
    live = api.post(f"{ADDRESS}{drafted['id']}/start/").json()
    with parts.cast.acting():
        texts = [DefinitionVersion.objects.get(definition=one).source for one in live["definition_ids"]]
    told = drafted["report"]["definitions"]
    assert (len(told), drafted["report"]["parts"]) == (definitions, [])
    assert told == [by_command(text, tmp_path) for text in texts]


def test_the_verdict_of_a_platform_is_the_worst_of_its_definitions(parts: Parts):
    report = parts.cast.api().post(ADDRESS, body(parts, "choreography")).json()["report"]
    ranks = ["native", "emulated", "refused"]
    for place, told in enumerate(report["platforms"]):
        found = [one["platforms"][place]["verdict"] for one in report["definitions"]]
        assert told["verdict"] == max(found, key=ranks.index)


@pytest.mark.parametrize("pattern", ["model-router", "adapter"])
def test_what_is_no_workflow_is_told_part_by_part(parts: Parts, pattern: str):
    report = parts.cast.api().post(ADDRESS, body(parts, pattern)).json()["report"]
    assert report["definitions"] == []
    for part in report["parts"]:
        assert [one["platform"] for one in part["platforms"]] == PLATFORMS
        assert all(one["service"] and one["how"] for one in part["platforms"]), part["title"]


def test_one_platform_and_another_language_may_be_asked_for(parts: Parts):
    api = parts.cast.api()
    address = f"{ADDRESS}{api.post(ADDRESS, body(parts, 'adapter')).json()['id']}/report/"
    one = api.get(address, {"platform": "onprem"}).json()
    assert [row["platform"] for row in one["platforms"] + one["parts"][0]["platforms"]] == ["onprem", "onprem"]
    spoken = api.get(address, {"platform": "onprem"}, HTTP_ACCEPT_LANGUAGE="vi").json()
    assert spoken["parts"][0]["platforms"][0]["how"] != one["parts"][0]["platforms"][0]["how"]
    assert list(api.get(address, {"platform": "moon"}).json()["errors"]) == ["platform"]


def test_a_draft_with_a_missing_part_has_no_report_until_it_is_changed(parts: Parts):
    api = parts.cast.api()
    address = f"{ADDRESS}{api.post(ADDRESS, body(parts, 'orchestrator')).json()['id']}/"
    with parts.cast.acting():
        route_archive(parts.route.id)
    assert api.get(address).json()["report"] is None
    refused = api.get(f"{address}report/")
    assert (refused.status_code, "missing" in refused.json()["detail"]) == (409, True)


def test_lists_are_without_reports(parts: Parts):
    parts.drafted("adapter")
    [row] = parts.cast.api().get(ADDRESS).json()["results"]
    assert "report" not in row


def test_nobody_else_reads_a_report(parts: Parts, cast: Cast):
    address = f"{ADDRESS}{parts.drafted('saga').id}/report/"
    assert cast.api(tenant=cast.tenant_b).get(address).status_code == 404
    assert cast.api(Role.APPROVER).get(address).status_code == 403
    assert cast.api(Role.AUDITOR).get(address).status_code == 200
