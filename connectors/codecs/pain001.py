"""ISO 20022 pain.001 (customer credit transfer initiation, versions 03 to 12) to canonical payments with exact amounts.

Every payment is complete by itself: debtor and date come from the block it stands in. The number of transactions and
the control sum must agree with what the file holds.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from connectors.codecs.xml_tree import Element, XmlFault, parse

MAX_BYTES = 1_000_000
MAX_PAYMENTS = 10_000
_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:pain\.001\.001\.(0[3-9]|1[0-2])")
_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,5})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# ISO 4217 where it is not two
_DECIMAL_PLACES = dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0)
_DECIMAL_PLACES |= dict.fromkeys(("UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0)
_DECIMAL_PLACES |= dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One credit transfer in canonical words; `amount` is exact text with the places of its currency."""

    reference: str
    amount: str
    currency: str
    execution_date: str
    debtor_name: str
    debtor_account: str
    debtor_agent: str
    creditor_name: str
    creditor_account: str
    creditor_agent: str
    purpose: str
    remittance: str


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """All payments of one file."""

    message_id: str
    created_at: str
    initiator: str
    payments: tuple[Payment, ...]

    def to_json(self) -> dict[str, Any]:
        """The file as a JSON value, as workflows receive it."""
        return asdict(self) | {"payments": [asdict(payment) for payment in self.payments]}


class Pain001Fault(ValueError):
    """The file is not an acceptable pain.001; `line` says where."""

    def __init__(self, text: str, line: int = 0) -> None:
        self.text, self.line = text, line
        super().__init__(f"line {line}: {text}" if line else text)


def read(data: bytes) -> PaymentFile:
    """Read a file; Pain001Fault says what is wrong and where."""
    try:
        root = parse(data, max_bytes=MAX_BYTES)
    except XmlFault as error:
        raise Pain001Fault(error.text, error.line) from error
    if root.name != "Document" or not _NAMESPACE.fullmatch(root.namespace):
        raise Pain001Fault("not a pain.001 of version 03 to 12", root.line)
    message = _need(root, "CstmrCdtTrfInitn")
    header = _need(message, "GrpHdr")
    payments = tuple(payment for block in message.all("PmtInf") for payment in _payments(block))
    if not 0 < len(payments) <= MAX_PAYMENTS:
        raise Pain001Fault(f"1 to {MAX_PAYMENTS} payments are needed", message.line)
    _check_totals(header, payments)
    return PaymentFile(
        message_id=_text(header, "MsgId"),
        created_at=_text(header, "CreDtTm"),
        initiator=header.value("InitgPty/Nm"),
        payments=payments,
    )


def _payments(block: Element) -> Iterator[Payment]:
    if block.value("PmtMtd") != "TRF":
        raise Pain001Fault("only credit transfers (PmtMtd TRF)", block.line)
    for transfer in block.all("CdtTrfTxInf"):
        amount, currency = _amount(transfer)
        yield Payment(
            reference=_text(transfer, "PmtId/EndToEndId"),
            amount=amount,
            currency=currency,
            execution_date=_execution_date(block),
            debtor_name=block.value("Dbtr/Nm"),
            debtor_account=_account(block, "DbtrAcct"),
            debtor_agent=_agent(block, "DbtrAgt"),
            creditor_name=transfer.value("Cdtr/Nm"),
            creditor_account=_account(transfer, "CdtrAcct"),
            creditor_agent=_agent(transfer, "CdtrAgt"),
            purpose=transfer.value("Purp/Prtry") or transfer.value("Purp/Cd"),
            remittance=" ".join(_remittances(transfer)),
        )


def _remittances(transfer: Element) -> Iterator[str]:
    information = transfer.find("RmtInf")
    return (one.text.strip() for one in information.all("Ustrd")) if information else iter(())


def _amount(transfer: Element) -> tuple[str, str]:
    """Exact amount text with all places of its currency; more places than the currency has are refused."""
    found = _need(transfer, "Amt/InstdAmt")
    text, currency = found.text.strip(), found.attributes.get("Ccy", "")
    if not _AMOUNT.fullmatch(text) or not _CURRENCY.fullmatch(currency):
        raise Pain001Fault("the amount or its currency is not well-formed", found.line)
    places = _DECIMAL_PLACES.get(currency, 2)
    value = Decimal(text)
    rounded = value.quantize(Decimal(1).scaleb(-places))
    if rounded != value or value <= 0:
        raise Pain001Fault(f"the amount must be above zero with at most {places} decimal places", found.line)
    return format(rounded, "f"), currency


def _execution_date(block: Element) -> str:
    """From version 08 the date stands one level deeper, and may be a moment."""
    text = block.value("ReqdExctnDt/Dt") or block.value("ReqdExctnDt/DtTm")[:10] or block.value("ReqdExctnDt")
    if not _DATE.fullmatch(text):
        raise Pain001Fault("ReqdExctnDt is missing or not a date", block.line)
    return text


def _account(element: Element, name: str) -> str:
    text = element.value(f"{name}/Id/IBAN") or element.value(f"{name}/Id/Othr/Id")
    if not text:
        raise Pain001Fault(f"{name} has no account", element.line)
    return text


def _agent(element: Element, name: str) -> str:
    """BIC of a bank; the element changed its name with version 04."""
    return element.value(f"{name}/FinInstnId/BICFI") or element.value(f"{name}/FinInstnId/BIC")


def _check_totals(header: Element, payments: tuple[Payment, ...]) -> None:
    if _text(header, "NbOfTxs") != str(len(payments)):
        raise Pain001Fault("NbOfTxs is not the number of payments in the file", header.line)
    control = header.value("CtrlSum")
    if control and (not re.fullmatch(r"[0-9]{1,17}(\.[0-9]{1,17})?", control) or Decimal(control) != _sum(payments)):
        raise Pain001Fault("CtrlSum is not the sum of the payments in the file", header.line)


def _sum(payments: tuple[Payment, ...]) -> Decimal:
    return sum((Decimal(payment.amount) for payment in payments), Decimal(0))


def _need(element: Element, path: str) -> Element:
    found = element.find(path)
    if found is None:
        raise Pain001Fault(f"{path} is missing", element.line)
    return found


def _text(element: Element, path: str) -> str:
    text = _need(element, path).text.strip()
    if not text:
        raise Pain001Fault(f"{path} is empty", element.line)
    return text
