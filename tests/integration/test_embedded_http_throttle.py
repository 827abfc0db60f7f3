"""Throttling of password and key guesses, per address and in total; sessions and cookies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from served_library import CONFIGURE, ask, client_from, serve_library, set_password

from stash_cli.embedded.web.login import CROWD, LONGEST, MAX_PEERS, MEMORY, LoginThrottle

RIGHT, WRONG = {"username": "ada", "password": "secret"}, {"username": "ada", "password": "guess"}


class Clock:
    """A clock that advances only when a test does so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def throttle(clock):
    return LoginThrottle(clock=clock)


def waits(throttle: LoginThrottle, address: str, count: int) -> list[int]:
    return [throttle.attempt(address) for _ in range(count)]


def test_delays_start_after_five_guesses_and_double(throttle, clock):
    assert waits(throttle, "10.0.0.1", 7) == [0, 0, 0, 0, 0, 1, 1]
    clock.now += 0.5
    throttle.fail("10.0.0.1")
    for pause in (1, 2, 4, 8):
        assert throttle.attempt("10.0.0.1") == pause
        clock.now += pause
        assert throttle.attempt("10.0.0.1") == 0
    for _ in range(20):
        clock.now += LONGEST
        assert throttle.attempt("10.0.0.1") == 0
    assert throttle.attempt("10.0.0.1") == LONGEST


def test_success_and_time_reset_the_delay(throttle, clock):
    waits(throttle, "10.0.0.1", 5)
    throttle.succeed("10.0.0.1")
    assert waits(throttle, "10.0.0.1", 6)[-1] == 1
    clock.now += MEMORY + 1
    assert waits(throttle, "10.0.0.1", 6) == [0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("other", "waits"),
    [("10.0.0.2", 0), ("2001:db8::ffff", 1), ("2001:db8:0:1::1", 0), ("::1", 0), ("2001:db8::1%x", 1)],
)
def test_addresses_of_one_network_count_as_one(throttle, other, waits):
    for _ in range(5):
        throttle.attempt("2001:db8::1")
    assert throttle.attempt(other) == waits


def test_many_addresses_have_one_guess_each_in_bounded_memory(throttle):
    waits_of_first = [throttle.attempt(f"10.1.{n >> 8}.{n & 255}") for n in range(MAX_PEERS + CROWD)]
    assert set(waits_of_first) == {0}
    assert throttle.attempt("10.1.16.1") == 1
    assert len(throttle._peers) == MAX_PEERS


def test_failed_logins_are_delayed_for_their_address_only(served_url):
    set_password(served_url)
    with httpx.Client(base_url=served_url) as guesser, ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: guesser.post("/login", data=WRONG), range(30)))
        assert {answer.status_code for answer in answers} == {401, 429}
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) > 20  # the delay may end meanwhile
        assert {answer.headers["retry-after"] for answer in refused} <= {"1", "2"}
    with client_from("127.0.0.2", served_url) as owner:
        assert owner.post("/login", data=RIGHT).status_code == 200


def test_unknown_user_takes_as_long_as_a_wrong_password(served_url):
    set_password(served_url)
    answers = [httpx.post(f"{served_url}/login", data=WRONG | {"username": f"x{n}"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]


def test_invalid_keys_are_delayed_but_valid_keys_never(served_url):
    ask(served_url, CONFIGURE, input={"username": "ada"})
    key = ask(served_url, "mutation { generateAPIKey(input: {}) }").json()["data"]["generateAPIKey"]
    with httpx.Client(base_url=served_url) as client:
        guesses = [client.get("/", headers={"ApiKey": f"{key}{n}"}).status_code for n in range(25)]
        by_url = client.get("/", params={"apikey": "x"})
    assert guesses == [401] * 20 + [429] * 5
    assert (by_url.status_code, "retry-after" in by_url.headers) == (429, True)
    assert ask(served_url, headers={"ApiKey": key}).status_code == 200


def test_session_is_new_at_each_login_and_ends_with_the_password(served_url):
    set_password(served_url)
    with httpx.Client(base_url=served_url, cookies={"session": "chosen by somebody else"}) as client:
        cookies = [client.post("/login", data=RIGHT).headers["set-cookie"] for _ in range(2)]
        first, second = (cookie.partition(";")[0].partition("=")[2] for cookie in cookies)
        assert len({first, second, "chosen by somebody else"}) == 3
        for cookie in cookies:
            assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert ask(served_url, headers={"Cookie": f"session={first}"}).status_code == 401
        session = {"Cookie": f"session={second}"}
        assert ask(served_url, CONFIGURE, session, input={"password": "another"}).status_code == 200
        assert ask(served_url, headers=session).status_code == 401


def test_https_session_cookie_is_secure(library_file):
    with serve_library(library_file, proxies=["127.0.0.1"]) as url:
        set_password(url)
        secure = httpx.post(f"{url}/login", data=RIGHT, headers={"X-Forwarded-Proto": "https"})
        assert "; Secure" in secure.headers["set-cookie"]
