from collections.abc import Callable
from pathlib import Path

import pytest

from worker.settings import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    HmacAuth,
    MtlsAuth,
    NoAuth,
    OAuth2Auth,
    Secret,
    Settings,
    StandardWebhooksAuth,
)

Read = Callable[..., Settings]


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ('type = "none"', NoAuth()),
        ('type = "none"\nschemes = ["a.b"]', NoAuth(("a.b",))),
        ('type = "bearer"\ntoken = "${file:t}"', BearerAuth(Secret("v", "file:t"))),
        ('type = "basic"\nusername = "u"\npassword = "${env:P}"', BasicAuth("u", Secret("p", "env:P"))),
        (
            'type = "api_key"\nname = "X-Key"\nin = "query"\nvalue = "${env:P}"',
            ApiKeyAuth("X-Key", "query", Secret("p", "env:P")),
        ),
        (
            'type = "api_key"\nname = "sid"\nin = "cookie"\nvalue = "${env:P}"\nschemes = ["cookieAuth"]',
            ApiKeyAuth("sid", "cookie", Secret("p", "env:P"), ("cookieAuth",)),
        ),
        (
            'type = "oauth2"\ntoken_url = "https://h/t"\nclient_id = "c"\nclient_secret = "${env:P}"',
            OAuth2Auth("https://h/t", "c", Secret("p", "env:P")),
        ),
        (
            (
                'type = "oauth2"\ntoken_url = "https://h/t"\nclient_id = "c"\nclient_secret = "${env:P}"\n'
                'scopes = ["a", "b:c/d"]\naudience = "https://a"\nrefresh_token = "${file:t}"\nstyle = "body"\n'
                'early = "5s"'
            ),
            OAuth2Auth(
                "https://h/t",
                "c",
                Secret("p", "env:P"),
                ("a", "b:c/d"),
                "https://a",
                Secret("v", "file:t"),
                "body",
                5.0,
            ),
        ),
        ('type = "hmac"\nsecret = "${env:P}"\nheader = "X-S"', HmacAuth(Secret("p", "env:P"), "X-S")),
        (
            (
                'type = "hmac"\nsecret = "${env:P}"\nheader = "X-S"\nalgorithm = "sha512"\nencoding = "base64"\n'
                'prefix = "v1="\ncontent = "{timestamp}.{body}"\ntimestamp_header = "X-T"'
            ),
            HmacAuth(Secret("p", "env:P"), "X-S", "sha512", "base64", "v1=", "{timestamp}.{body}", "X-T"),
        ),
        ('type = "standard_webhooks"\nsecret = "${env:P}"', StandardWebhooksAuth(Secret("p", "env:P"))),
        (
            'type = "mtls"\ncertificate = "t"\nkey = "t"\npassword = "${env:P}"',
            MtlsAuth(Path("t"), Path("t"), Secret("p", "env:P")),
        ),
    ],
)
def test_each_type_of_credential_has_its_own_keys(
    auth: str, expected: object, read: Read, api: str, tmp_path: Path
) -> None:
    """The tag decides the section, and secrets keep their origin."""
    (tmp_path / "t").write_text("v\n")
    auth_read = read(f"{api}[apis.shop.auth]\n{auth}\n", {"P": "p"}).apis["shop"].auth
    assert repr(auth_read).replace(f"{tmp_path}/", "") == repr(expected)


def test_a_secret_in_the_file_draws_a_warning_that_does_not_show_it(read: Read, api: str) -> None:
    """It works, since a sandbox needs no better; the remedy is named."""
    settings = read(f'{api}[apis.shop.auth]\ntype = "bearer"\ntoken = "hunter2"\n')
    (warning,) = settings.warnings
    assert "apis.shop.auth.token stands in the file: write ${env:NAME} or ${file:PATH} instead" in warning
    assert "hunter2" not in warning
