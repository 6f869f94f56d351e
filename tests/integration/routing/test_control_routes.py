"""Routes: versions are added and never changed; what is published names enabled deployments of the tenant."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from routing import services
from routing.models import Route, RouteVersion
from routing.selectors.routes import SpecChange, route_detail, route_list, version_diff, version_list
from tenants.domain import Role
from tenants.errors import Conflict, Invalid, NotFound, PermissionDenied
from tenants.models import AuditEntry
from tenants.scope import use_scope
from tests.cast import Cast, committed
from tests.integration.routing import control_kit as kit


def test_a_new_route_has_a_first_version_with_every_default_written_out(cast: Cast) -> None:
    with cast.acting():
        detail = route_detail(kit.route().pk)
    assert (detail.version.number, detail.version.created_by) == (1, "owner")
    assert detail.version.spec["max_attempts"] == 3
    assert [deployment.name for deployment in detail.deployments] == ["small"]


def test_publishing_adds_a_version_and_leaves_the_old_one(cast: Cast) -> None:
    with cast.acting():
        small, large = kit.deployment("small"), kit.deployment("large")
        route = kit.route("assistant", small)
        services.route_publish(route.pk, spec=kit.spec(small, large), base_version=1, note="fallback")
        versions = list(version_list(route))
    assert [version.number for version in versions] == [2, 1]
    assert len(versions[1].spec["candidates"]) == 1


def test_publishing_the_same_again_changes_nothing(cast: Cast) -> None:
    with cast.acting():
        small = kit.deployment()
        route = kit.route("assistant", small)
        assert services.route_publish(route.pk, spec=kit.spec(small)).number == 1
        assert not AuditEntry.objects.filter(action="route.publish").exists()


def test_publishing_over_somebody_elses_version_is_refused(cast: Cast) -> None:
    with cast.acting():
        small = kit.deployment()
        route = kit.route("assistant", small)
        services.route_publish(route.pk, spec=kit.spec(small, cache_ttl_seconds=60), base_version=1)
        with pytest.raises(Conflict, match="version 2"):
            services.route_publish(route.pk, spec=kit.spec(small, cache_ttl_seconds=90), base_version=1)


@committed
def test_of_two_who_publish_at_once_one_is_told(cast: Cast) -> None:
    with cast.acting():
        small = kit.deployment()
        route = kit.route("assistant", small)

    def publish(seconds: int) -> int | str:
        try:
            with use_scope(cast.scope()):
                spec = kit.spec(small, cache_ttl_seconds=seconds)
                return services.route_publish(route.pk, spec=spec, base_version=1).number
        except Conflict as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(publish, (10, 20, 30, 40)))
    assert sorted(map(str, outcomes)) == ["2", "conflict", "conflict", "conflict"]


def test_going_back_publishes_the_old_spec_as_a_new_version(cast: Cast) -> None:
    with cast.acting():
        small = kit.deployment()
        route = kit.route("assistant", small)
        services.route_publish(route.pk, spec=kit.spec(small, max_attempts=1))
        version = services.route_rollback(route.pk, number=1)
        first = RouteVersion.objects.get(route=route, number=1)
        entry = AuditEntry.objects.get(action="route.rollback")
    assert (version.number, version.restored_from, version.digest) == (3, 1, first.digest)
    assert entry.changes["max_attempts"] == [1, 3]


def test_going_back_to_a_version_whose_deployment_is_off_is_refused(cast: Cast) -> None:
    with cast.acting():
        small, large = kit.deployment("small"), kit.deployment("large")
        route = kit.route("assistant", small)
        services.route_publish(route.pk, spec=kit.spec(large))
        services.deployment_archive(small.pk)
        with pytest.raises(Invalid) as refused:
            services.route_rollback(route.pk, number=1)
    assert list(refused.value.errors) == ["candidates.0.deployment"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"strategy": "guess"}, "strategy"),
        ({"candidates": []}, "candidates"),
        ({"colour": "blue"}, "colour"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"candidates": [{"deployment": "019f0000-0000-7000-8000-000000000000"}]}, "candidates.0.deployment"),
        ({"candidates": [{"deployment": "small"}]}, "candidates.0.deployment"),
    ],
)
def test_a_faulty_spec_is_refused_under_the_name_of_its_field(cast: Cast, changes: dict[str, Any], field: str) -> None:
    with cast.acting(), pytest.raises(Invalid) as refused:
        services.route_create(name="assistant", spec=kit.spec(kit.deployment(), **changes))
    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize("name", ["", " assistant", "-x", "a b", "a" * 121, "mô-hình"])
def test_a_route_name_must_be_usable_as_a_model_name(cast: Cast, name: str) -> None:
    with cast.acting(), pytest.raises(Invalid) as refused:
        services.route_create(name=name, spec=kit.spec(kit.deployment()))
    assert list(refused.value.errors) == ["name"]


def test_the_name_of_an_archived_route_is_free(cast: Cast) -> None:
    with cast.acting():
        small = kit.deployment()
        first = kit.route("assistant", small)
        with pytest.raises(Invalid):
            kit.route("assistant", small)
        services.route_archive(first.pk)
        kit.route("assistant", small)
        with pytest.raises(Conflict):
            services.route_publish(first.pk, spec=kit.spec(small))
        assert [route.status for route in route_list(archived=True)].count("archived") == 1


def test_versions_cannot_be_changed_even_in_sql(cast: Cast) -> None:
    with cast.acting():
        kit.route()
        for statement in ("update routing_routeversion set number = 9", "delete from routing_routeversion"):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(statement)


def test_the_difference_names_candidates_by_deployment(cast: Cast) -> None:
    with cast.acting():
        small, large = kit.deployment("small"), kit.deployment("large")
        route = kit.route("assistant", small)
        before = RouteVersion.objects.get(route=route)
        after = services.route_publish(route.pk, spec=kit.spec(large, small, max_attempts=1))
    changes = version_diff(before, after)
    assert SpecChange("max_attempts", 3, 1) in changes
    assert SpecChange(f"candidates.{small.pk}.place", 1, 2) in changes


def test_a_developer_reads_routes_and_does_not_publish(cast: Cast) -> None:
    with cast.acting():
        route = kit.route()
        source = kit.spec(kit.deployment("other"))
    with cast.acting(Role.DEVELOPER):
        assert route_detail(route.pk).route == route
        with pytest.raises(PermissionDenied):
            services.route_publish(route.pk, spec=source)


def test_an_outsider_neither_finds_the_route_nor_names_its_deployments(cast: Cast) -> None:
    with cast.acting():
        route = kit.route()
        source = RouteVersion.objects.get(route=route).spec
    with cast.acting(tenant=cast.tenant_b):
        with pytest.raises(NotFound):
            services.route_archive(route.pk)
        with pytest.raises(Invalid) as refused:
            services.route_create(name="assistant", spec=source)
        assert not Route.objects.exists()
    assert list(refused.value.errors) == ["candidates.0.deployment"]
