"""Writes of deployments."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from routing.access import access_deployment, access_provider
from routing.domain.control import GIVEN_BY_HAND, MAX_PRICE, DeploymentConfig, ModelTraits
from routing.domain.types import Price
from routing.models import Deployment, Provider, Route
from routing.selectors.routes import routes_using
from routing.services.catalogue import Suggestion, suggestion
from routing.services.saving import save_named
from tenants import audit
from tenants.access import require
from tenants.errors import Conflict, Invalid, NotFound
from tenants.scope import tenant_tx
from tenants.stamp import touch_config

_PRICES = ("price_input", "price_cached_input", "price_cache_write", "price_output", "price_reasoning")
_TRAITS = (
    "context_window",
    "max_output_tokens",
    "supports_tools",
    "supports_json",
    "supports_vision",
    "supports_streaming",
)
_SHOWN = ("name", "model", *_TRAITS, *_PRICES, "price_source", "quality", "enabled")


def deployment_create(config: DeploymentConfig) -> Deployment:
    """Create a deployment; what `config` leaves open comes from the price catalogue, as far as it knows the model."""
    with tenant_tx():
        require("deployment.change")
        provider = _provider(config.provider_id)
        deployment = Deployment(provider=provider, model=config.model)
        _apply(deployment, config)
        audit.record("deployment.create", deployment, {"provider": str(provider)} | _shown(deployment))
    return deployment


def deployment_change(deployment_id: UUID | str, config: DeploymentConfig) -> Deployment:
    """Change everything but provider and model, which past usage refers to."""
    with tenant_tx():
        require("deployment.change")
        deployment = access_deployment(deployment_id, lock=True)
        if deployment.archived_at:
            raise Conflict(_("This deployment is archived. Create a new one."))
        _check_fixed(deployment, config)
        before = _shown(deployment)
        _apply(deployment, config)
        audit.record("deployment.change", deployment, audit.differences(before, _shown(deployment)))
    return deployment


def deployment_archive(deployment_id: UUID | str) -> Deployment:
    """Put a deployment away; refused while the current version of a route names it."""
    with tenant_tx():
        require("deployment.change")
        deployment = access_deployment(deployment_id, lock=True)
        _refuse_used(routes_using(deployment))
        if deployment.archived_at is None:
            deployment.archived_at, deployment.enabled = timezone.now(), False
            deployment.save(update_fields=["archived_at", "enabled"])
            touch_config()
            audit.record("deployment.archive", deployment)
    return deployment


def deployment_config(deployment: Deployment) -> DeploymentConfig:
    """A deployment as it stands, to change a part of it."""
    return DeploymentConfig(
        name=deployment.name,
        provider_id=deployment.provider_id,
        model=deployment.model,
        traits=ModelTraits(**{name: getattr(deployment, name) for name in _TRAITS}),
        price=price_of(deployment),
        quality=deployment.quality,
        enabled=deployment.enabled,
    )


def _refuse_used(routes: list[Route]) -> None:
    if routes:
        names = ", ".join(route.name for route in routes)
        raise Conflict(_("Take it out of these routes first: %(names)s.") % {"names": names})


def _provider(provider_id: UUID) -> Provider:
    try:
        provider = access_provider(provider_id)
    except NotFound as error:
        raise Invalid(errors={"provider_id": [_("There is no such provider.")]}) from error
    if provider.archived_at:
        raise Invalid(errors={"provider_id": [_("This provider is archived.")]})
    return provider


def _check_fixed(deployment: Deployment, config: DeploymentConfig) -> None:
    text = [_("This cannot change. Create another deployment.")]
    wanted = {"provider_id": (config.provider_id, deployment.provider_id), "model": (config.model, deployment.model)}
    errors = {name: text for name, (new, old) in wanted.items() if new != old}
    if errors:
        raise Invalid(errors=errors)


def _apply(deployment: Deployment, config: DeploymentConfig) -> None:
    known = suggestion(deployment.provider.kind, config.model)
    deployment.name, deployment.quality, deployment.enabled = config.name, config.quality, config.enabled
    for name, value in asdict(config.traits).items():
        chosen = value if value is not None else getattr(known.traits, name)
        if chosen is not None:
            setattr(deployment, name, chosen)
    _apply_price(deployment, config.price, known)
    _check_quality(config.quality)
    save_named(deployment)
    touch_config()


def _apply_price(deployment: Deployment, price: Price | None, known: Suggestion) -> None:
    """The prices given, else the catalogue's; where both are silent the deployment is unpriced, which is allowed."""
    chosen = known.price if price is None else price
    _check_price(chosen)
    if price is None or price != price_of(deployment):
        deployment.price_source = known.source if price is None else GIVEN_BY_HAND
    deployment.price_input, deployment.price_cached_input = chosen.input, chosen.cached_input
    deployment.price_cache_write, deployment.price_output = chosen.cache_write, chosen.output
    deployment.price_reasoning = chosen.reasoning


def price_of(deployment: Deployment) -> Price:
    """The prices of a deployment as a value."""
    return Price(
        input=deployment.price_input,
        cached_input=deployment.price_cached_input,
        cache_write=deployment.price_cache_write,
        output=deployment.price_output,
        reasoning=deployment.price_reasoning,
    )


def _check_price(price: Price) -> None:
    text = [_("Use a price from 0 to 1,000,000 USD for a million tokens.")]
    amounts = asdict(price).items()
    errors = {f"price.{name}": text for name, value in amounts if value is not None and not 0 <= value <= MAX_PRICE}
    if not errors and (price.input is None) != (price.output is None):
        missing = "price.input" if price.input is None else "price.output"
        errors = {missing: [_("Give the input and the output price, or neither.")]}
    if errors:
        raise Invalid(errors=errors)


def _check_quality(quality: float) -> None:
    if not 0 <= quality <= 1:
        raise Invalid(errors={"quality": [_("Use a number from 0 to 1.")]})


def _shown(deployment: Deployment) -> dict[str, Any]:
    return {name: getattr(deployment, name) for name in _SHOWN}
