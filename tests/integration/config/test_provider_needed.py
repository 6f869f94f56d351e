"""`up` runs the provider process only while an enabled deployment needs it."""

import os

import pytest
from django.db import connections
from psycopg.conninfo import make_conninfo

from config.supervisor.start import provider_needed
from keys.services import credential_create
from tests.cast import Cast, committed
from tests.integration.routing import control_kit as kit

pytestmark = committed


@pytest.fixture
def gateway_url() -> str:
    return make_conninfo(os.environ["DATABASE_GATEWAY_URL"], dbname=connections["default"].settings_dict["NAME"])


def anthropic(*, enabled: bool) -> None:
    credential = credential_create(name="Anthropic", kind="anthropic", secret="sk-ant-x")
    provider = kit.provider(kind="anthropic", base_url="", credential_id=credential.pk)
    kit.deployment(at=provider, enabled=enabled)


def test_providers_that_speak_the_openai_wire_need_none(cast: Cast, gateway_url: str) -> None:
    with cast.acting():
        kit.deployment()
    assert provider_needed(gateway_url) is False


@pytest.mark.parametrize("enabled", [True, False])
def test_an_enabled_anthropic_deployment_of_any_tenant_needs_it(cast: Cast, gateway_url: str, enabled: bool) -> None:
    with cast.acting():
        anthropic(enabled=enabled)
    assert provider_needed(gateway_url) is enabled


def test_without_a_database_nothing_is_needed() -> None:
    assert provider_needed("postgresql://orchestration_gateway@127.0.0.1:9/x") is False
