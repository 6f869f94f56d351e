"""What a tenant may change about itself."""

import zoneinfo
from functools import cache

from django.utils.translation import gettext as _

from tenants import audit
from tenants.access import require
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.scope import Scope, tenant_tx
from tenants.stamp import touch_config


def tenant_change(scope: Scope, *, name: str, time_zone: str) -> Tenant:
    """Change the name and the reporting time zone."""
    check_time_zone(time_zone)
    with tenant_tx(scope):
        require("settings.change")
        tenant = Tenant.objects.select_for_update(no_key=True).get(pk=scope.tenant_id)
        after = {"name": name, "time_zone": time_zone}
        changes = audit.differences({field: getattr(tenant, field) for field in after}, after)
        tenant.name, tenant.time_zone = name, time_zone
        tenant.save(update_fields=["name", "time_zone"])
        touch_config()
        audit.record("tenant.change", tenant, changes)
    return tenant


@cache
def time_zones() -> tuple[str, ...]:
    """The names of all IANA time zones; kept, because finding them reads hundreds of files."""
    return tuple(sorted(zoneinfo.available_timezones()))


def check_time_zone(name: str) -> None:
    """Raise Invalid unless `name` is an IANA time zone."""
    if name not in time_zones():
        raise Invalid(errors={"time_zone": [_("Unknown time zone. Use an IANA name such as Asia/Ho_Chi_Minh.")]})
