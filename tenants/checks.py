"""System checks of the kernel: the tenancy rules that a model can break."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.db.models import ForeignKey, UniqueConstraint

from tenants.managers import TenantManager
from tenants.models import TenantForeignKey, TenantOwned


@register("tenancy")
def check_tenant_models(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """Each tenant-owned model: our manager, same-tenant references, unique constraints that start with the tenant."""
    models = [model for model in apps.get_models() if issubclass(model, TenantOwned)]
    return [fault for model in models for fault in (*_managers(model), *_references(model), *_uniques(model))]


def _managers(model: type[TenantOwned]) -> list[CheckMessage]:
    managers = (model._meta.default_manager, model._meta.base_manager)
    if all(isinstance(manager, TenantManager) for manager in managers):
        return []
    hint = "Let Meta inherit from TenantOwned.Meta and do not replace `objects`."
    return [Error("default and base manager must be TenantManager", hint=hint, obj=model, id="tenants.E001")]


def _references(model: type[TenantOwned]) -> list[CheckMessage]:
    return [
        Error("a reference to a tenant table must be a TenantForeignKey", obj=field, id="tenants.E002")
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey)
        and issubclass(field.related_model, TenantOwned)
        and not isinstance(field, TenantForeignKey)
    ]


def _uniques(model: type[TenantOwned]) -> list[CheckMessage]:
    faults: list[CheckMessage] = [
        Error("unique must start with the tenant; use a UniqueConstraint", obj=field, id="tenants.E004")
        for field in model._meta.local_fields
        if field.unique and not field.primary_key
    ]
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and not _starts_with_tenant(constraint):
            faults.append(Error(f"{constraint.name} must start with the tenant", obj=model, id="tenants.E003"))
    return faults


def _starts_with_tenant(constraint: UniqueConstraint) -> bool:
    if constraint.fields:
        return constraint.fields[0] == "tenant"
    first = constraint.expressions[0]
    return getattr(first, "name", "") == "tenant" or "F(tenant)" in repr(first)
