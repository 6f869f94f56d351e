"""Error pages stand without a database, speak problem+json under /api/, and the theme switch works without script."""

import json

import pytest
from django.test import RequestFactory

from studio.views import appearance, errors

REQUESTS = RequestFactory()
PAGES = [
    (errors.bad_request, 400),
    (errors.permission_denied, 403),
    (errors.csrf_failure, 403),
    (errors.page_not_found, 404),
    (errors.server_error, 500),
]


@pytest.mark.parametrize(("view", "status"), PAGES)
def test_an_error_page_needs_no_database(view: object, status: int) -> None:
    response = view(REQUESTS.get("/t/demo/"))  # type: ignore[operator]  # each takes a request
    assert (response.status_code, b"<h1>" in response.content) == (status, True)


@pytest.mark.parametrize(
    ("view", "code"), [(errors.page_not_found, "not_found"), (errors.server_error, "internal_error")]
)
def test_under_the_api_an_error_is_a_problem(view: object, code: str) -> None:
    response = view(REQUESTS.get("/api/v1/units/"))  # type: ignore[operator]  # each takes a request
    assert json.loads(response.content)["code"] == code
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("theme", "cookie"), [("dark", "dark"), ("light", "light"), ("", ""), ("pink", "")])
def test_the_theme_is_pinned_by_a_cookie(theme: str, cookie: str) -> None:
    response = appearance.set_theme(REQUESTS.post("/theme/", {"theme": theme, "next": "/t/demo/"}))
    assert (response["Location"], response.cookies["theme"].value) == ("/t/demo/", cookie)


def test_the_theme_switch_leads_to_no_foreign_site() -> None:
    response = appearance.set_theme(REQUESTS.post("/theme/", {"theme": "dark", "next": "https://evil.example/"}))
    assert response["Location"] == "/"
