"""The gateway killed at every point of the payment's screening: the worker asks again, and every hold ends once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.faults.payment.payment import BOOKED, Counter, Counts, carry
from tests.faults.payment.ward import Ward
from tests.gateway import Gateway, running_gateway
from tests.sandbox import free_port
from tests.system import Up, eventually

pytestmark = [pytest.mark.timeout(240), pytest.mark.faults]

# how the holds of the screening end: what may have been spent and is not known is booked in full when its time is over
ENDS = {
    "gateway.hold.before": {"settled": 1},
    "gateway.hold.after": {"settled": 1, "expired": 1},
    "gateway.upstream.before": {"settled": 1, "expired": 1},
    "gateway.upstream.after": {"settled": 1, "expired": 1},
    "gateway.settle.before": {"expired": 1},
    "gateway.settle.after": {"settled": 1},
}


@contextmanager
def gateway_at(up: Up, port: int, failpoints: str = "") -> Iterator[Gateway]:
    services = up.services()
    variables = {"DATA_DIR": str(up.data_dir), "ENVIRONMENT": "test", "FAILPOINTS": failpoints}
    with running_gateway(services.gateway_url, services.redis_url, variables=variables, port=port) as gateway:
        yield gateway


@pytest.mark.parametrize("point", ENDS)
def test_a_payment_is_screened_and_booked_once_wherever_the_gateway_dies(
    up: Up, counter: Counter, ward: Ward, point: str
) -> None:
    port = free_port()
    worker = ward.work(gateway=f"http://127.0.0.1:{port}")
    with gateway_at(up, port, f"{point}=kill") as gateway:
        counter.start()
        assert eventually(lambda: not gateway.worker_pids, seconds=30), "it was not killed"
    with gateway_at(up, port):
        assert carry(counter, ward, worker) == "completed"
    counter.expire_holds()
    assert counter.ends() == ENDS[point]
    settled = ENDS[point].get("settled", 0)
    assert counter.counts() == replace(Counts.expected(BOOKED), settled=settled, charged=settled)
    assert up.manage("ledger_check").returncode == 0
