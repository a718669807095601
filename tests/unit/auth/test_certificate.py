"""When a client certificate ends, read from the file itself."""

import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from worker.auth.certificate import ends_at
from worker.clock import to_rfc3339

_PEM: Final = (Path(__file__).parents[1] / "transport" / "certificates" / "client.pem").read_text()
_DER: Final = ssl.PEM_cert_to_DER_cert(_PEM)


def test_it_ends_when_it_says() -> None:
    """Whatever stands before it in its file, and behind."""
    assert to_rfc3339(ends_at(f"a key, perhaps\n{_PEM}{_PEM}")) == "2126-10-30T11:57:16.000Z"


@pytest.mark.parametrize(("year", "moment"), [("49", "2049-10-30T11:57:16.000Z"), ("50", "1950-10-30T11:57:16.000Z")])
def test_years_of_two_digits_are_of_the_century_around_2000(year: str, moment: str) -> None:
    """As RFC 5280 has it; all certificates that end before 2050 are written so."""
    at = _DER.index(b"21261030115716Z") - 2
    short = _DER[:at] + bytes([0x17, 13]) + f"{year}1030115716Z".encode() + b"\x04\x00" + _DER[at + 17 :]

    # what follows the moment fills up the two bytes that are missing, so that every length stays as it was
    assert to_rfc3339(ends_at(ssl.DER_cert_to_PEM_cert(short))) == moment


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        ("", "holds no certificate"),
        ("-----END CERTIFICATE----------BEGIN CERTIFICATE-----", "holds no certificate"),
        (ssl.DER_cert_to_PEM_cert(_DER[:40]), "damaged"),
        (ssl.DER_cert_to_PEM_cert(b"\x30\x00"), "damaged"),
        (ssl.DER_cert_to_PEM_cert(b"\x31\x03abc"), "damaged"),
        (ssl.DER_cert_to_PEM_cert(b"\xff" * 64), "damaged"),
    ],
)
def test_what_is_no_certificate_is_told(pem: str, said: str) -> None:
    """And nothing worse happens."""
    with pytest.raises(ValueError, match=said):
        ends_at(pem)


@pytest.mark.parametrize("length", range(0, len(_DER), 7))
def test_a_certificate_that_breaks_off_is_damaged_or_read(length: int) -> None:
    """Wherever it breaks off."""
    with suppress(ValueError):
        assert ends_at(ssl.DER_cert_to_PEM_cert(_DER[:length])) > 0
