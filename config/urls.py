"""Addresses: console under /t/<slug>/, REST API under /api/v1/, accounts by django-allauth, staff under /admin/."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from tenants import problems

handler400 = "studio.views.errors.bad_request"
handler403 = "studio.views.errors.permission_denied"
handler404 = "studio.views.errors.page_not_found"
handler500 = "studio.views.errors.server_error"

urlpatterns = [
    path("", include("studio.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("api/docs/errors/", problems.error_codes, name="api-errors"),
    path("api/v1/", include("tenants.urls")),
    path("api/v1/", include("keys.urls")),
    path("api/v1/", include("connectors.urls")),
    path("api/v1/", include("routing.urls")),
    path("api/v1/", include("workflows.urls")),
    path("api/<path:rest>", problems.not_found),
]
