"""Saving a row whose fields and name must be right, with every fault under the name of its field."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tenants.errors import Invalid
from tenants.models import TenantOwned

_SET_BY_US = ("tenant", "created_at", "archived_at", "restored_from")


def save_named(row: TenantOwned) -> None:
    """Check the fields and save; Invalid when one does not fit or the name is taken."""
    try:
        row.clean_fields(exclude=_SET_BY_US)
    except ValidationError as error:
        raise Invalid(errors=error.message_dict) from error
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "name_once" not in str(error):
            raise
        raise Invalid(errors={"name": [_("This name is in use. Choose a different one.")]}) from error
