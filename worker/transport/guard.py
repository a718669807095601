"""Which addresses a request may go to. A name is somebody else's word, and may lead into the worker's own network.

What is refused by name may be reached by its address: an address in ``base_url`` is what the user chose. What cloud
machines ask for their own credentials is refused in any case.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network

#: Where machines in a cloud get their credentials: of AWS (machines, tasks, pods), Google, Azure, Alibaba, Oracle,
#: Tencent and Scaleway.
_METADATA: Final = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.0.23", "169.254.42.42",
            "100.100.100.200", "168.63.129.16", "192.0.0.192",
            "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42",
        ),
    )
)  # fmt: skip
_METADATA_NAMES: Final = frozenset(
    {"metadata.google.internal", "metadata.goog", "instance-data.ec2.internal", "metadata.tencentyun.com"}
)

#: IANA's registries of special addresses, written out: what Python's ``is_private`` knows differs between its releases.
_SPECIAL: Final[tuple[tuple[str, tuple[_Network, ...]], ...]] = tuple(
    (kind, tuple(IPv6Network(one) if ":" in one else IPv4Network(one) for one in networks.split()))
    for kind, networks in (
        ("an unspecified address", "0.0.0.0/8 ::/128"),
        ("a loopback address", "127.0.0.0/8 ::1/128"),
        ("a private address", "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10 64:ff9b:1::/48"),
        ("a link-local address", "169.254.0.0/16 fe80::/10"),
        ("a carrier's private address", "100.64.0.0/10"),
        ("a multicast address", "224.0.0.0/4 ff00::/8"),
        ("a reserved address", "192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24"),
        ("a reserved address", "203.0.113.0/24 240.0.0.0/4 2001::/23 2001:db8::/32 3fff::/20"),
    )
)
_GLOBAL: Final = IPv6Network("2000::/3")  # outside of it nothing is on the internet
_LOW_32: Final = 0xFFFF_FFFF
_LOCAL_NAT64: Final = IPv6Network("64:ff9b:1::/48")  # a network's own translator: private, wherever it leads
#: IPv6 networks whose addresses hold an IPv4 address that packets end up at, and how many bits are behind it: those
#: mapped, translated and compatible, NAT64 and 6to4. Teredo's stands at the end, inverted.
_EMBEDDING: Final = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::ffff:0:0:0/96"), 0),
    (IPv6Network("::/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (_LOCAL_NAT64, 0),
    (IPv6Network("2002::/16"), 80),
)
_TEREDO: Final = IPv6Network("2001::/32")


def refusal_of_name(host: str, address: str, *, allow_private: bool) -> str | None:
    """Why a request to ``host`` may not go to an address that its name leads to; None where it may.

    Args:
        host: as in the URL.
        address: what it resolves to, as text; IPv6 may have a zone.
        allow_private: the user says that the name may lead into a private network.
    """
    if host.rstrip(".").lower() in _METADATA_NAMES:
        return _metadata(host)
    where = f"{host} is at {address}"
    if (refused := refusal_of_address(address)) is not None:
        return f"{where}: {refused}"
    kind = _kind(_read(address))
    if kind is None or allow_private:
        return None
    remedy = "write allow_private = true into [apis.NAME] if it is yours, or its address into base_url"
    return f"{where}, {kind}, which names may not lead to: {remedy}"


def refusal_of_address(address: str) -> str | None:
    """Why no request may go to an address, whoever wrote it; None where one may."""
    try:
        reached = _reached(_read(address))
    except ValueError:
        return f"{address} is no address: write IPv4 as four numbers without zeros before them (127.0.0.1)"
    return _metadata(address) if reached in _METADATA else None


def _metadata(where: str) -> str:
    return f"{where} is where cloud machines ask for their credentials, and never an API: correct base_url"


def _read(address: str) -> _Address:
    """An address without its zone, which says through which interface it is reached, and not what it is."""
    return ip_address(address.partition("%")[0] if ":" in address else address)


def _reached(address: _Address) -> _Address:
    """Where packets end up: the IPv4 address that one of IPv6 holds, or itself."""
    if isinstance(address, IPv4Address) or int(address) <= 1:  # ``::`` and ``::1`` hold none
        return address
    if address in _TEREDO:
        return IPv4Address(~int(address) & _LOW_32)
    bits = next((bits for network, bits in _EMBEDDING if address in network), None)
    return address if bits is None else IPv4Address(int(address) >> bits & _LOW_32)


def _kind(address: _Address) -> str | None:
    """What keeps an address from leading into the public internet."""
    if address not in _LOCAL_NAT64:
        address = _reached(address)
    for kind, networks in _SPECIAL:
        if any(address in network for network in networks):
            return kind
    return "a reserved address" if isinstance(address, IPv6Address) and address not in _GLOBAL else None
