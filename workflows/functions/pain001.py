"""`call: pain001`: the payments of an ISO 20022 customer credit transfer initiation, amounts exact.

    with: {document}      the text of the file

Output as `connectors.codecs.pain001` gives it. A file that cannot be accepted fails with an error of type `validation`
that names the line. Reading has no effect and needs nobody else, so it may be done again.
"""

from typing import Final

from connectors.codecs.pain001 import Pain001Fault, read
from workflows.domain.failures import standard
from workflows.domain.signals import Failed, Outcome, Succeeded
from workflows.functions.contract import Invocation

VERSIONS: Final = ("1.0.0",)
NETWORK: Final = False


def perform(invocation: Invocation) -> Outcome:
    """Read the file."""
    try:
        found = read(str(invocation.arguments["document"]).encode())
    except Pain001Fault as fault:
        return Failed(error=standard("validation", str(fault)), retriable=False)
    return Succeeded(output=found.to_json())
