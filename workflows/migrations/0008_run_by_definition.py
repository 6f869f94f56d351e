"""Runs of a definition in their order; the index of the reference alone says nothing more and goes."""

from typing import ClassVar

from django.db import migrations, models

REFERENCE = "workflows_run_definition_id_ref"


class Migration(migrations.Migration):
    """Exchange the index by definition for one by definition and id."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("workflows", "0007_patterns_rls")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["tenant", "definition", "id"], name="run_by_definition"),
        ),
        migrations.RunSQL(
            f"drop index {REFERENCE}", f"create index {REFERENCE} on workflows_run (tenant_id, definition_id)"
        ),
    ]
