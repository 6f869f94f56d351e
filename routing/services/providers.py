"""Writes of providers."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from routing.access import access_provider
from routing.domain.control import ProviderConfig
from routing.domain.providers import KINDS, ProviderKind
from routing.egress import EgressError, check_address
from routing.models import Deployment, Provider
from routing.services.saving import save_named
from tenants import audit
from tenants.access import fetch, require
from tenants.errors import Conflict, Invalid, NotFound
from tenants.scope import tenant_tx
from tenants.stamp import touch_config

_FIELDS = ("name", "base_url", "api_version", "credential_id", "region", "residency")


def provider_create(config: ProviderConfig) -> Provider:
    """Create a provider."""
    with tenant_tx():
        require("provider.change")
        provider = Provider(kind=_kind(config).slug)
        _apply(provider, config)
        audit.record("provider.create", provider, {"kind": config.kind} | _shown(provider))
    return provider


def provider_change(provider_id: UUID | str, config: ProviderConfig) -> Provider:
    """Change everything but the kind."""
    with tenant_tx():
        require("provider.change")
        provider = access_provider(provider_id, lock=True)
        if provider.archived_at:
            raise Conflict(_("This provider is archived. Create a new one."))
        if config.kind != provider.kind:
            raise Invalid(errors={"kind": [_("The kind cannot change. Create another provider.")]})
        before = _shown(provider)
        _apply(provider, config)
        audit.record("provider.change", provider, audit.differences(before, _shown(provider)))
    return provider


def provider_archive(provider_id: UUID | str) -> Provider:
    """Put a provider away; refused while deployments stand on it. Usage keeps referring to it."""
    with tenant_tx():
        require("provider.change")
        provider = access_provider(provider_id, lock=True)
        users = Deployment.objects.filter(provider=provider, archived_at__isnull=True).values_list("name", flat=True)
        if names := sorted(users):
            raise Conflict(_("Archive its deployments first: %(names)s.") % {"names": ", ".join(names)})
        if provider.archived_at is None:
            provider.archived_at = timezone.now()
            provider.save(update_fields=["archived_at"])
            touch_config()
            audit.record("provider.archive", provider)
    return provider


def provider_config(provider: Provider) -> ProviderConfig:
    """A provider as it stands, to change a part of it."""
    return ProviderConfig(kind=provider.kind, **{name: getattr(provider, name) for name in _FIELDS})


def _apply(provider: Provider, config: ProviderConfig) -> None:
    kind = _kind(config)
    _check_base_url(config.base_url, kind)
    _check_credential(config.credential_id, kind)
    if config.api_version and not kind.takes_api_version:
        raise Invalid(errors={"api_version": [_("A provider of this kind has no API version.")]})
    for name in _FIELDS:
        setattr(provider, name, getattr(config, name))
    save_named(provider)
    touch_config()


def _kind(config: ProviderConfig) -> ProviderKind:
    kind = KINDS.get(config.kind)
    if kind is None:
        raise Invalid(errors={"kind": [_("Unknown kind. Known: %(kinds)s.") % {"kinds": ", ".join(KINDS)}]})
    return kind


def _check_base_url(base_url: str, kind: ProviderKind) -> None:
    if not base_url:
        if kind.needs_base_url:
            text = _("Give the address of the server, for example %(example)s.") % {"example": kind.base_url_example}
            raise Invalid(errors={"base_url": [text]})
        return
    try:
        check_address(base_url)
    except EgressError as error:
        text = _("Calls may not go there: %(reason)s.") % {"reason": error}
        raise Invalid(errors={"base_url": [text]}) from error
    if "?" in base_url:
        raise Invalid(errors={"base_url": [_("Leave out everything from the question mark on.")]})


def _check_credential(credential_id: UUID | None, kind: ProviderKind) -> None:
    """The credential must be one of this tenant, made for this kind."""
    if credential_id is None:
        if kind.needs_credential:
            raise Invalid(errors={"credential_id": [_("Choose a credential: this kind does not answer without one.")]})
        return
    credential: Any = Provider._meta.get_field("credential").related_model
    try:
        found = fetch(credential, credential_id)
    except NotFound as error:
        raise Invalid(errors={"credential_id": [_("There is no such credential.")]}) from error
    if found.kind != kind.slug:
        text = _("This credential is for another kind of provider: %(kind)s.") % {"kind": found.kind}
        raise Invalid(errors={"credential_id": [text]})


def _shown(provider: Provider) -> dict[str, Any]:
    """The fields as they appear in the audit log; a credential is named by its id only."""
    return {name: str(getattr(provider, name) or "") for name in _FIELDS}
