"""What every form page does on POST: validate, call the service, show its errors beside the fields."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction
from django.http import HttpRequest, QueryDict

from studio.forms import ConsoleForm
from tenants.errors import Conflict, Invalid

Result = TypeVar("Result")


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent; None for a form that is only shown. An empty form that was sent is not the same as none."""
    return request.POST if request.method == "POST" else None


def submitted(request: HttpRequest, form: ConsoleForm, write: Callable[[dict[str, Any]], Result]) -> Result | None:
    """Return what `write` returns, or None when the form is to be shown (again)."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        with transaction.atomic():
            return write(form.cleaned_data)
    except (Invalid, Conflict) as error:
        form.take(error)
        return None
