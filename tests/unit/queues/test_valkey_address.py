"""What a URL of Valkey or Redis says."""

import pytest

from worker.errors import ConfigError
from worker.queues.valkey.address import Address, read_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("valkey://h", Address("valkey://h", (("h", 6379),), 0)),
        ("redis://queue.internal:7000/3", Address("redis://queue.internal:7000/3", (("queue.internal", 7000),), 3)),
        (
            "rediss://worker:p%40ss%2F@[::1]:6380?ssl_ca_certs=/etc/ca.pem",
            Address(
                "rediss://worker:...@[::1]:6380?ssl_ca_certs=/etc/ca.pem",
                (("::1", 6380),),
                0,
                "worker",
                "p@ss/",
                tls=True,
                tls_files=(("ssl_ca_certs", "/etc/ca.pem"),),
            ),
        ),
        (
            "valkeys://h?prefix=orders.eu&cluster=true",
            Address(
                "valkeys://h?prefix=orders.eu&cluster=true",
                (("h", 6379),),
                0,
                tls=True,
                prefix="{orders.eu}",
                cluster=True,
            ),
        ),
        (
            "redis://:pw@s1,s2:26380/1?sentinel=queue&sentinel_password=s3cret",
            Address(
                "redis://:...@s1,s2:26380/1?sentinel=queue&sentinel_password=...",
                (("s1", 6379), ("s2", 26380)),
                1,
                password="pw",
                sentinel="queue",
                sentinel_password="s3cret",
            ),
        ),
    ],
)
def test_a_url_says_where_and_as_whom(url: str, address: Address) -> None:
    """Host, port, database, user, TLS, and one hash tag for all keys."""
    assert read_address(url) == address


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("valkey://h?prefix=a&timeout=3", "unknown parameter timeout: there are prefix, cluster, sentinel"),
        ("valkey://h?prefix={a}", "prefix = '{a}': use letters"),
        ("valkey://h?prefix=", "prefix = ''"),
        ("valkey://h?cluster=true&sentinel=q", "a cluster needs no sentinel"),
        ("valkey://h,i", "names several servers: write ?sentinel=NAME or ?cluster=true"),
        ("valkey://h?cluster=yes", "cluster = 'yes': write true or false"),
        ("valkey://h/jobs", "/jobs is no database: write its number"),
        ("valkey://h/1?cluster=true", "a cluster has only database 0"),
        ("valkey://h?ssl_certfile=c.pem", "ssl_certfile is for TLS: write valkeys:// or rediss://"),
    ],
)
def test_what_a_url_cannot_say_is_named(url: str, words: str) -> None:
    """With what to write instead."""
    with pytest.raises(ConfigError) as refused:
        read_address(url)

    assert words in str(refused.value)
    assert url in str(refused.value)


def test_a_password_is_not_shown() -> None:
    """Neither in messages nor in a repr that a log or a debugger prints."""
    address = read_address("valkey://u:hunter2@h/0")

    assert "hunter2" not in repr(address)
    with pytest.raises(ConfigError) as refused:
        read_address("valkey://u:hunter2@h/0?x=1")
    assert "hunter2" not in str(refused.value)
