"""What is masked before text leaves for a model, and what is not."""

import random
import secrets
import string
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.masking import mask

# «…» is the secret and what must become of it stands after the bar.
SECRETS = """
password: «hunter2» | password
pwd=«abc» | password
PW: «x9!kk» | password
my password is «swordfish» | password
My password for Jira is «Summer2024!», please help | password
the wifi password for guests is «Summer2024!» | password
password «hunter2» does not work any more | password
"password": "«abc def»", | password
password = '«a b»' | password
DB_PASSWORD=«s3cr3t» | password
*Password:* «hunter2» | password
<password>«hunter2</password>» | password
user/pw: «bob/hunter2» | password
PIN: «4821» | password
Mein Passwort lautet «Sommer2024!» | password
Passwort: «geheim» | password
WLAN-Kennwort: «sonne77» | password
mi contraseña es «sol2024» | password
la clave: «luna55» | password
mot de passe : «soleil42» | password
mon mdp est «lune33» | password
senha: «praia99» | password
пароль: «kot2020» | password
changed the password to «hunter22» | password
https://bob:«hunter2»@example.com/x | password
postgresql+psycopg://desk:«p%40ss»@db:5432/desk | password
api key: «abcd1234» | key
client_secret=«abcdef» | key
https://example.com/?token=«abc123» | key
Authorization: Bearer «abcdef1234567890» | key
Authorization: Basic «Ym9iOmh1bnRlcjI=» | key
«xoxb-1234567890-abcdefghij» | key
«xapp-1-A012345-67890-abcdef» | key
«sk-proj-abcdefghijklmnopqrst» | key
«ghp_abcdefghijklmnopqrstuvwxyz0123456789» | key
«github_pat_11ABCDEFG0abcdefghijkl_mnop» | key
«AKIAIOSFODNN7EXAMPLE» | key
«AIzaSyA-abcdefghijklmnopqrstuvwxyz01234» | key
«eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0xx.c2lnbmF0dXJl» | key
https://hooks.slack.com/services/«T000/B000/XXXXXXXXXXXX» | key
it prints «d41d8cd98f00b204e9800998ecf8427e» | key
the key «q7Xk2LpV9mZr4TnB8wYc3HdJ» leaked | key
my card is «4111 1111 1111 1111» | card number
order 12, card «4111-1111-1111-1111». | card number
«5555555555554444» | card number
amex «3782 822463 10005» | card number
IBAN «DE89 3704 0044 0532 0130 00» BITTE | bank account
«GB82WEST12345698765432» | bank account
BE «BE68 5390 0754 7034» THIS | bank account
"""

HARMLESS = """
I forgot my password
the password is wrong
My password is expired!
password reset
Password: it does not work
my password is "wrong"
Das Passwort ist falsch
la contraseña es incorrecta
le mot de passe est invalide
I need my password to login
Please send the password to bob@example.com
What is the password?
My PIN is unlocked, what do I do?
ticket #123, password reset for ticket: 12345
password error: 0x80070005
my password for Jira is not accepted
Settings > Password > Reset
https://example.com/reset-password?step=2
password office365 login
1Password 8 crashes
token: expired
our secret is good coffee
basic troubleshooting did not help
order 4829104829104 and invoice 2024-00017
call +49 170 1234567 or 0151-23456789
4111 1111 1111 1112 has a typo
ISBN 978-3-16-148410-0
DE12 3456 is not an account
request id 550e8400-e29b-41d4-a716-446655440000
https://docs.google.com/document/d/1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcd/edit
https://example.com:8080/a@b
how-to-reset-your-password-in-2024-step-by-step-guide
2024-05-12-Meeting-Notes-Q2-Review-Final-v3
/Users/Anna/Documents/Report2024/Final_v3.pdf
Donaudampfschifffahrtsgesellschaftskapitän
ping C02XK1ABJGH5 <@U012ABCDEF> :tada:
"""


@pytest.mark.parametrize("line", SECRETS.strip().splitlines())
def test_masks(line: str) -> None:
    marked, _, kind = line.rpartition(" | ")
    before, secret, after = marked.replace("»", "«").split("«")
    masked = f"{before}[masked: {kind}]{after}"
    assert mask(before + secret + after) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize("text", HARMLESS.strip().splitlines())
def test_leaves_ordinary_text(text: str) -> None:
    assert mask(text) == text


def test_masks_a_private_key_as_a_whole() -> None:
    body = "\n".join([secrets.token_urlsafe(48)] * 3).replace("-", "+").replace("_", "/")
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    assert mask(f"see\n{key}\nthanks") == "see\n[masked: key]\nthanks"
    assert mask(key[:120]) == "[masked: key]", "a key that was cut off"


def test_masks_on_the_next_line() -> None:
    assert mask("Password:\nhunter2\nThanks") == "Password:\n[masked: password]\nThanks"
    assert mask("Password:\nplease help") == "Password:\nplease help"


def test_masks_a_long_secret_to_its_end() -> None:
    assert mask(f"api_key={'abc-1' * 100} ok") == "api_key=[masked: key] ok"


def test_masks_nearly_all_random_strings() -> None:
    """Measured over 3,000: 94% of 24 letters and digits, 97% of 32, all of hex."""
    dice = random.Random(42)  # noqa: S311 - the same tokens in every run
    for length, floor in ((24, 0.9), (32, 0.93), (64, 0.97)):
        tokens = [
            "".join(dice.choices(string.ascii_letters + string.digits, k=length))
            for _ in range(400)
        ]
        assert sum(mask(token) == "[masked: key]" for token in tokens) / 400 >= floor


PIECES = """
password pwd: pwd= = is token "secret" 'x' hunter2 abc 4111111111111111 4111 1111
DE89370400440532013000 DE89 3704 0044 0532 0130 00 xoxb-1234567890 sk-abcdefghijklmnopqr
Bearer abcdef123456 :// a:b@c https:// hooks.slack.com/services/ eyJabcdefgh.abcdefgh.
-----BEGIN PRIVATE KEY----- -----END q7Xk2LpV9mZr4TnB8wYc3HdJ [masked: password] key]
[masked: ] . , ; - _ to for
"""


@given(st.text() | st.lists(st.sampled_from([*PIECES.split(), " ", "\n"])).map("".join))
@example("4111111111111111eyJ00000000.00000000")
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


HOSTILE = (
    *("a", "4", "A", " ", "\n", "'", '"', "1 ", "aB1-", "éa"),
    *("password ", "password:", 'password"', "password is ", "password for a b c d ", "token="),
    *("://a:", "https://", "-----BEGIN PRIVATE KEY-----", "eyJ", "eyJaaaaaaaa.", "sk-", "Bearer "),
    *("4111 1111 1111 1111 ", "4111-", "AA00 AAAA AAAA AAAA ", "DE12 3456 7890 1234 5678 90 "),
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_is_linear_in_hostile_text(piece: str) -> None:
    """Measured 0.1 s; with quadratic time it would be minutes."""
    assert seconds(piece * (250_000 // len(piece))) < 1


def test_a_megabyte_of_everything_hostile() -> None:
    """Measured 0.4 s on a quiet machine."""
    assert seconds("".join(piece * (50_000 // len(piece)) for piece in HOSTILE)) < 2


def seconds(text: str) -> float:
    start = time.process_time()
    mask(text)
    return time.process_time() - start
