"""Requests for an architecture review, from the public page."""

from typing import ClassVar

import django.utils.timezone
from django.db import migrations, models

import tenants.ids
from tenants.rls import APP, GrantTable


class Migration(migrations.Migration):
    """One table without row-level security: whoever asks belongs to no tenant."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("tenants", "0002_rls")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="ReviewRequest",
            fields=[
                ("id", models.UUIDField(default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="received"),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("email", models.EmailField(max_length=254, verbose_name="email")),
                ("company", models.CharField(max_length=160, verbose_name="company")),
                ("core", models.CharField(blank=True, max_length=300, verbose_name="core systems")),
                ("message", models.TextField(blank=True, max_length=4000, verbose_name="message")),
                ("language", models.CharField(max_length=8, verbose_name="language")),
                ("ip", models.CharField(blank=True, max_length=45)),
                ("digest", models.BinaryField(max_length=32)),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered")),
            ],
            options={"verbose_name": "review request", "verbose_name_plural": "review requests"},
        ),
        migrations.AddConstraint(
            model_name="reviewrequest",
            constraint=models.UniqueConstraint(models.F("digest"), name="review_request_once"),
        ),
        GrantTable("tenants_reviewrequest", {APP: "select,insert,update"}),
    ]
