"""Where a tenant's address may lead, with the traps of `ipaddress` and of resolvers."""

import pytest

from tenants.egress import Destination, EgressError, EgressPolicy, parse_allow, parse_destination

PUBLIC = ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822", "2002:5db8:d822::1"]
PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.88.99.1",
    "192.168.1.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "fc00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
NOT_PLAIN = ["2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "127.1", "①②⑦.0.0.1", "a b.example", "1.2.3.4.5"]

HTTPS = Destination("https", "models.example.com", 443)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called_over_https(address: str) -> None:
    EgressPolicy().check_address(HTTPS, address)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_leads_inside_may_not_be_called(address: str) -> None:
    with pytest.raises(EgressError, match="not public"):
        EgressPolicy().check_address(HTTPS, address)


def test_plain_http_is_refused_even_to_a_public_address() -> None:
    policy, destination = EgressPolicy(), parse_destination("http://models.example.com/v1")

    with pytest.raises(EgressError, match="https"):
        policy.check_destination(destination)
    with pytest.raises(EgressError, match="https"):
        policy.check_address(destination, "93.184.216.34")


@pytest.mark.parametrize("host", NOT_PLAIN)
def test_hosts_that_resolvers_read_as_numbers_are_refused(host: str) -> None:
    with pytest.raises(EgressError):
        parse_destination(f"https://{host}/v1")


@pytest.mark.parametrize(
    "url",
    ["https://user@host/v1", "https://user:word@host/", "https://host/#x", "ftp://host/", "//host/", "https:///x", "x"],
)
def test_addresses_with_more_than_an_address_are_refused(url: str) -> None:
    with pytest.raises(EgressError):
        parse_destination(url)


def test_an_address_is_parsed_to_scheme_host_and_port() -> None:
    assert parse_destination("https://Models.Example.com./v1") == HTTPS
    assert parse_destination("http://[::1]:8080/v1") == Destination("http", "::1", 8080)


@pytest.mark.parametrize(
    ("entry", "url", "address"),
    [
        ("127.0.0.1:9000", "http://127.0.0.1:9000/v1", "127.0.0.1"),
        ("10.0.0.0/8:*", "http://vllm.internal:8000/v1", "10.9.8.7"),
        ("vllm.internal:8000", "http://vllm.internal:8000/v1", "192.168.7.7"),
        ("[fd00::]/8:443", "https://models.internal/v1", "fd00::7"),
        ("10.0.0.0/8:*", "http://vllm.internal:8000/v1", "::ffff:10.9.8.7"),
    ],
)
def test_the_operator_may_allow_private_destinations(entry: str, url: str, address: str) -> None:
    policy, destination = EgressPolicy(parse_allow([entry])), parse_destination(url)

    policy.check_destination(destination)
    policy.check_address(destination, address)


@pytest.mark.parametrize(
    ("entry", "url", "address"),
    [
        ("127.0.0.1:9000", "http://127.0.0.1:9001/v1", "127.0.0.1"),
        ("10.0.0.0/8:443", "https://models.internal/v1", "192.168.1.1"),
        ("vllm.internal:8000", "http://other.internal:8000/v1", "192.168.7.7"),
    ],
)
def test_an_exception_covers_nothing_beside_it(entry: str, url: str, address: str) -> None:
    policy, destination = EgressPolicy(parse_allow([entry])), parse_destination(url)

    with pytest.raises(EgressError):
        policy.check_address(destination, address)


@pytest.mark.parametrize("entry", ["localhost", "host:port", ":80", "10.0.0.0/8"])
def test_a_malformed_exception_is_named(entry: str) -> None:
    with pytest.raises(EgressError, match="EGRESS_ALLOW"):
        parse_allow([entry])
