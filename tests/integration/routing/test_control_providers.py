"""Providers and deployments: what may be saved, what is refused by name, who may, and what the gateway learns."""

import pytest
from django.db import connection

from routing import services
from routing.domain.control import DeploymentConfig, ModelTraits, ProviderConfig
from routing.domain.types import Price
from routing.egress import bind_egress
from routing.models import Deployment, Provider
from tenants.domain import Role
from tenants.egress import EgressPolicy, parse_allow
from tenants.errors import Conflict, Invalid, NotFound, PermissionDenied
from tenants.models import AuditEntry
from tests.cast import Cast
from tests.integration.routing import control_kit as kit


def stamp(cast: Cast) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select version from tenants_configstamp where tenant_id = %s", [cast.tenant_a.id])
        return int(cursor.fetchone()[0])


def config(**changes: object) -> ProviderConfig:
    return ProviderConfig(**({"name": "House", "kind": "openai_compatible", "base_url": kit.URL} | changes))  # type: ignore[arg-type]


def test_a_new_provider_is_audited_and_changes_the_stamp(cast: Cast) -> None:
    before = stamp(cast)
    with cast.acting():
        provider = kit.provider()
        entry = AuditEntry.objects.get(action="provider.create")
    assert entry.object_id == str(provider.pk)
    assert stamp(cast) == before + 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "carrier_pigeon"}, "kind"),
        ({"base_url": ""}, "base_url"),
        ({"base_url": "http://models.example.com/v1"}, "base_url"),
        ({"base_url": "https://127.0.0.1/v1"}, "base_url"),
        ({"base_url": "https://169.254.169.254/"}, "base_url"),
        ({"base_url": "https://localhost/"}, "base_url"),
        ({"base_url": "https://models.example.com/v1?key=1"}, "base_url"),
        ({"base_url": "not an address"}, "base_url"),
        ({"api_version": "2024-10-21"}, "api_version"),
        ({"kind": "openai"}, "credential_id"),
        ({"credential_id": "019f0000-0000-7000-8000-000000000000"}, "credential_id"),
        ({"name": "x" * 121}, "name"),
        ({"name": ""}, "name"),
    ],
)
def test_a_faulty_provider_is_refused_under_the_name_of_its_field(
    cast: Cast, changes: dict[str, object], field: str
) -> None:
    with cast.acting(), pytest.raises(Invalid) as refused:
        services.provider_create(config(**changes))
    assert list(refused.value.errors) == [field]


def test_an_address_that_the_operator_allows_is_accepted(cast: Cast) -> None:
    bind_egress(EgressPolicy(parse_allow(["127.0.0.0/8:9000"])))
    try:
        with cast.acting():
            assert services.provider_create(config(base_url="http://127.0.0.1:9000/v1")).kind == "openai_compatible"
    finally:
        bind_egress(EgressPolicy())


def test_a_credential_must_be_for_the_kind_of_its_provider(cast: Cast) -> None:
    from keys.models import ProviderCredential

    with cast.acting():
        mine = ProviderCredential.objects.create(name="c", kind="openai", ciphertext=b"x", key_version=1, last4="abcd")
        assert (
            services.provider_create(ProviderConfig(name="A", kind="openai", credential_id=mine.pk)).credential == mine
        )
        with pytest.raises(Invalid, match="attention") as refused:
            services.provider_create(ProviderConfig(name="B", kind="anthropic", credential_id=mine.pk))
    assert "openai" in refused.value.errors["credential_id"][0]


def test_a_name_is_used_once_and_free_again_after_archiving(cast: Cast) -> None:
    with cast.acting():
        first = kit.provider("Same")
        with pytest.raises(Invalid) as refused:
            kit.provider("Same")
        services.provider_archive(first.pk)
        kit.provider("Same")
    assert list(refused.value.errors) == ["name"]


def test_a_provider_keeps_its_kind_and_stays_while_deployments_stand_on_it(cast: Cast) -> None:
    with cast.acting():
        provider = kit.provider()
        kit.deployment(at=provider)
        with pytest.raises(Invalid):
            services.provider_change(provider.pk, config(kind="vllm"))
        with pytest.raises(Conflict, match="small"):
            services.provider_archive(provider.pk)
        assert services.provider_change(provider.pk, config(name="Renamed")).name == "Renamed"


def test_a_deployment_without_prices_is_allowed_and_said(cast: Cast) -> None:
    with cast.acting():
        deployment = kit.deployment(price=None)
    assert not deployment.priced
    assert deployment.price_source == ""


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price": Price(input=-1, output=1)}, "price.input"),
        ({"price": Price(input=1)}, "price.output"),
        ({"price": Price(input=1, output=10**16)}, "price.output"),
        ({"quality": 1.5}, "quality"),
        ({"traits": ModelTraits(context_window=-1)}, "context_window"),
        ({"model": ""}, "model"),
    ],
)
def test_a_faulty_deployment_is_refused_under_the_name_of_its_field(
    cast: Cast, changes: dict[str, object], field: str
) -> None:
    with cast.acting(), pytest.raises(Invalid) as refused:
        kit.deployment(**changes)  # type: ignore[arg-type]
    assert list(refused.value.errors) == [field]


def test_model_and_provider_of_a_deployment_stay(cast: Cast) -> None:
    with cast.acting():
        deployment, other = kit.deployment(), kit.provider("Other")
        with pytest.raises(Invalid) as refused:
            services.deployment_change(
                deployment.pk, DeploymentConfig(name="small", provider_id=other.pk, model="another")
            )
    assert set(refused.value.errors) == {"provider_id", "model"}


def test_a_deployment_that_a_route_uses_is_not_archived(cast: Cast) -> None:
    with cast.acting():
        used, spare = kit.deployment("used"), kit.deployment("spare")
        route = kit.route("assistant", used)
        with pytest.raises(Conflict, match="assistant"):
            services.deployment_archive(used.pk)
        services.route_publish(route.pk, spec=kit.spec(spare))
        assert services.deployment_archive(used.pk).enabled is False


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.AUDITOR, Role.APPROVER])
def test_only_builders_change_providers(cast: Cast, role: Role) -> None:
    with cast.acting():
        provider = kit.provider()
    with cast.acting(role), pytest.raises(PermissionDenied):
        services.provider_create(config(name="Mine"))
    with cast.acting(role), pytest.raises(PermissionDenied):
        services.provider_archive(provider.pk)


def test_an_outsider_finds_nothing_and_uses_nothing(cast: Cast) -> None:
    with cast.acting():
        provider, deployment = kit.provider(), kit.deployment()
    with cast.acting(tenant=cast.tenant_b):
        for attempt in (
            lambda: services.provider_change(provider.pk, config()),
            lambda: services.provider_archive(provider.pk),
            lambda: services.deployment_archive(deployment.pk),
        ):
            with pytest.raises(NotFound):
                attempt()
        with pytest.raises(Invalid):
            services.deployment_create(DeploymentConfig(name="x", provider_id=provider.pk, model="m"))
        assert not Provider.objects.exists()
        assert not Deployment.objects.exists()
