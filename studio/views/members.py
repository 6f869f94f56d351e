"""Members, invitations, and the page that accepts one."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio import rows
from studio.forms import AcceptForm, InviteForm, MemberForm
from studio.submit import posted, submitted
from studio.terms import role_names
from tenants import services
from tenants.access import access_membership, may
from tenants.errors import Invalid
from tenants.identity import Invited, Origin, invited
from tenants.models import User
from tenants.selectors import invitation_list, membership_list
from tenants.web import ConsoleRequest, tenant_view

ALLAUTH = "allauth.account.auth_backends.AuthenticationBackend"


def accept_url(request: HttpRequest) -> str:
    """Address of the invitation page with `{token}` in it."""
    return request.build_absolute_uri(reverse("invitation-accept", args=["TOKEN"])).replace("TOKEN", "{token}")


@require_safe
@tenant_view("member.read")
def member_index(request: ConsoleRequest) -> HttpResponse:
    """Members and open invitations."""
    context = {
        "members": [rows.member_line(member, now()) for member in membership_list()],
        "columns": rows.member_columns(),
        "invitations": [rows.invitation_line(one) for one in invitation_list()],
        "invitation_columns": rows.invitation_columns(),
        "may_change": may("member.change"),
    }
    return render(request, "studio/members/list.html", context)


@require_safe
@tenant_view("member.read")
def member_show(request: ConsoleRequest, membership_id: UUID) -> HttpResponse:
    """One member."""
    member = rows.member_line(access_membership(membership_id), now())
    context = {"member": member, "may_change": may("member.change")}
    return render(request, "studio/members/show.html", context)


@tenant_view("member.change")
def member_edit(request: ConsoleRequest, membership_id: UUID) -> HttpResponse:
    """Roles of a member, and whether they may sign in."""
    member = access_membership(membership_id)
    form = MemberForm(posted(request), initial={"roles": member.roles, "active": member.active})
    changed = submitted(
        request, form, lambda data: services.member_change(member.id, roles=data["roles"], active=data["active"])
    )
    if changed is None:
        return render(request, "studio/members/form.html", {"form": form, "member": member})
    messages.success(request, _("Saved. It takes effect with their next click."))
    return redirect("member-show", request.tenant.slug, member.id)


@tenant_view("member.change")
def member_invite(request: ConsoleRequest) -> HttpResponse:
    """Invite somebody by mail."""
    form = InviteForm(posted(request))
    invitation = submitted(
        request,
        form,
        lambda data: services.member_invite(email=data["email"], roles=data["roles"], accept_url=accept_url(request)),
    )
    if invitation is None:
        return render(request, "studio/members/invite.html", {"form": form})
    messages.success(request, _("Invitation sent to %(email)s.") % {"email": invitation.email})
    return redirect("member-list", request.tenant.slug)


@require_POST
@tenant_view("member.change")
def invitation_revoke(request: ConsoleRequest, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    services.invitation_revoke(invitation_id)
    messages.success(request, _("The invitation no longer works."))
    return redirect("member-list", request.tenant.slug)


def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation; POST accepts it, with a new account where the address has none yet."""
    found = invited(token, origin_of(request))
    member = _signed_in_as(request, found.email)
    form = AcceptForm(posted(request)) if member is None and not found.has_account else None
    user = member if request.method == "POST" and member else _new_user(form, found)
    if user is None:
        context = {"invited": found, "roles": role_names(found.roles), "form": form, "signed_in": member is not None}
        return render(request, "studio/members/accept.html", context)
    services.invitation_accept(found.scope, token=token, user=user)
    if member is None:
        login(request, user, backend=ALLAUTH)
    return redirect("home", found.tenant.slug)


def _signed_in_as(request: HttpRequest, email: str) -> User | None:
    """The person who is signed in, where that is who the invitation is for."""
    return request.user if isinstance(request.user, User) and request.user.email == email else None


def origin_of(request: HttpRequest) -> Origin:
    """Origin set by the middleware."""
    origin: Origin = request.origin  # type: ignore[attr-defined]  # set by OriginMiddleware
    return origin


def _new_user(form: AcceptForm | None, found: Invited) -> User | None:
    if form is None or not form.is_valid():
        return None
    password = form.cleaned_data["password"]
    try:
        validate_password(password, User(email=found.email, name=form.cleaned_data["name"]))
    except ValidationError as error:
        form.take(Invalid(errors={"password": error.messages}))
        return None
    return services.user_create(email=found.email, name=form.cleaned_data["name"], password=password)
