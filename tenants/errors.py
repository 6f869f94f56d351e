"""The exception tree of the whole project.

    OrchestrationError              500 internal_error
     ├─ Invalid                     400 invalid
     ├─ Unauthenticated             401 unauthenticated
     ├─ PermissionDenied            403 permission_denied
     ├─ NotFound                    404 not_found        (absent and forbidden alike)
     ├─ Conflict                    409 conflict
     │   └─ IdempotencyConflict     422 idempotency_conflict
     ├─ PayloadTooLarge             413 payload_too_large
     ├─ RateLimited                 429 rate_limited
     ├─ Unavailable                 503 unavailable
     └─ ProgrammingFault            500 programming_fault
         ├─ NoScope                 500 no_scope
         └─ WrongTenant             500 wrong_tenant

Each class has a stable `code`, an HTTP `status`, a `retryable` verdict and a `public_message`; `data` holds the fields
that a client may show. Vendor errors are translated in the file that talks to the vendor, cause chained.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


def _(text: str) -> str:
    """Mark for translation; the page or problem that shows it translates, since this module knows no Django."""
    return text


class OrchestrationError(Exception):
    """Root of the tree; `message` is shown to the caller unless the class is a fault of ours."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    public_message: ClassVar[str] = _("Something went wrong on our side.")

    def __init__(self, message: str = "", **data: Any) -> None:
        self.message = message or self.public_message
        self.data = data
        super().__init__(self.message)


class Invalid(OrchestrationError):
    """The input cannot be accepted; `errors` names each field and the fix."""

    code = "invalid"
    status = 400
    public_message = _("Some fields need your attention.")

    def __init__(self, message: str = "", *, errors: Mapping[str, Sequence[str]] | None = None, **data: Any) -> None:
        super().__init__(message, **data)
        self.errors: dict[str, list[str]] = {field: list(texts) for field, texts in (errors or {}).items()}


class Unauthenticated(OrchestrationError):
    """No valid credentials came with the request."""

    code = "unauthenticated"
    status = 401
    public_message = _("Valid credentials are needed for this.")


class PermissionDenied(OrchestrationError):
    """The actor is known in this tenant, but its roles do not allow the action."""

    code = "permission_denied"
    status = 403
    public_message = _("Your roles do not allow this. Ask an owner or admin of this tenant.")


class NotFound(OrchestrationError):
    """The object does not exist, or the caller must not learn that it does."""

    code = "not_found"
    status = 404
    public_message = _("There is nothing here.")


class Conflict(OrchestrationError):
    """The object is in a state that does not allow this change."""

    code = "conflict"
    status = 409
    public_message = _("This conflicts with the present state. Reload and try again.")


class IdempotencyConflict(Conflict):
    """An Idempotency-Key was used again with another payload."""

    code = "idempotency_conflict"
    status = 422
    public_message = _("This Idempotency-Key was used with a different request. Use a new key.")


class PayloadTooLarge(OrchestrationError):
    """The body is larger than what this address accepts."""

    code = "payload_too_large"
    status = 413
    public_message = _("The body is too large.")


class RateLimited(OrchestrationError):
    """Too many requests in a short time."""

    code = "rate_limited"
    status = 429
    retryable = True
    public_message = _("Too many requests. Wait a moment and try again.")


class Unavailable(OrchestrationError):
    """A part that this needs does not answer."""

    code = "unavailable"
    status = 503
    retryable = True
    public_message = _("A part of the system does not answer at the moment. Try again shortly.")


class ProgrammingFault(OrchestrationError):
    """A rule of the code base was broken; never caused by input."""

    code = "programming_fault"


class NoScope(ProgrammingFault):
    """Tenant data was touched outside a tenant transaction."""

    code = "no_scope"


class WrongTenant(ProgrammingFault):
    """A row or transaction of another tenant was used inside a scope."""

    code = "wrong_tenant"
