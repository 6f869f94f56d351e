"""A model wired in one go: credential, provider, deployments and the route that clients ask for, all or nothing."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from keys.services import credential_create
from routing.domain.control import DeploymentConfig, ProviderConfig
from routing.domain.providers import KINDS
from routing.models import Deployment, Provider, Route
from routing.services.deployments import deployment_create
from routing.services.providers import provider_create
from routing.services.routes import route_create
from tenants.access import require
from tenants.errors import Invalid
from tenants.scope import tenant_tx

NOTE = "first steps"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRoute:
    """What is to be wired: some models of one provider, and the name of the route over them."""

    name: str
    kind: str
    models: tuple[str, ...]
    route: str
    base_url: str = ""
    api_version: str = ""
    secret: str = ""
    residency: str = ""


def first_route_create(wanted: FirstRoute) -> Route:
    """Wire it. A provider of the same name, kind and address that is there already is used, and so are its models.

    A secret makes a new credential and with it a new provider, unless one of that name has a credential already.
    """
    if not wanted.models:
        raise Invalid(errors={"model": [_("Name a model.")]})
    with tenant_tx():
        require("route.change")
        provider = _provider(wanted)
        candidates = [{"deployment": str(_deployment(provider, model).pk)} for model in wanted.models]
        strategy = "ordered" if len(candidates) == 1 else "cheapest"
        return route_create(name=wanted.route, spec={"strategy": strategy, "candidates": candidates}, note=NOTE)


def _provider(wanted: FirstRoute) -> Provider:
    same = {"name": wanted.name, "kind": wanted.kind, "base_url": wanted.base_url, "archived_at": None}
    found: Provider | None = Provider.objects.filter(**same).first()
    if found is not None and (found.credential_id is not None or not wanted.secret):
        return found
    return provider_create(
        ProviderConfig(
            name=wanted.name,
            kind=wanted.kind,
            base_url=wanted.base_url,
            api_version=wanted.api_version,
            credential_id=_credential(wanted),
            residency=wanted.residency,
        )
    )


def _credential(wanted: FirstRoute) -> UUID | None:
    if wanted.secret:
        return credential_create(name=wanted.name, kind=wanted.kind, secret=wanted.secret).pk
    kind = KINDS.get(wanted.kind)
    if kind is not None and kind.needs_credential:
        raise Invalid(errors={"secret": [_("%(kind)s asks for a secret.") % {"kind": kind.title}]})
    return None


def _deployment(provider: Provider, model: str) -> Deployment:
    live = {"provider": provider, "model": model, "enabled": True, "archived_at": None}
    found: Deployment | None = Deployment.objects.filter(**live).first()
    if found is not None:
        return found
    config = DeploymentConfig(name=f"{provider.name}: {model}"[:120], provider_id=provider.pk, model=model)
    return deployment_create(config)
