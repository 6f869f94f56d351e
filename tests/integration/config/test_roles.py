"""The roles that every process gets."""

import pytest
from django.db import connections

RUNTIME = ["default", "relay", "auditor"]


@pytest.mark.django_db(databases=RUNTIME)
@pytest.mark.parametrize("alias", RUNTIME)
def test_a_runtime_role_is_not_superuser_and_owns_nothing(alias):
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb from pg_roles where rolname = current_user"
        )
        assert cursor.fetchone() == (False,)
        cursor.execute(
            "select count(*) from pg_class where relowner = (select oid from pg_roles where rolname = current_user)"
        )
        assert cursor.fetchone() == (0,)
