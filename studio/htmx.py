"""What htmx says about a request."""

from django.http import HttpRequest


def is_partial(request: HttpRequest, target: str = "") -> bool:
    """Whether only a part of the page is wanted: any, or the one that replaces the element with this id."""
    if not request.headers.get("HX-Request"):
        return False
    wanted = request.headers.get("HX-Target", "")
    return not target or wanted == target or wanted.endswith(f"#{target}")
