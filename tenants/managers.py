"""The deny-by-default manager: no query on a tenant table without an open tenant transaction of that tenant.

Refusing in `get_queryset` closes every path of the ORM at once (aggregates, exists, async iteration, upserts); models
name this manager as their base manager, so related look-ups pass here too. Row-level security is the second lock.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.base_user import BaseUserManager
from django.db import models

from tenants.errors import WrongTenant
from tenants.scope import tx_tenant

if TYPE_CHECKING:
    from tenants.models import TenantOwned, User

Owned = TypeVar("Owned", bound="TenantOwned")


class TenantQuerySet(models.QuerySet[Owned]):
    """Query set whose bulk writes fill in and check the tenant.

    One that was built inside a unit of work and is read after it would silently find nothing, so reading checks again.
    """

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            tx_tenant()
        super()._fetch_all()

    def iterator(self, chunk_size: int | None = None) -> Iterator[Owned]:
        """Rows one by one; NoScope outside a tenant transaction."""
        tx_tenant()
        return super().iterator(chunk_size)

    def count(self) -> int:
        """Number of rows; NoScope outside a tenant transaction."""
        tx_tenant()
        return super().count()

    def exists(self) -> bool:
        """Whether there is a row; NoScope outside a tenant transaction."""
        tx_tenant()
        return super().exists()

    def bulk_create(self, objs: Iterable[Owned], *args: Any, **kwargs: Any) -> list[Owned]:
        """Insert many rows of the present tenant; a row of another tenant is refused."""
        rows = list(objs)
        for row in rows:
            row.adopt_tenant()
        return super().bulk_create(rows, *args, **kwargs)

    def bulk_update(self, objs: Iterable[Owned], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Update many rows of the present tenant; a row of another tenant is refused."""
        rows = list(objs)
        for row in rows:
            row.adopt_tenant()
        return super().bulk_update(rows, fields, batch_size)

    def update(self, **kwargs: Any) -> int:
        """Update rows; the tenant of a row never changes."""
        if "tenant" in kwargs or "tenant_id" in kwargs:
            raise WrongTenant("the tenant of a row never changes")
        tx_tenant()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete rows; NoScope outside a tenant transaction."""
        tx_tenant()
        return super().delete()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Figures over rows; NoScope outside a tenant transaction."""
        tx_tenant()
        return super().aggregate(*args, **kwargs)


class TenantManager(models.Manager[Owned]):
    """Default and base manager of every tenant-owned model."""

    def get_queryset(self) -> TenantQuerySet[Owned]:
        """Rows of the tenant of the open tenant transaction; NoScope outside one."""
        queryset: TenantQuerySet[Owned] = TenantQuerySet(self.model, using=self._db)
        return queryset.filter(tenant_id=tx_tenant())


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address, always stored in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person; without a password they must set one by the reset link."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create platform staff, who may use the Django admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Lower-case the whole address: two spellings of one mailbox must not be two people."""
        return super().normalize_email(email).strip().lower()
