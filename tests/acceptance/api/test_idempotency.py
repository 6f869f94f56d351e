"""Idempotency-Key on creating calls."""

import threading

import pytest
from django.db import connection, connections

from tenants.models import IdempotencyRecord, ServiceAccount, Tenant, Unit
from tests import factories
from tests.acceptance.api.test_kit import CARDS, UNITS, problem
from tests.cast import Cast, committed

KEY = {"HTTP_IDEMPOTENCY_KEY": "order-1"}


def test_the_same_key_and_body_give_the_first_answer_again(cast: Cast):
    api = cast.api()
    first, second = api.post(UNITS, CARDS, **KEY), api.post(UNITS, CARDS, **KEY)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    with cast.acting():
        assert Unit.objects.count() == 1


def test_another_body_under_the_same_key_is_refused(cast: Cast):
    api = cast.api()
    api.post(UNITS, CARDS, **KEY)
    problem(api.post(UNITS, CARDS | {"name": "Loans"}, **KEY), 422, "idempotency_conflict")


def test_a_refused_call_does_not_use_the_key_up(cast: Cast):
    api = cast.api()
    problem(api.post(UNITS, {"name": ""}, **KEY), 400, "invalid")
    assert api.post(UNITS, CARDS, **KEY).status_code == 201


def test_keys_of_two_tenants_and_two_accounts_do_not_meet(cast: Cast):
    answers = [
        cast.api().post(UNITS, CARDS, **KEY),
        cast.api().post(UNITS, CARDS | {"name": "Loans"}, **KEY),
        cast.api(tenant=cast.tenant_b).post(UNITS, CARDS, **KEY),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]


def test_a_key_works_again_after_a_day(cast: Cast):
    api = cast.api()
    api.post(UNITS, CARDS, **KEY)
    with cast.acting():
        record = IdempotencyRecord.objects.get()
        IdempotencyRecord.objects.update(created_at=record.created_at.replace(year=2020))
    assert api.post(UNITS, CARDS | {"name": "Loans"}, **KEY).status_code == 201


def test_a_secret_is_not_kept_for_the_replay(cast: Cast):
    with cast.acting():
        account = factories.service_account()
    address, api = f"/api/v1/service-accounts/{account.id}/tokens/", cast.api()
    first, second = api.post(address, {}, **KEY).json(), api.post(address, {}, **KEY).json()
    assert first["secret"].startswith("orc-api-")
    assert second == first | {"secret": None}
    with cast.acting():
        assert first["secret"] not in str(list(IdempotencyRecord.objects.values()))


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "\u00e9"])
def test_a_key_that_is_no_key_is_refused(cast: Cast, key):
    response = cast.api().post(UNITS, CARDS, HTTP_IDEMPOTENCY_KEY=key)
    assert list(problem(response, 400, "invalid")["errors"]) == ["Idempotency-Key"]


def test_a_tenant_is_created_once_per_key(cast: Cast):
    body = {"slug": "gamma", "name": "Gamma", "owner_email": "gina@example.test"}
    headers = KEY | {"HTTP_AUTHORIZATION": f"Bearer {factories.platform_token()}"}
    answers = [cast.browser().post("/api/v1/platform/tenants/", body, "application/json", **headers) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Tenant.objects.filter(slug="gamma").count() == 1


@committed
def test_a_call_in_flight_is_a_conflict_and_not_a_second_effect(cast: Cast):
    api, entered, leave = cast.api(), threading.Event(), threading.Event()

    def hold_the_account_table() -> None:
        with cast.acting():
            connection.cursor().execute("lock table tenants_serviceaccount in share row exclusive mode")
            entered.set()
            leave.wait(10)
        connections.close_all()

    def create(answers: list) -> None:
        answers.append(api.post("/api/v1/service-accounts/", {"name": "r", "roles": ["developer"]}, **KEY))
        connections.close_all()

    blocker, first, second = threading.Thread(target=hold_the_account_table), [], []
    blocker.start()
    entered.wait(10)
    slow = threading.Thread(target=create, args=[first])
    slow.start()
    wait_until_blocked()
    create(second)
    leave.set()
    slow.join(10)
    blocker.join(10)
    problem(second[0], 409, "conflict")
    assert first[0].status_code == 201
    with cast.acting():
        assert ServiceAccount.objects.filter(name="r").count() == 1


def wait_until_blocked() -> None:
    """Wait until one statement waits for a lock."""
    import time

    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_locks where not granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nothing waits for a lock")
