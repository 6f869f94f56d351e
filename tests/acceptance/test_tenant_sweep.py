"""Nobody reaches another tenant: every address and every API operation, tried with the ids of tenant A by others.

The addresses come from Django's URL configuration, the operations from the OpenAPI document, the rows from the model
registry: a new route, operation or model is in this test without an edit. A parameter that means something new makes it
fail until tests/routes.py knows what to put there.
"""

import json
from collections.abc import Iterator

import pytest
from django.test import Client

from tests import factories, routes
from tests.cast import Cast, committed_as_owner
from tests.world import World, fill

pytestmark = [pytest.mark.timeout(120)]
ACCOUNTS = ("/accounts/", "/i18n/", "/theme/", "/invitations/")
IS_ABSENT = {404}


@pytest.fixture
def world(cast: Cast) -> World:
    """Tenant A, full, with a name that nobody else may read."""
    filled = fill(cast.scope())
    filled.tenant.name = f"{filled.marker} bank"
    filled.tenant.save()
    return filled


def leaks(response, world: World) -> bool:
    """Whether an answer holds anything that is written in tenant A."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return world.marker.encode() in content or b"alice@example.test" in content


def faults(responses, world: World, *, expected: set[int] | None) -> list[str]:
    """One line for each answer that is not as absent as it should be, or that leaks."""
    found = []
    for what, response in responses:
        if response.status_code >= 500 or (expected is not None and response.status_code not in expected):
            found.append(f"{what}: {response.status_code}")
        if leaks(response, world):
            found.append(f"{what}: shows what is written in tenant A")
    return found


def tried(client: Client, address: str, nowhere: str) -> Iterator[tuple[str, object]]:
    """GET and POST; a method that is not offered at all must not be offered for ids that exist nowhere either."""
    for method in ("get", "post"):
        response = getattr(client, method)(address)
        if response.status_code == 405 and getattr(client, method)(nowhere).status_code == 405:
            continue
        yield f"{method.upper()} {address}", response


@committed_as_owner
def test_pages_of_tenant_a_do_not_exist_for_a_member_of_b_and_for_an_outsider(cast: Cast, world: World):
    outsider = factories.user("olga@example.test")
    found = []
    for client in (cast.browser(cast.charlie), cast.browser(outsider)):
        for route in routes.all_routes():
            if "slug" in route.parameters:
                for address in route.addresses(world, slug=cast.tenant_a.slug):
                    nowhere = route.nowhere(slug="no-such-tenant")
                    found += faults(tried(client, address, nowhere), world, expected=IS_ABSENT)
    assert found == []


@committed_as_owner
def test_rows_of_tenant_a_do_not_exist_on_the_pages_of_tenant_b(cast: Cast, world: World):
    client, found = cast.browser(cast.charlie), []
    for route in routes.all_routes():
        if "slug" in route.parameters and route.names_rows:
            for address in route.addresses(world, slug=cast.tenant_b.slug):
                nowhere = route.nowhere(slug=cast.tenant_b.slug)
                found += faults(tried(client, address, nowhere), world, expected=IS_ABSENT)
    assert found == []


@committed_as_owner
def test_no_other_page_shows_anything_of_tenant_a(cast: Cast, world: World):
    client, found = cast.browser(cast.charlie), []
    for route in routes.all_routes():
        if route.names_rows or "{rest}" in route.template:
            continue
        for address in route.addresses(world, slug=cast.tenant_b.slug):
            asked = [address, routes.page_question(address, world)] if address.startswith("/t/") else [address]
            found += faults([(one, client.get(one)) for one in asked], world, expected=None)
        client.force_login(cast.charlie)  # some of these pages sign people out
    assert found == []


@committed_as_owner
def test_staff_pages_do_not_exist_for_anybody_else(cast: Cast, world: World):
    client, found = cast.browser(cast.charlie), []
    for route in routes.all_routes():
        if route.template.startswith("/admin/"):
            for address in route.addresses(world, slug=""):
                found += faults(tried(client, address, address), world, expected=IS_ABSENT)
    assert found == []


@committed_as_owner
def test_whoever_is_not_signed_in_is_sent_to_sign_in(cast: Cast, world: World):
    client, found = cast.browser(), []
    for route in routes.all_routes():
        if route.template.startswith(("/t/", "/admin/")):
            door = {401} if route.template.endswith("/stream/") else {302}  # a stream is no place to sign in
            for address in route.addresses(world, slug=cast.tenant_a.slug):
                found += faults(tried(client, address, route.nowhere(slug="x")), world, expected=door)
    assert found == []


@committed_as_owner
def test_rows_of_tenant_a_do_not_exist_for_the_api_tokens_of_tenant_b(cast: Cast, world: World):
    api, found = cast.api(tenant=cast.tenant_b), []
    for operation in routes.all_operations():
        if operation.route.names_rows:
            for address in operation.route.addresses(world, slug=""):
                response = getattr(api, operation.method)(address, operation.body)
                found += faults([(f"{operation.method.upper()} {address}", response)], world, expected=IS_ABSENT)
    assert found == []


@committed_as_owner
def test_ids_of_tenant_a_in_parameters_find_nothing_in_the_api_of_tenant_b(cast: Cast, world: World):
    api, found = cast.api(tenant=cast.tenant_b), []
    for operation in routes.all_operations():
        if operation.method != "get" or operation.route.names_rows:
            continue
        (address,) = operation.route.addresses(world, slug="")
        asked = routes.questions(address, world, operation.query)
        found += faults([(one, api.get(one)) for one in asked], world, expected=None)
    assert found == []


@committed_as_owner
def test_the_api_asks_everybody_else_for_a_token(cast: Cast, world: World):
    client, found = cast.browser(cast.charlie), []
    for operation in routes.all_operations():
        for address in operation.route.addresses(world, slug=""):
            body = json.dumps(operation.body)
            response = client.generic(operation.method.upper(), address, body, content_type="application/json")
            found += faults([(f"{operation.method.upper()} {address}", response)], world, expected={401})
    assert found == []


def test_a_parameter_that_nobody_knows_fails_the_sweep():
    world = World(tenant=None, marker="x")
    with pytest.raises(AssertionError, match=r"add it to MODEL_OF or PLAIN"):
        routes.samples("gadget_id", world, slug="x")


@committed_as_owner
def test_the_same_addresses_do_answer_in_tenant_a(cast: Cast, world: World):
    """Otherwise the sweep would prove nothing."""
    api, client, silent = cast.api(), cast.browser(cast.alice), []
    for route in {one.route for one in routes.all_operations() if one.method == "get" and one.route.names_rows}:
        addresses = route.addresses(world, slug="")
        if "/platform/" not in route.template and not any(api.get(one).status_code == 200 for one in addresses):
            silent.append(route.template)
    for route in routes.all_routes():
        if "slug" in route.parameters:
            addresses = route.addresses(world, slug=cast.tenant_a.slug)
            if not any(client.get(one).status_code in {200, 405} for one in addresses):
                silent.append(route.template)
    assert silent == []
