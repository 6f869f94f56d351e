"""Row-level security as migration operations, and the fixed names of the database roles.

    owner     owns the tables, migrates; subject to RLS too, because it is FORCED
    app       reads and writes inside one tenant
    gateway   reads what routing needs, over all tenants, by policies of its own; writes only through functions
    relay     sees named columns of work queues, over all tenants, to find due work
    auditor   reads inside one tenant

Under FORCE a bare UPDATE in a migration changes nothing and says OK: backfill with `for_each_tenant()`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

OWNER = "orchestration_owner"
APP = "orchestration_app"
GATEWAY = "orchestration_gateway"
RELAY = "orchestration_relay"
AUDITOR = "orchestration_auditor"
RUNTIME_ROLES = (APP, GATEWAY, RELAY, AUDITOR)

# A sub-select runs once per statement; nullif because an ended local setting reads as '', not null.
CURRENT_TENANT = "(select nullif(current_setting('app.tenant', true), '')::uuid)"


class TenantTable(migrations.RunSQL):
    """Close one tenant table: RLS forced, policies, composite keys, grants.

    `refs` maps a column to the tenant table it points at. `app` are the rights of the app role, for example
    "select,insert" for append-only tables, or "select,insert,update(seq,hash)". `relay_columns` names what the relay
    may read over all tenants. `gateway_select` lets the gateway read all rows.
    """

    def __init__(
        self,
        table: str,
        *,
        refs: Mapping[str, str] | None = None,
        app: str = "select,insert,update,delete",
        gateway_select: bool = False,
        relay_columns: Sequence[str] = (),
    ) -> None:
        self.table, self.refs, self.app = table, dict(refs or {}), app
        self.gateway_select, self.relay_columns = gateway_select, tuple(relay_columns)
        super().__init__(list(self._statements()), list(self._reverse()))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Operation as code, for squashing."""
        kwargs: dict[str, Any] = {"table": self.table, "refs": self.refs, "app": self.app}
        return (
            type(self).__name__,
            [],
            {**kwargs, "gateway_select": self.gateway_select, "relay_columns": self.relay_columns},
        )

    def describe(self) -> str:
        """Text shown by `migrate`."""
        return f"Row-level security on {self.table}"

    def _statements(self) -> Iterator[str]:
        table = self.table
        yield f"alter table {table} enable row level security"
        yield f"alter table {table} force row level security"
        yield (
            f"create policy tenant on {table} to {OWNER}, {APP} "
            f"using (tenant_id = {CURRENT_TENANT}) with check (tenant_id = {CURRENT_TENANT})"
        )
        yield f"create policy auditor on {table} for select to {AUDITOR} using (tenant_id = {CURRENT_TENANT})"
        yield f"alter table {table} add constraint {table}_tenant_row unique (tenant_id, id)"
        for column, target in self.refs.items():
            yield (
                f"alter table {table} add constraint {table}_{column}_same_tenant foreign key (tenant_id, {column}) "
                f"references {target} (tenant_id, id) deferrable initially deferred"
            )
            yield f"create index {table}_{column}_ref on {table} (tenant_id, {column})"
        yield f"grant {self.app} on {table} to {APP}"
        yield f"grant select on {table} to {AUDITOR}"
        if self.gateway_select:
            yield f"create policy gateway on {table} for select to {GATEWAY} using (true)"
            yield f"grant select on {table} to {GATEWAY}"
        if self.relay_columns:
            yield f"create policy relay on {table} for select to {RELAY} using (true)"
            yield f"grant select ({', '.join(self.relay_columns)}) on {table} to {RELAY}"

    def _reverse(self) -> Iterator[str]:
        table = self.table
        for policy in ("tenant", "auditor", "gateway", "relay"):
            yield f"drop policy if exists {policy} on {table}"
        for column in self.refs:
            yield f"alter table {table} drop constraint if exists {table}_{column}_same_tenant"
            yield f"drop index if exists {table}_{column}_ref"
        yield f"alter table {table} drop constraint if exists {table}_tenant_row cascade"
        yield f"revoke all on {table} from {', '.join(RUNTIME_ROLES)}"
        yield f"alter table {table} no force row level security"
        yield f"alter table {table} disable row level security"


class GrantTable(migrations.RunSQL):
    """Give rights on an allow-listed table that has no row-level security."""

    def __init__(self, table: str, grants: Mapping[str, str]) -> None:
        self.table, self.grants = table, dict(grants)
        super().__init__(
            [f"grant {rights} on {table} to {role}" for role, rights in grants.items()],
            [f"revoke all on {table} from {role}" for role in grants],
        )

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Operation as code, for squashing."""
        return (type(self).__name__, [], {"table": self.table, "grants": self.grants})


class SqlFunction(migrations.RunSQL):
    """Create an SQL function from text (or a .sql file beside the migration) that only the named roles may execute."""

    def __init__(self, signature: str, sql: str | Path, grants: Sequence[str]) -> None:
        self.signature, self.sql_source, self.grants = signature, sql, tuple(grants)
        text = sql.read_text(encoding="utf-8") if isinstance(sql, Path) else sql
        rights = [f"grant execute on function {signature} to {role}" for role in grants]
        super().__init__(
            [text, f"revoke all on function {signature} from public", *rights],
            [f"drop function if exists {signature}"],
        )

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Operation as code, for squashing."""
        kwargs = {"signature": self.signature, "sql": self.sql_source, "grants": self.grants}
        return (type(self).__name__, [], kwargs)


def for_each_tenant(work: Callable[[Any, BaseDatabaseSchemaEditor], None]) -> Callable[..., None]:
    """Wrap a RunPython function so that it runs once per tenant with `app.tenant` set: the way to backfill."""

    def run(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if not schema_editor.connection.in_atomic_block:
            raise RuntimeError("for_each_tenant needs an atomic migration: app.tenant lives as long as the transaction")
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("select id from tenants_tenant order by id")
            for (tenant_id,) in cursor.fetchall():
                cursor.execute("select set_config('app.tenant', %s, true)", [str(tenant_id)])
                work(apps, schema_editor)
            cursor.execute("select set_config('app.tenant', '', true)")

    return run
