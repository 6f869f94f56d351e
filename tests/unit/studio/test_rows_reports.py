"""Rows of a portability report: figures as people read them, cells in the order of the columns."""

import pytest
from django.utils.translation import override

from studio.rows_reports import amount, chosen_platform, platform_tabs, report_view, switched
from tests.unit.workflows.reporting import SHOWN, fork, plan_of
from workflows.domain.configurations import PatternSlug
from workflows.domain.starters import starter_plans


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1_048_576, "bytes", "1 MiB"),
        (1_572_864, "bytes", "1.5 MiB"),
        (512, "bytes", "512 B"),
        (31_536_000, "seconds", "365 days"),
        (60, "seconds", "1 min 00 s"),
        (400, "characters", "400 characters"),
        (100_000, "count", "100,000"),
    ],
)
def test_a_figure_is_told_in_its_unit(value: int, unit: str, text: str):
    with override("en"):
        assert amount(value, unit) == text


def test_each_row_has_a_cell_for_each_column():
    view = report_view(plan_of(SHOWN["compensate"]))
    assert [column.label for column in view.columns][1:] == [cell.platform for cell in view.rows[0].cells]
    assert [(row.name, row.depth) for row in view.rows] == [("c", 0), ("u", 1)]


def test_a_cell_begins_with_what_decided():
    row = report_view(plan_of(fork(11)), "gcp").rows[0]
    assert [(one.code, one.limit) for one in row.cells[0].findings] == [
        ("many_branches", "branches of a fork: 11, at most 10"),
        ("fork", ""),
    ]


@pytest.mark.parametrize(
    ("wanted", "chosen"), [("", ("", "")), ("aws", ("aws", "")), ("gpc", ("", "gcp")), ("?", ("", "cloudflare"))]
)
def test_an_address_leads_to_a_platform_or_to_all(wanted: str, chosen: tuple[str, str]):
    assert chosen_platform(wanted) == chosen


def test_exactly_one_tab_is_active():
    assert [tab["url"] for tab in platform_tabs("gcp") if tab["active"]] == ["?platform=gcp"]


def test_the_switch_of_the_studio_says_what_is_not_native():
    lines = {one.platform: one for one in switched([plan_of(SHOWN["compensate"]), plan_of(SHOWN["jump"])], "aws")}
    assert [one.platform for one in lines.values() if one.active] == ["aws"]
    assert (lines["cloudflare"].verdict, lines["cloudflare"].counts) == ("native", "5 native")
    assert (lines["aws"].counts, lines["aws"].made_up) == (
        "4 native · 1 emulated",
        ("Is undone, the last started first",),
    )


def test_a_pattern_without_a_workflow_has_nothing_to_say():
    assert switched([], "aws") == []


@pytest.mark.parametrize("slug", PatternSlug)
def test_starters_can_run_on_every_platform(slug: str):
    assert {one.verdict for one in switched(starter_plans(slug), "gcp")} <= {"native", "emulated"}
