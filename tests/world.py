"""One row of every tenant-owned model, made from the model itself, so that a new model is in every isolation test.

Every text of the rows holds a marker; an answer to anybody else that holds it has leaked. Rows are written by the
owner's role inside the tenant, since the app role may not write everywhere.
"""

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from tenants.ids import uuid7
from tenants.models import Tenant, TenantOwned, User
from tenants.scope import Scope, tenant_tx

# fields whose text means something to the code that reads them back
KNOWN_VALUES: dict[str, Any] = {"base_url": "https://models.example.test/v1", "time_zone": "UTC"}


@dataclass
class World:
    """Rows of one tenant by model label, and the texts that must not be seen outside."""

    tenant: Tenant
    marker: str
    rows: dict[str, models.Model] = field(default_factory=dict)

    def ids_of(self, word: str) -> list[str]:
        """Ids of every model whose name ends in `word`: `key` finds VirtualKey."""
        return [str(row.pk) for label, row in self.rows.items() if label.rpartition(".")[2].lower().endswith(word)]


def tenant_models() -> list[type[TenantOwned]]:
    """Every concrete tenant-owned model of the project."""
    return [model for model in apps.get_models() if issubclass(model, TenantOwned)]


def fill(scope: Scope, *, marker: str = "zeppelin") -> World:
    """Write one row of each tenant-owned model into the tenant of `scope`, and a person that they refer to."""
    world = World(Tenant.objects.get(pk=scope.tenant_id), marker=marker)
    user = User.objects.create_user(f"{marker}@example.test", name=marker)
    with tenant_tx(scope, using="owner"):
        for model in tenant_models():
            _row(model, world, user)
    return world


def _row(model: type[TenantOwned], world: World, user: User) -> Any:
    label = model._meta.label
    if label not in world.rows:
        row = model()
        world.rows[label] = row  # before its references: a model may refer to itself
        for part in model._meta.concrete_fields:
            if not part.primary_key and part.name != "tenant":
                setattr(row, part.attname, _value(part, row, world, user))
        row.save(using="owner", force_insert=True)
    return world.rows[label]


def _value(part: Any, row: Any, world: World, user: User) -> Any:  # noqa: PLR0911  # one case per kind of field
    if part.name in KNOWN_VALUES:
        return KNOWN_VALUES[part.name]
    if isinstance(part, models.ForeignKey) and not part.null:
        return _reference(part, world, user)
    if part.name == "path":
        return [row.pk]
    if part.name == "spec":  # of a route version; a page that reads it back parses it
        deployment = _row(apps.get_model("routing.Deployment"), world, user)
        return {"strategy": "ordered", "candidates": [{"deployment": str(deployment.pk)}]}
    if part.name == "plan":  # of a definition version; reports and drawings read it back
        task = {
            "kind": "set",
            "name": world.marker,
            "pointer": f"/do/0/{world.marker}",
            "value": {"note": world.marker},
        }
        return {"format": 1, "namespace": "tests", "name": world.marker, "version": "1.0.0", "block": [task]}
    if part.null or (part.has_default() and not isinstance(part, models.CharField | models.TextField)):
        return part.get_default()
    if part.choices:
        return part.choices[0][0]
    return _by_type(part, world.marker)


def _reference(part: Any, world: World, user: User) -> Any:
    return _row(part.related_model, world, user).pk if issubclass(part.related_model, TenantOwned) else user.pk


def _by_type(part: Any, marker: str) -> Any:  # noqa: C901, PLR0911  # one case per type of field
    match part:
        case models.EmailField():
            return f"{marker}@example.test"
        case models.CharField() | models.TextField():
            return f"{marker} {part.model._meta.model_name}"[: part.max_length]
        case ArrayField():
            return []
        case models.BooleanField():
            return True
        case models.FloatField():
            return 0.5
        case models.IntegerField():
            return 1
        case models.DateTimeField():
            return timezone.now()
        case models.JSONField():
            return {"note": marker}
        case models.BinaryField():
            return uuid7().bytes * 2
        case models.UUIDField():
            return uuid7()
    raise AssertionError(f"tests/world.py knows no value for {part}; teach it")
