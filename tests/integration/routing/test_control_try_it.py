"""Trying a route from the console goes through a real gateway process, and leaves a record that the ledger explains."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from keys.models import VirtualKey
from keys.services import credential_create
from routing.adapters.gateway_client import HttpGateway
from routing.domain.control import DeploymentConfig, ProviderConfig
from routing.egress import bind_egress
from routing.gateway_port import bind_gateway
from routing.models import Route
from routing.reconcile import UsageProof, usage_proof
from routing.selectors.requests import request_detail
from routing.services import deployment_create, provider_create
from routing.try_it import TRY_KEY, TryRequest, TryResult, try_route
from tenants.domain import Role
from tenants.egress import EgressPolicy, parse_allow
from tenants.errors import Invalid, NotFound, PermissionDenied
from tenants.models import AuditEntry, Unit
from tenants.scope import use_scope
from tests import factories
from tests.cast import Cast, committed
from tests.gateway import gateway_url, running_gateway
from tests.integration.routing import control_kit as kit
from tests.sandbox import SandboxServer, free_port, running_sandbox

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with running_sandbox() as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def console_gateway(django_db_setup: None) -> Iterator[None]:
    """A gateway process that the console of this test process uses."""
    name = str(connections["default"].settings_dict["NAME"])
    with running_gateway(gateway_url(name), os.environ["REDIS_URL"]) as process:
        bind_gateway(HttpGateway(process.url))
        bind_egress(EgressPolicy(parse_allow(["127.0.0.1:*"])))
        yield
    bind_egress(EgressPolicy())


@pytest.fixture
def bank(cast: Cast, sandbox: SandboxServer) -> tuple[Route, Unit]:
    """A route over a failing and a working model of the sandbox, and a unit that pays."""
    with cast.acting():
        credential = credential_create(name="Sandbox", kind="openai_compatible", secret="any-secret-at-all")
        provider = provider_create(
            ProviderConfig(
                name="Sandbox",
                kind="openai_compatible",
                base_url=f"{sandbox.url}/v1",
                credential_id=credential.pk,
            )
        )
        bad, good = (
            deployment_create(DeploymentConfig(name=model, provider_id=provider.pk, model=model))
            for model in ("sandbox-fail-503", "sandbox-small")
        )
        return kit.route("assistant", bad, good), factories.unit("Cards")


def attempt(cast: Cast, bank: tuple[Route, Unit], *roles: Role, **changes: Any) -> TryResult:
    values: dict[str, Any] = {"route_id": bank[0].pk, "unit_id": bank[1].pk, "prompt": "Good morning"} | changes
    with use_scope(cast.scope(*(roles or (Role.DEVELOPER,)))):
        return try_route(TryRequest(**values))


@committed
def test_a_try_answers_and_says_who_answered_at_what_cost(cast: Cast, bank: tuple[Route, Unit]) -> None:
    result = attempt(cast, bank)
    assert (result.status, result.error_code) == (200, "")
    assert result.answer
    assert (result.model_served, result.attempts, result.cache) == ("sandbox-small", "2", "off")
    assert float(result.cost_usd) > 0
    assert result.usage["total_tokens"] > 0


@committed
def test_the_record_of_a_try_costs_exactly_what_the_ledger_booked(cast: Cast, bank: tuple[Route, Unit]) -> None:
    results = [attempt(cast, bank) for _ in range(3)]
    today = datetime.now(UTC).date()
    with cast.acting():
        for _ in range(100):
            proof = usage_proof(since=today - timedelta(days=1), until=today + timedelta(days=1))
            if proof.requests == 3:
                break
            time.sleep(0.05)
        detail = request_detail(results[0].request_id)
    assert (proof.requests, proof.agrees, proof.unrecorded) == (3, True, 0)
    assert proof.cost > 0
    assert [row.outcome for row in detail.attempts][-1] == "ok"
    assert sum(row.amount for row in detail.ledger) == detail.record.cost
    assert detail.explanation is not None


@committed
def test_one_key_of_the_unit_serves_all_tries_and_ends_soon(cast: Cast, bank: tuple[Route, Unit]) -> None:
    for _ in range(2):
        assert attempt(cast, bank).status == 200
    with cast.acting():
        key = VirtualKey.objects.get(name=TRY_KEY)
        actors = set(AuditEntry.objects.filter(object_type="VirtualKey").values_list("actor_label", flat=True))
    assert key.expires_at is not None
    assert key.expires_at < datetime.now(UTC) + timedelta(minutes=11)
    assert actors == {"developer"}


@committed
def test_an_error_is_shown_as_a_client_gets_it(cast: Cast, bank: tuple[Route, Unit], sandbox: SandboxServer) -> None:
    sandbox.take_down("sandbox-small")
    try:
        result = attempt(cast, bank)
    finally:
        sandbox.reset()
    assert (result.status, result.answer) == (503, "")
    assert result.error_code
    assert result.error_message


@committed
def test_a_gateway_that_is_away_is_said_and_nothing_raised(cast: Cast, bank: tuple[Route, Unit]) -> None:
    from routing import gateway_port

    present = gateway_port.gateway()
    bind_gateway(HttpGateway(f"http://127.0.0.1:{free_port()}"))
    try:
        result = attempt(cast, bank)
    finally:
        bind_gateway(present)
    assert (result.status, result.error_code) == (0, "gateway_unreachable")


@committed
@pytest.mark.parametrize("changes", [{"prompt": " "}, {"prompt": "x" * 20_001}, {"max_output_tokens": 0}])
def test_a_faulty_try_is_refused_by_name(cast: Cast, bank: tuple[Route, Unit], changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        attempt(cast, bank, **changes)
    assert list(refused.value.errors) == list(changes)


@committed
def test_an_auditor_does_not_try(cast: Cast, bank: tuple[Route, Unit]) -> None:
    with pytest.raises(PermissionDenied):
        attempt(cast, bank, Role.AUDITOR)


@committed
def test_an_outsider_neither_tries_the_route_nor_spends_for_the_unit(cast: Cast, bank: tuple[Route, Unit]) -> None:
    wanted = TryRequest(route_id=bank[0].pk, unit_id=bank[1].pk, prompt="Good morning")
    with use_scope(cast.scope(tenant=cast.tenant_b)), pytest.raises(NotFound):
        try_route(wanted)
    with cast.acting():
        assert not VirtualKey.objects.exists()


def test_a_record_that_no_ledger_entry_explains_is_named(cast: Cast) -> None:
    with cast.acting():
        row = kit.record(NOON, cost=7)
        kit.write([row, kit.record(NOON), kit.record(NOON - timedelta(days=9), cost=1)])
        proof = usage_proof(since=date(2026, 3, 10), until=date(2026, 3, 10))
    assert proof == UsageProof(requests=2, cost=7, booked=0, differing=(row["id"],), unrecorded=0, unrecorded_amount=0)
    assert not proof.agrees
