"""Webhooks never go inside, however an address is written; only what the settings name."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.domain.errors import InvalidRequest
from receipted.hub.guard import Guard, literal

CLOSED = Guard()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("0x7f.0.0x0.1", "127.0.0.1"),
        ("10.1", "10.0.0.1"),
        ("0", "0.0.0.0"),
        ("[::1]", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("example.com", None),
        ("1.2.3.4.5", None),
        ("256.0.0.1", None),
        ("4294967296", None),
        ("08.1.1.1", None),
        ("1.2.3.example", None),
        ("", None),
    ],
)
def test_an_address_is_seen_in_every_form(host: str, address: str | None) -> None:
    assert literal(host) == address


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1",
        "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1",
        "2001:0:7f00:1::1", "fec0::1", "not-an-address",
    ],
)  # fmt: skip
def test_inner_addresses_are_refused(address: str) -> None:
    assert CLOSED.problem("host.example", address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "172.32.0.1"])
def test_addresses_of_the_internet_are_called(address: str) -> None:
    assert CLOSED.problem("host.example", address) is None


@given(
    st.one_of(
        *(st.ip_addresses(network=net) for net in ("127.0.0.0/8", "10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16")),
        st.ip_addresses(network="fe80::/10"),
        st.ip_addresses(network="::ffff:10.0.0.0/104"),
        st.ip_addresses(network="64:ff9b::7f00:0/104"),
    )
)
def test_no_address_of_an_inner_network_is_called(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert CLOSED.problem("host.example", str(address))
    with pytest.raises(InvalidRequest):
        CLOSED.check_url(f"http://{f'[{address}]' if address.version == 6 else address}/")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "//example.com/", "http://", "http:///x", "https://user:pw@example.com/",
        "http://example.com:0/", "http://example.com:99999/", "http://localhost/", "http://LOCALHOST./",
        "http://a.localhost/", "http://db.internal/", "http://printer.local/", "http://2130706433/", "http://0x7f.1/",
        "http://[::1]:8080/", "http://exa mple.com/", "http://example.com/\x00", "http://[::1", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_a_url_that_may_not_be_called_is_refused_by_name(url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        CLOSED.check_url(url)
    assert refused.value.field == "callback"


@pytest.mark.parametrize("url", ["https://example.com/dlr", "http://example.com:8080/a?b=c", "https://1.1.1.1/"])
def test_other_urls_are_taken(url: str) -> None:
    CLOSED.check_url(url)


@pytest.mark.parametrize(
    ("allowed", "url", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:5000/", "127.0.0.1"),
        ("127.0.0.1", "http://localhost:5000/", "127.0.0.1"),
        ("10.0.0.0/8", "http://10.1.2.3/", "10.1.2.3"),
        ("app.internal", "http://app.internal/", "10.1.2.3"),
        ("::1", "http://[::1]/", "::1"),
    ],
)
def test_what_the_settings_name_is_called_and_nothing_beside_it(allowed: str, url: str, address: str) -> None:
    guard = Guard(allowed=(allowed,))
    guard.check_url(url)
    host = url.partition("//")[2].partition("/")[0].strip("[]").removesuffix(":5000")
    assert guard.problem(host, address) is None
    assert guard.problem("host.example", "192.168.7.7")
