"""Makes the TLS context of an API that asks its clients for a certificate."""

import ssl

from worker.errors import ConfigError
from worker.settings.auth import MtlsAuth


def context(client: MtlsAuth) -> ssl.SSLContext:
    """Trusts whom the system trusts, and shows the client's certificate. Reads its files.

    Raises:
        ConfigError: they cannot be used; the message names them, and never the password.
    """
    made = ssl.create_default_context()
    password = client.password.reveal() if client.password else ""  # with none, OpenSSL would ask the terminal
    try:
        made.load_cert_chain(client.certificate, client.key, lambda: password)
    except (OSError, ssl.SSLError, ValueError) as problem:  # ValueError: a password of more than 1024 bytes
        files = " and ".join(str(file) for file in (client.certificate, client.key) if file)
        reason = getattr(problem, "reason", None) or getattr(problem, "strerror", None) or "not PEM"
        said = str(reason).replace("_", " ").lower()
        raise ConfigError(
            f"client certificate {files} cannot be used ({said}): write certificate and its own key as PEM files, "
            "and the key's password if it has one"
        ) from None
    return made
