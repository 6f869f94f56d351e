"""What holds for every REST endpoint: tokens, bodies, parameters, pages, problems, idempotency."""

import json

import pytest
from django.db import connection
from django.test import Client

from tenants.domain import Role
from tests import factories
from tests.cast import Cast

UNITS = "/api/v1/units/"
CARDS = {"name": "Cards", "kind": "department"}


def problem(response, status, code):
    """Assert that an answer is a problem with this status and code; return it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response["X-Request-ID"]
    return body


def test_a_call_without_a_token_is_challenged(db):
    response = Client().get(UNITS)
    problem(response, 401, "unauthenticated")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer orc-api-unknown", "Basic YTpi", "Bearer \u00ff"])
def test_a_bad_token_is_refused(db, header):
    problem(Client().get(UNITS, HTTP_AUTHORIZATION=header), 401, "unauthenticated")


def test_a_role_without_the_permission_gets_403(cast: Cast):
    body = problem(cast.api(Role.DEVELOPER).post(UNITS, CARDS), 403, "permission_denied")
    assert body["data"] == {"action": "unit.change"}


def test_an_unknown_field_is_named_and_nothing_is_written(cast: Cast):
    api = cast.api()
    body = problem(api.post(UNITS, CARDS | {"colour": "red"}), 400, "invalid")
    assert list(body["errors"]) == ["colour"]
    assert api.get(UNITS).json()["results"] == []


def test_an_unknown_query_parameter_is_named(cast: Cast):
    assert list(problem(cast.api().get(f"{UNITS}?colour=red"), 400, "invalid")["errors"]) == ["colour"]


def test_a_query_parameter_on_a_change_is_refused_before_anything_happens(cast: Cast):
    api = cast.api()
    problem(api.post(f"{UNITS}?archived=true", CARDS), 400, "invalid")
    assert api.get(UNITS).json()["results"] == []


def test_a_repeated_query_parameter_is_refused(cast: Cast):
    assert list(problem(cast.api().get(f"{UNITS}?limit=1&limit=2"), 400, "invalid")["errors"]) == ["limit"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"name": "a", "name": "b", "kind": "project"}', "malformed"),
        (b'{"name": NaN}', "malformed"),
        (b'{"name": "a\\u0000"}', "malformed"),
        (b'{"name": "\\ud800"}', "malformed"),
        (b"[" * 100_000, "malformed"),
        (b"[1]", "invalid"),
        (b'"text"', "invalid"),
        (b"null", "invalid"),
        (b"", "invalid"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(cast: Cast, body, code):
    problem(cast.api().post(UNITS, body, content_type="application/json"), 400, code)


def test_a_body_of_another_type_or_charset_is_refused(cast: Cast):
    api = cast.api()
    problem(api.post(UNITS, b"name=x", content_type="application/x-www-form-urlencoded"), 415, "unsupported_media_type")
    latin = "application/json; charset=latin-1"
    problem(api.post(UNITS, b"{}", content_type=latin), 415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_refused(cast: Cast):
    body = json.dumps({"name": "x" * 1_100_000}).encode()
    problem(cast.api().post(UNITS, body, content_type="application/json"), 413, "payload_too_large")


def test_an_unknown_method_address_or_media_type_is_a_problem(cast: Cast):
    api = cast.api()
    response = api.delete(UNITS)
    problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"
    problem(api.get("/api/v1/nothing/"), 404, "not_found")
    problem(api.get("/api/v1/units/not-an-id/"), 404, "not_found")
    problem(api.get(UNITS, HTTP_ACCEPT="text/html"), 406, "not_acceptable")


def test_head_and_options_work(cast: Cast):
    api = cast.api()
    assert (api.head(UNITS).status_code, api.head(UNITS).content) == (200, b"")
    answer = api.options(UNITS)
    assert (answer.status_code, answer["Allow"]) == (204, "GET, POST, HEAD, OPTIONS")


def test_a_request_id_of_the_caller_is_kept_when_it_is_well_formed(cast: Cast):
    api = cast.api()
    assert api.get(UNITS, HTTP_X_REQUEST_ID="trace-1")["X-Request-ID"] == "trace-1"
    assert api.get(UNITS, HTTP_X_REQUEST_ID="bad id\n")["X-Request-ID"] != "bad id\n"


def make_units(cast: Cast, count: int) -> None:
    with cast.acting():
        for number in range(count):
            factories.unit(f"Unit {number}")


def test_pages_show_every_row_once(cast: Cast):
    make_units(cast, 5)
    api, names, cursor = cast.api(), [], ""
    while cursor is not None:
        page = api.get(f"{UNITS}?limit=2" + (f"&cursor={cursor}" if cursor else "")).json()
        names += [row["name"] for row in page["results"]]
        cursor = page["next_cursor"]
    assert names == ["Unit 4", "Unit 3", "Unit 2", "Unit 1", "Unit 0"]


def test_a_cursor_works_for_its_own_tenant_list_and_filter_only(cast: Cast):
    make_units(cast, 2)
    cursor = cast.api().get(f"{UNITS}?limit=1").json()["next_cursor"]
    others = [
        cast.api(tenant=cast.tenant_b).get(f"{UNITS}?limit=1&cursor={cursor}"),
        cast.api().get(f"{UNITS}?archived=true&cursor={cursor}"),
        cast.api().get(f"/api/v1/members/?cursor={cursor}"),
        cast.api().get(f"{UNITS}?cursor={cursor[:-2]}xx"),
    ]
    assert [list(problem(response, 400, "invalid")["errors"]) for response in others] == [["cursor"]] * 4


@pytest.mark.parametrize("limit", ["0", "201", "ten", ""])
def test_a_limit_out_of_range_is_refused(cast: Cast, limit):
    assert list(problem(cast.api().get(f"{UNITS}?limit={limit}"), 400, "invalid")["errors"]) == ["limit"]


def test_an_unexpected_error_is_a_problem_that_tells_nothing(cast: Cast, caplog):
    api = cast.api()

    def break_units(execute, sql, params, many, context):
        if "tenants_unit" in sql:
            raise RuntimeError("password=hunter2")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(break_units):
        body = problem(api.get(UNITS), 500, "internal_error")
    assert "hunter2" not in json.dumps(body)
    assert "unexpected error in the API" in caplog.text
