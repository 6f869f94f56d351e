"""The request list and one request: light, paged by keyset, found by the beginning of an id, explained."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from routing.domain.select import decide
from routing.domain.spec import parse_route_spec
from routing.domain.types import DeploymentFacts, Price, RequestFeatures, RouteVersionFacts, Snapshot, decision_to_dict
from routing.selectors.configuration import Health, deployment_list, deployment_rows
from routing.selectors.filters import RequestFilter
from routing.selectors.requests import Position, request_detail, request_page
from routing.selectors.usage import run_totals
from tenants.domain import Role
from tenants.errors import NotFound, PermissionDenied
from tenants.ids import uuid7
from tests.cast import Cast
from tests.integration.routing import control_kit as kit

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
EVERYTHING = RequestFilter()
RUN = uuid7()


def stored_decision() -> dict[str, object]:
    """A decision as the gateway stores it: the cheaper of two, with a third one switched off."""
    price = {"small": 1_000, "large": 9_000, "off": 1}
    facts = {
        name: DeploymentFacts(
            id=name, name=name, provider_id="p", provider_kind="openai", model=name, enabled=name != "off",
            price=Price(input=amount, output=amount),
        )
        for name, amount in price.items()
    }  # fmt: skip
    spec = parse_route_spec({"strategy": "cheapest", "candidates": [{"deployment": name} for name in facts]})
    route = RouteVersionFacts(route_id="r", name="assistant", number=3, digest="d", spec=spec, deployments=facts)
    features = RequestFeatures(model="assistant", input_tokens_estimate=1000, input_tokens_bound=4000)
    return decision_to_dict(decide(features, route, Snapshot()))


def test_pages_follow_each_other_without_gap_or_repeat_even_within_one_instant(cast: Cast) -> None:
    with cast.acting():
        rows = [kit.record(NOON + timedelta(seconds=step // 4)) for step in range(30)]
        kit.write(rows)
        seen, after = [], None
        while True:
            page = request_page(EVERYTHING, after=after, limit=7)
            seen += [row.record for row in page.rows]
            after = page.after
            if after is None:
                break
    assert len(seen) == len({record.pk for record in seen}) == 30
    assert [(record.at, record.pk) for record in seen] == sorted(((r.at, r.pk) for r in seen), reverse=True)


def test_a_new_request_does_not_move_the_next_page(cast: Cast) -> None:
    with cast.acting():
        kit.write(kit.record(NOON + timedelta(seconds=step)) for step in range(4))
        first = request_page(EVERYTHING, limit=2)
        kit.write([kit.record(NOON + timedelta(hours=1))])
        second = request_page(EVERYTHING, after=first.after, limit=2)
    assert not {row.record.pk for row in first.rows} & {row.record.pk for row in second.rows}
    assert isinstance(first.after, Position)


def test_the_list_never_loads_the_heavy_columns(cast: Cast) -> None:
    with cast.acting():
        kit.write(kit.record(NOON, decision=stored_decision(), usage_raw={"a": 1}) for _ in range(3))
        with CaptureQueriesContext(connection) as captured:
            request_page(EVERYTHING)
    assert not [
        query for query in captured.captured_queries if "decision" in query["sql"] or "usage_raw" in query["sql"]
    ]


def test_the_number_of_queries_does_not_grow_with_the_rows(cast: Cast) -> None:
    def queries() -> int:
        with cast.acting(), CaptureQueriesContext(connection) as captured:
            request_page(EVERYTHING)
        return len(captured)

    with cast.acting():
        route = kit.route()
        kit.write([kit.record(NOON, route_id=route.pk, deployment_id=uuid7(), virtual_key_id=uuid7(), unit_id=uuid7())])
    few = queries()
    with cast.acting():
        kit.write(kit.record(NOON, route_id=uuid7(), deployment_id=uuid7()) for _ in range(20))
    assert queries() == few


@pytest.mark.parametrize("cut", [3, 8, 9, 13, 36])
def test_a_request_is_found_by_the_beginning_of_its_id(cast: Cast, cut: int) -> None:
    with cast.acting():
        row = kit.record(NOON, id="01999999-aaaa-7000-8000-00000000000a")
        kit.write([row, kit.record(NOON, id="02999999-aaaa-7000-8000-00000000000a")])
        page = request_page(RequestFilter(text=f" {row['id'][:cut].upper()} "))
        nothing = request_page(RequestFilter(text="no id at all"))
    assert [str(found.record.pk) for found in page.rows] == [row["id"]]
    assert nothing.rows == []


def test_each_filter_keeps_only_what_belongs_to_it(cast: Cast) -> None:
    key = uuid7()
    with cast.acting():
        kit.write([kit.record(NOON, status="failed", virtual_key_id=key), kit.record(NOON - timedelta(days=2))])
        for wanted in (
            RequestFilter(status="failed"), RequestFilter(virtual_key_id=key), RequestFilter(since=date(2026, 3, 9)),
        ):  # fmt: skip
            assert [row.record.status for row in request_page(wanted).rows] == ["failed"]


def test_a_request_is_explained(cast: Cast) -> None:
    attempts = [{"deployment": "small", "name": "small", "model": "m", "outcome": "ok", "status": 200, "ms": 12}]
    with cast.acting():
        row = kit.record(NOON, decision=stored_decision(), attempts=attempts)
        kit.write([row])
        detail = request_detail(row["id"])
    explanation = detail.explanation
    assert explanation is not None
    assert [(view.name, view.fate, view.rung) for view in explanation.candidates] == [
        ("small", "chosen", 1), ("large", "fallback", 2), ("off", "dropped", None),
    ]  # fmt: skip
    assert explanation.candidates[2].causes[0].text == "The deployment is switched off."
    assert explanation.reason_text == "It had the lowest expected cost."
    assert "large would have served" in explanation.counterfactual_text
    assert detail.attempts[0].milliseconds == 12


def test_health_counts_every_try_of_the_last_quarter_of_an_hour(cast: Cast) -> None:
    with cast.acting():
        small = kit.deployment()
        tries = [
            {"deployment": str(small.pk), "outcome": outcome, "ms": ms}
            for outcome, ms in (("ok", 10), ("server_error", 900), ("request", 5))
        ]
        kit.write([kit.record(NOON, attempts=tries), kit.record(NOON - timedelta(hours=1), attempts=tries)])
        row = deployment_rows(list(deployment_list()), now=NOON + timedelta(minutes=5))[0]
    assert row.health == Health(tries=3, errors=1, p50_ms=10, p95_ms=10)


def test_an_approver_sees_no_requests(cast: Cast) -> None:
    with cast.acting(Role.APPROVER), pytest.raises(PermissionDenied):
        request_page(EVERYTHING)


def test_an_outsider_finds_no_request(cast: Cast) -> None:
    with cast.acting():
        row = kit.record(NOON)
        kit.write([row])
    with cast.acting(tenant=cast.tenant_b):
        assert request_page(RequestFilter(text=str(row["id"]))).rows == []
        with pytest.raises(NotFound):
            request_detail(row["id"])


def test_a_record_that_lacks_almost_everything_is_kept_and_shown(cast: Cast) -> None:
    with cast.acting():
        odd = kit.record(NOON, attempts={"not": "a list"}, decision={"v": 99}, usage_raw=None, surprise=1)
        bare = {"id": uuid7(), "tenant_id": cast.tenant_a.pk}
        assert kit.write([odd, bare]) == 2
        detail = request_detail(odd["id"])
        assert request_detail(bare["id"]).record.status == "failed"
    assert (detail.attempts, detail.explanation, detail.ledger) == ((), None, ())


def test_days_at_the_end_of_the_calendar_are_only_empty(cast: Cast) -> None:
    with cast.acting():
        kit.write([kit.record(NOON)])
        assert request_page(RequestFilter(since=date.max)).rows == []
        assert request_page(RequestFilter(until=date.min)).rows == []
        assert len(request_page(RequestFilter(since=date.min, until=date.max)).rows) == 1


def test_the_requests_of_a_run_are_found_and_summed(cast: Cast) -> None:
    with cast.acting():
        calls = [kit.record(NOON, run_id=RUN, cost=cost, input_tokens=5, output_tokens=2) for cost in (100, 250)]
        kit.write([*calls, kit.record(NOON, cost=7), kit.record(NOON, run_id=uuid7(), cost=9)])
        found = {row.record.id for row in request_page(RequestFilter(run_id=RUN)).rows}
        assert found == {one["id"] for one in calls}
        totals = run_totals(RUN)
        assert (totals.calls, totals.cost, totals.tokens) == (2, 350, 14)


def test_an_outsider_finds_no_requests_of_a_run(cast: Cast) -> None:
    with cast.acting():
        kit.write([kit.record(NOON, run_id=RUN, cost=100)])
    with cast.acting(tenant=cast.tenant_b):
        assert request_page(RequestFilter(run_id=RUN)).rows == []
        assert run_totals(RUN).calls == 0
    with cast.acting(Role.APPROVER), pytest.raises(PermissionDenied):
        run_totals(RUN)


def test_the_api_filters_by_run(cast: Cast) -> None:
    with cast.acting():
        kit.write([kit.record(NOON, run_id=RUN), kit.record(NOON)])
    rows = cast.api().get("/api/v1/requests/", {"run_id": str(RUN)}).json()["results"]
    assert [row["run_id"] for row in rows] == [str(RUN)]
