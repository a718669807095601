"""``type = "mtls"``: the certificate that connections show."""

import ssl

from worker.errors import ConfigError
from worker.settings.auth import MtlsAuth


def tls(auth: MtlsAuth) -> ssl.SSLContext:
    """What connections are made with. The files are read here, once.

    Raises:
        ConfigError: certificate and key cannot be read, or do not belong together.
    """
    context = ssl.create_default_context()
    password = auth.password.reveal() if auth.password else ""  # without one OpenSSL would ask the terminal
    try:
        context.load_cert_chain(auth.certificate, auth.key, lambda: password)
    except (OSError, ValueError) as problem:  # SSLError is an OSError; its text names OpenSSL's reason, not the content
        reason = getattr(problem, "reason", None) or getattr(problem, "strerror", None) or "cannot be read"
        files = " and ".join(str(file) for file in (auth.certificate, auth.key) if file)
        raise ConfigError(
            f"the client certificate of {files} cannot be used ({reason}): is it PEM, does the key belong to it, and "
            f"is auth.password the key's?"
        ) from None
    return context
