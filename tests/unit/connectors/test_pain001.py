"""Payment files: exact amounts, agreed totals, and nothing that XML can be abused for."""

from decimal import Decimal

import pytest

from config.demo.samples import APPROVAL_ABOVE, sample
from connectors.codecs.pain001 import MAX_BYTES, Pain001Fault, read


def test_the_shared_file_is_one_payment_of_ten_pounds():
    (payment,) = read(sample("shared")).payments
    assert (payment.amount, payment.currency, payment.reference) == ("10.00", "GBP", "test-160620")
    assert (payment.debtor_account, payment.creditor_account) == ("50000970", "12345678")
    assert payment.execution_date == "2020-06-16"


@pytest.mark.parametrize(("name", "needs_approval"), [("shared", False), ("below", False), ("above", True)])
def test_the_samples_stand_on_both_sides_of_the_amount_for_approval(name, needs_approval):
    (payment,) = read(sample(name)).payments
    assert (Decimal(payment.amount) > Decimal(APPROVAL_ABOVE)) is needs_approval


def test_a_file_is_plain_json_for_workflows():
    value = read(sample("above")).to_json()
    assert value["payments"][0]["amount"] == "12500.00"
    assert value["message_id"] == "RRT-20261120-1"


def changed(before, after):
    data = sample("above")
    assert before in data
    return data.replace(before, after, 1)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (changed(b"<NbOfTxs>1<", b"<NbOfTxs>2<"), "NbOfTxs"),
        (changed(b"<CtrlSum>12500.00<", b"<CtrlSum>12500.01<"), "CtrlSum"),
        (changed(b'"EUR">12500.00', b'"EUR">12500.001'), "2 decimal places"),
        (changed(b'"EUR">12500.00', b'"EUR">-1'), "not well-formed"),
        (changed(b'"EUR">12500.00', b'"JPY">12500.50'), "0 decimal places"),
        (changed(b"pain.001.001.09", b"pain.002.001.09"), "not a pain.001"),
        (changed(b"<PmtMtd>TRF", b"<PmtMtd>CHK"), "TRF"),
        (changed(b"<EndToEndId>INV-2026-0988<", b"<EndToEndId> <"), "EndToEndId is empty"),
        (changed(b"<Document", b'<!DOCTYPE d [<!ENTITY x "y">]><Document'), "document type"),
        (b"<a>" * 60 + b"</a>" * 60, "nested"),
        (b"<Document>", "line 1"),
        (b"", "no element"),
        (b" " * (MAX_BYTES + 1), "larger"),
    ],
)
def test_a_file_that_is_not_acceptable_is_refused_with_the_place(data, text):
    with pytest.raises(Pain001Fault, match=text):
        read(data)


@pytest.mark.parametrize("share", range(20))
def test_a_file_cut_anywhere_is_a_fault_and_no_trace(share):
    with pytest.raises(Pain001Fault):
        read(sample("above")[: len(sample("above")) * share // 20])
