import pytest

from worker.contract.postman.secrets import UNSHOWN, hide, is_suspect


@pytest.mark.parametrize("name", ["shopToken", "API_KEY", "X-Auth", "authorization", "db password", "sessionId", "jwt"])
def test_a_name_that_may_be_a_secrets_is_suspect(name: str) -> None:
    """However it is written, and whatever stands around it."""
    assert is_suspect(name)


@pytest.mark.parametrize("name", ["author", "authors", "authorName", "authHost", "auth_url", "key", "id", "compass"])
def test_other_names_are_not(name: str) -> None:
    """They only have some letters in common."""
    assert not is_suspect(name)


def test_a_secret_is_taken_out_wherever_it_is_repeated() -> None:
    """Not only where it stands under its name."""
    collection = {
        "variable": [{"key": "shopToken", "value": "tk-0123456789"}],
        "item": [{"request": {"url": "https://shop.example/tk-0123456789/a", "header": ["x tk-0123456789"]}}],
    }
    hide(collection)
    assert collection["item"] == [{"request": {"url": f"https://shop.example/{UNSHOWN}/a", "header": [f"x {UNSHOWN}"]}}]


@pytest.mark.parametrize(
    "value", ["Bearer {{token}}", "short", "two words here", "https://login.example/token", 17, None]
)
def test_what_is_no_secret_stays(value: object) -> None:
    """A variable, a word that any text may have, a sentence, an address."""
    collection = {"key": "X-Token", "value": value}
    hide(collection)
    assert collection == {"key": "X-Token", "value": value}


def test_how_a_secret_is_sent_is_none() -> None:
    """Of an auth's parameters only the secrets are taken out."""
    sent = [{"key": "addTokenTo", "value": "queryParams"}, {"key": "tokenName", "value": "shop-access"}]
    secret = {"key": "accessToken", "value": "tk-0123456789"}
    collection = {"auth": {"type": "oauth2", "oauth2": [*sent, secret]}}
    hide(collection)
    assert collection == {"auth": {"type": "oauth2", "oauth2": [*sent, {"key": "accessToken", "value": UNSHOWN}]}}
