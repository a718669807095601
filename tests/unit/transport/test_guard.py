"""Which addresses names may lead to, and which nobody may ask."""

from ipaddress import ip_address
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.transport.guard import refusal_of_address, refusal_of_name

_PUBLIC: Final = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808", "2002:808:808::1"]

#: Addresses that names may lead to only where ``allow_private`` says so, and what they are called.
_NOT_PUBLIC: Final = {
    "0.0.0.0": "unspecified",  # noqa: S104 - nothing is bound to it
    "0.1.2.3": "unspecified",
    "::": "unspecified",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "::1": "loopback",
    "10.1.2.3": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "fd12::1": "private",
    "fec0::1": "private",
    "64:ff9b:1::1": "private",
    "64:ff9b:1::808:808": "private",
    "::ffff:0:10.0.0.1": "private",
    "169.254.1.1": "link-local",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "100.64.0.1": "carrier's private",
    "100.127.255.255": "carrier's private",
    "224.0.0.1": "multicast",
    "ff02::1": "multicast",
    "192.0.0.1": "reserved",
    "192.0.2.1": "reserved",
    "198.18.0.1": "reserved",
    "198.51.100.1": "reserved",
    "203.0.113.1": "reserved",
    "255.255.255.255": "reserved",
    "2001:db8::1": "reserved",
    "2001:2::1": "reserved",
    "3fff::1": "reserved",
    "100::1": "reserved",
    "4000::1": "reserved",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:10.0.0.1": "private",
    "::127.0.0.1": "loopback",
    "64:ff9b::7f00:1": "loopback",
    "64:ff9b::a00:1": "private",
    "2002:7f00:1::1": "loopback",
    "2002:c0a8:101::1": "private",
    "2001:0:4136:e378:8000:63bf:80ff:fffe": "loopback",
}

#: Where machines ask for their own credentials, plainly and in disguise.
_METADATA: Final = [
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd20:ce::254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:fffe::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::ffff:0:169.254.169.254",
    "fd00:ec2::254%eth0",
    "fd00:ec2::254%25lo",
    "::ffff:169.254.169.254%1",
]


@pytest.mark.parametrize("address", _PUBLIC)
def test_a_name_may_lead_to_a_public_address(address: str) -> None:
    """Also one that reaches IPv4 through a translator."""
    assert refusal_of_name("api.example", address, allow_private=False) is None


@pytest.mark.parametrize(("address", "kind"), _NOT_PUBLIC.items())
def test_a_name_may_not_lead_into_a_private_network(address: str, kind: str) -> None:
    """The refusal names host, address, what it is, and the remedy; with the remedy it is allowed."""
    refused = refusal_of_name("api.example", address, allow_private=False)
    assert refused is not None
    assert refused.startswith(f"api.example is at {address}, a")
    assert f"{kind} address" in refused
    assert "allow_private = true" in refused
    assert refusal_of_name("api.example", address, allow_private=True) is None


@pytest.mark.parametrize("address", _METADATA)
def test_nobody_asks_for_the_machines_own_credentials(address: str) -> None:
    """Neither by name, nor by address, nor where private addresses are allowed."""
    for refused in (refusal_of_address(address), refusal_of_name("api.example", address, allow_private=True)):
        assert refused is not None
        assert "credentials" in refused


@pytest.mark.parametrize("host", ["metadata.google.internal", "METADATA.google.internal.", "metadata.goog"])
def test_names_of_metadata_services_are_known(host: str) -> None:
    """Wherever they are said to be."""
    refused = refusal_of_name(host, "93.184.216.34", allow_private=True)
    assert refused is not None
    assert host in refused


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "0.0.0.0", "192.168.0.1"])  # noqa: S104
def test_an_address_that_is_written_out_is_taken_at_its_word(address: str) -> None:
    """The user chose it; no name did."""
    assert refusal_of_address(address) is None


@pytest.mark.parametrize(
    "address", ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "127.0.0.1.", "127.0.0.1%1", "", "%1", "host"]
)
def test_what_only_looks_like_an_address_is_refused(address: str) -> None:
    """Systems differ in what they take it for."""
    assert "is no address" in (refusal_of_address(address) or "")


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "::ffff:0:{}", "64:ff9b::{}", "::{}", "::ffff:{}%1"]))
def test_a_disguise_changes_nothing(address: object, disguise: str) -> None:
    """What an IPv4 address may not be, it may not be inside of IPv6."""
    inside = str(ip_address(disguise.format(address)))
    if int(ip_address(inside.partition("%")[0])) <= 1:
        return
    for allow_private in (False, True):
        plain = refusal_of_name("host", str(address), allow_private=allow_private)
        other = refusal_of_name("host", inside, allow_private=allow_private)
        assert (plain is None) is (other is None)


@given(st.ip_addresses())
def test_nothing_is_let_through_that_python_calls_private(address: object) -> None:
    """Our table is at least as strict as the standard library's."""
    one = ip_address(str(address))
    if one.is_private or one.is_loopback or one.is_link_local or one.is_multicast or one.is_unspecified:
        refused = refusal_of_name("host", str(one), allow_private=False)
        embedded = getattr(one, "sixtofour", None)  # newer releases of Python call all of 6to4 private
        assert refused is not None or embedded is not None
