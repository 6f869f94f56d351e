"""Usage figures: exact to the nano-dollar and on the right day in any zone, against a plain sum over the rows."""

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.selectors.filters import UsageFilter, last_days
from routing.selectors.measures import BUCKETS, Totals
from routing.selectors.usage import usage_by, usage_series, usage_series_by, usage_totals
from routing.selectors.usage_export import EXPORT_HEADER, csv_text, usage_export
from tenants.domain import Role
from tenants.errors import PermissionDenied
from tenants.ids import uuid7
from tenants.models import Tenant
from tests import factories
from tests.cast import Cast
from tests.integration.routing import control_kit as kit

ZONES = (
    "UTC", "Asia/Ho_Chi_Minh", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "America/Havana",
    "Africa/Cairo", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Australia/Lord_Howe",
)  # fmt: skip
ALL_TIME = UsageFilter(since=date(2025, 1, 1), until=date(2026, 12, 31))
STATUSES = ("ok", "cached", "refused", "failed", "cut", "cancelled")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

records = st.lists(
    st.fixed_dictionaries(
        {
            "second": st.integers(0, 86_400 * 400),
            "status": st.sampled_from(STATUSES),
            "cost": st.none() | st.integers(0, 10**15),
            "tokens": st.tuples(*(st.integers(0, 10**9) for _ in BUCKETS)),
            "model_served": st.sampled_from(("small", "large", "")),
        }
    ),
    max_size=20,
)


def report_in(cast: Cast, zone: str) -> None:
    Tenant.objects.filter(pk=cast.tenant_a.pk).update(time_zone=zone)


def drawn(row: dict[str, Any]) -> dict[str, Any]:
    at = datetime(2025, 2, 1, tzinfo=UTC) + timedelta(seconds=row["second"])
    fields = {name: row[name] for name in ("status", "cost", "model_served")}
    return kit.record(at, **fields, **dict(zip(BUCKETS, row["tokens"], strict=True)))


def days_of(rows: list[dict[str, Any]], zone: str) -> dict[date, int]:
    """The oracle: cost by local day, summed here."""
    found: dict[date, int] = defaultdict(int)
    for row in rows:
        found[datetime.fromisoformat(row["at"]).astimezone(ZoneInfo(zone)).date()] += row.get("cost") or 0
    return {day: cost for day, cost in found.items() if cost}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=records, zone=st.sampled_from(ZONES))
def test_totals_series_and_groups_equal_the_sum_of_the_rows(
    fresh_cast: Callable[[], Cast], rows: Any, zone: str
) -> None:
    cast = fresh_cast()
    report_in(cast, zone)
    with cast.acting():
        written = [drawn(row) for row in rows]
        kit.write(written)
        totals, series = usage_totals(ALL_TIME), usage_series(ALL_TIME, now=NOON)
        by_model = usage_by(ALL_TIME, "model")
    assert totals.calls == len(rows)
    assert totals.cost == sum(row["cost"] or 0 for row in rows) == sum(group.totals.cost for group in by_model)
    assert totals.tokens == sum(sum(row["tokens"]) for row in rows) == sum(day.totals.tokens for day in series)
    assert {day.day: day.totals.cost for day in series if day.totals.cost} == days_of(written, zone)


@pytest.fixture
def fresh_cast(cast: Cast) -> Callable[[], Cast]:
    """The cast with a new tenant A for every example, since examples share one transaction."""
    from dataclasses import replace

    return lambda: replace(cast, tenant_a=factories.tenant(f"bank-{uuid7().hex[-12:]}", "Alpha"))


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),  # 23 hours
        ("Europe/Berlin", date(2026, 10, 25)),  # 25 hours
        ("America/Havana", date(2026, 3, 8)),  # midnight does not exist
        ("America/Havana", date(2026, 11, 1)),  # midnight comes twice
        ("Africa/Cairo", date(2026, 4, 24)),  # midnight does not exist
        ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour longer
    ],
)
def test_a_day_of_another_length_holds_exactly_its_own_instants(cast: Cast, zone: str, day: date) -> None:
    report_in(cast, zone)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=20)
    with cast.acting():
        rows = [kit.record(start + timedelta(minutes=10 * step), cost=1) for step in range(6 * 64)]
        kit.write(rows)
        alone = usage_totals(UsageFilter(since=day, until=day))
        series = usage_series(UsageFilter(since=day - timedelta(days=1), until=day + timedelta(days=1)), now=NOON)
    assert alone.cost == days_of(rows, zone)[day] == series[1].totals.cost
    assert series[0].totals.cost == days_of(rows, zone)[day - timedelta(days=1)]


def test_the_present_day_is_partial_in_the_reporting_zone(cast: Cast) -> None:
    report_in(cast, "Asia/Ho_Chi_Minh")
    late = datetime(2026, 3, 10, 18, tzinfo=UTC)
    with cast.acting():
        wanted = last_days(3, zone=ZoneInfo("Asia/Ho_Chi_Minh"), now=late)
        series = usage_series(wanted, now=late)
    assert [(day.day.day, day.partial) for day in series] == [(9, False), (10, False), (11, True)]


def test_a_unit_includes_what_is_below_it(cast: Cast) -> None:
    with cast.acting():
        retail = factories.unit("Retail")
        cards, loans = factories.unit("Cards", parent=retail), factories.unit("Loans", parent=retail)
        for unit, cost in ((retail, 1), (cards, 10), (loans, 100)):
            kit.write([kit.record(NOON, cost=cost, unit_id=unit.pk, unit_path=unit.path)])
        found = {group.label: group.totals.cost for group in usage_by(ALL_TIME, "unit")}
        below = {group.label for group in usage_by(UsageFilter(**_days(), unit_id=cards.pk), "unit")}
        total = usage_totals(UsageFilter(**_days(), unit_id=retail.pk)).cost
    assert found == {"Retail": 111, "Cards": 10, "Loans": 100}
    assert below == {"Cards"}
    assert total == 111


def _days() -> dict[str, Any]:
    return {"since": ALL_TIME.since, "until": ALL_TIME.until}


def test_latency_counts_only_full_answers_of_a_provider(cast: Cast) -> None:
    with cast.acting():
        kit.write(kit.record(NOON, latency_ms=ms) for ms in range(1, 101))
        kit.write([kit.record(NOON, latency_ms=9000, status="failed"), kit.record(NOON, latency_ms=0, status="cached")])
        totals = usage_totals(ALL_TIME)
    assert (totals.p50_ms, totals.p95_ms) == (50, 95)
    assert (totals.calls, totals.served, totals.errors, totals.cached) == (102, 100, 1, 1)
    assert totals.error_rate == pytest.approx(1 / 101)


def test_an_unknown_price_is_counted_and_never_called_free(cast: Cast) -> None:
    with cast.acting():
        kit.write([kit.record(NOON, deployment_id=uuid7(), cost=None), kit.record(NOON, cost=5)])
        totals = usage_totals(ALL_TIME)
    assert (totals.unpriced, totals.cost) == (1, 5)


def test_each_filter_keeps_only_what_belongs_to_it(cast: Cast) -> None:
    ids: dict[str, UUID] = {name: uuid7() for name in ("route_id", "deployment_id", "virtual_key_id")}
    with cast.acting():
        kit.write([kit.record(NOON, cost=1, model_served="m", **ids), kit.record(NOON, cost=2)])
        for name, value in {**ids, "model": "m"}.items():
            assert usage_totals(UsageFilter(**_days(), **{name: value})).cost == 1  # type: ignore[arg-type]
        assert usage_totals(UsageFilter(since=date(2026, 3, 11), until=date(2026, 3, 11))) == Totals()


def test_a_record_is_written_once(cast: Cast) -> None:
    with cast.acting():
        row = kit.record(NOON, cost=7)
        assert (kit.write([row]), kit.write([row, row])) == (1, 0)
        assert usage_totals(ALL_TIME).cost == 7


def test_the_export_adds_up_to_the_totals_in_exact_decimals(cast: Cast) -> None:
    with cast.acting():
        kit.write(kit.record(NOON + timedelta(days=step), cost=1, model_served="m") for step in range(3))
        rows = [dict(zip(EXPORT_HEADER, row, strict=True)) for row in usage_export(ALL_TIME)]
    assert [row["day"] for row in rows] == ["2026-03-10", "2026-03-11", "2026-03-12"]
    assert {row["cost_usd"] for row in rows} == {"0.000000001"}


def test_a_name_in_the_export_is_never_a_formula(cast: Cast) -> None:
    with cast.acting():
        kit.write([kit.record(NOON, model_served='=cmd("x")')])
        text = csv_text(usage_export(ALL_TIME))
    assert '2026-03-10,"\'=cmd(""x"")",' in text


def test_the_number_of_queries_does_not_grow_with_the_data(cast: Cast) -> None:
    def queries() -> int:
        with cast.acting(), CaptureQueriesContext(connection) as captured:
            usage_series(ALL_TIME, now=NOON)
            usage_series_by(ALL_TIME, "deployment")
        return len(captured)

    with cast.acting():
        kit.write([kit.record(NOON, deployment_id=uuid7())])
    few = queries()
    with cast.acting():
        kit.write(kit.record(NOON + timedelta(hours=step), deployment_id=uuid7()) for step in range(60))
    assert queries() == few


def test_an_approver_sees_no_usage(cast: Cast) -> None:
    with cast.acting(Role.APPROVER), pytest.raises(PermissionDenied):
        usage_totals(ALL_TIME)


def test_an_outsider_sees_only_its_own_usage(cast: Cast) -> None:
    with cast.acting():
        kit.write([kit.record(NOON, cost=7, model_served="m")])
    with cast.acting(tenant=cast.tenant_b):
        assert usage_totals(ALL_TIME) == Totals()
        assert usage_by(ALL_TIME, "model") == []


def test_figures_by_day_and_group_add_up_to_the_total(cast: Cast) -> None:
    source = random.Random(7)
    with cast.acting():
        kit.write(
            kit.record(NOON + timedelta(hours=step), cost=source.randrange(10**12), model_served=source.choice("ab"))
            for step in range(80)
        )
        rows = usage_series_by(ALL_TIME, "model")
        total = usage_totals(ALL_TIME)
    assert sum(row.totals.cost for row in rows) == total.cost
    assert [row.day for row in rows] == sorted(row.day for row in rows)
