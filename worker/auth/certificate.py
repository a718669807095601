"""When a certificate ends. Python's own TLS tells that of others' certificates only, and only once connected."""

import ssl
from datetime import UTC, datetime
from typing import Final

_SEQUENCE: Final = 0x30
_VERSION: Final = 0xA0  # of a certificate; those of version 1 have none
_UTC_TIME: Final = 0x17  # two digits of the year: 50 to 99 are of the last century (RFC 5280, 4.1.2.5.1)
_GENERALIZED_TIME: Final = 0x18
_LONG: Final = 0x80


def ends_at(pem: str) -> float:
    """Epoch seconds at which the first certificate of a PEM file ends.

    Raises:
        ValueError: there is none, or it is damaged.
    """
    start = pem.find(ssl.PEM_HEADER)
    end = pem.find(ssl.PEM_FOOTER)
    if start < 0 or end < start:
        raise ValueError("holds no certificate in PEM")
    der = ssl.PEM_cert_to_DER_cert(pem[start : end + len(ssl.PEM_FOOTER)])
    try:
        return _ends_at(der)
    except (IndexError, UnicodeDecodeError) as problem:
        raise ValueError("holds a damaged certificate") from problem


def _ends_at(der: bytes) -> float:
    """RFC 5280, 4.1: version, serialNumber, signature, issuer, validity, ... inside of two sequences."""
    certificate = _value(der, 0, _SEQUENCE)
    signed = _value(certificate, 0, _SEQUENCE)
    at = _after(signed, 0) if signed[0] == _VERSION else 0
    for _ in ("serialNumber", "signature", "issuer"):
        at = _after(signed, at)
    validity = _value(signed, at, _SEQUENCE)
    at = _after(validity, 0)
    start, end = _span(validity, at)
    return _moment(validity[at], validity[start:end].decode("ascii"))


def _moment(kind: int, text: str) -> float:
    if kind not in (_UTC_TIME, _GENERALIZED_TIME):
        raise ValueError("holds a damaged certificate")
    if kind == _UTC_TIME:
        text = ("19" if text >= "5" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _value(data: bytes, at: int, kind: int) -> bytes:
    if data[at] != kind:
        raise ValueError("holds a damaged certificate")
    start, end = _span(data, at)
    return data[start:end]


def _after(data: bytes, at: int) -> int:
    return _span(data, at)[1]


def _span(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at a place starts and ends (X.690, 8.1.3)."""
    length, start = data[at + 1], at + 2
    if length & _LONG:
        start += length - _LONG
        length = int.from_bytes(data[at + 2 : start])
    return start, start + length
