"""The sample files as inputs that the console offers where the demo's payment is started."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from config.demo.samples import sample
from studio.samples import Sample

PAYMENT = "demo/payment"


def payment_samples(definition: str) -> Sequence[Sample]:
    """Files below and above the amount for approval; all of them are made up."""
    if definition != PAYMENT:
        return ()
    offered = {
        "below": _("A made-up payment of 250.00 EUR, below the amount for approval"),
        "above": _("A made-up payment of 12,500.00 EUR, above it: somebody has to approve"),
    }
    return [Sample(key, label, {"file": sample(key).decode()}) for key, label in offered.items()]
