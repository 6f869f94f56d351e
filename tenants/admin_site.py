"""The admin site of platform staff: sign-in, sign-out and passwords stay with django-allauth, outsiders see no door."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _


class PlatformSite(admin.AdminSite):
    """For active staff only; to everybody else who is signed in there is nothing here."""

    site_header = _("Platform administration")
    site_title = _("Platform administration")

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, and still active."""
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Send people who are not signed in to sign-in, and give a 404 to those who are not staff."""
        guarded = super().admin_view(view, cacheable)

        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return self._refusal(request) or guarded(request, *args, **kwargs)

        return door

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """There is one sign-in, allauth's."""
        return self._refusal(request) or redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Sign out by POST and go to the front page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        logout(request)
        return redirect("/")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Passwords are changed where everybody changes them."""
        return redirect("account_change_password")

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not self.has_permission(request):
            raise Http404
        return None
