"""API keys, logins and pictures of a served library."""

from __future__ import annotations

import httpx
import pytest
from library_client import PICTURE, PICTURE_BYTES
from served_library import serve_library

from stash_cli.embedded.library.limits import Limits

VERSION = {"query": "{ version { version } }"}
CONFIGURE = "mutation($i: ConfigGeneralInput!) { configureGeneral(input: $i) { username password apiKey } }"


def ask(url: str, document: str, **options):
    return httpx.post(
        f"{url}/graphql", json={"query": document, "variables": options.pop("variables", {})}, **options
    )


@pytest.fixture
def guarded(served_url: str) -> tuple[str, str]:
    """URL of a library with user, password and key, and that key."""
    ask(served_url, CONFIGURE, variables={"i": {"username": "ada", "password": "secret"}})
    logged_in = httpx.post(f"{served_url}/login", data={"username": "ada", "password": "secret"})
    key = ask(served_url, "mutation { generateAPIKey(input: {}) }", cookies=dict(logged_in.cookies))
    return served_url, key.json()["data"]["generateAPIKey"]


def test_without_credentials_all_is_open_but_invalid_keys_are_rejected(served_url):
    assert httpx.post(f"{served_url}/graphql", json=VERSION).status_code == 200
    response = httpx.post(f"{served_url}/graphql", json=VERSION, headers={"ApiKey": "wrong"})
    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["www-authenticate"] == "FormBased"


def test_key_in_a_header_or_parameter(guarded):
    url, key = guarded
    assert key.count(".") == 2
    assert httpx.post(f"{url}/graphql", json=VERSION, headers={"ApiKey": key}).status_code == 200
    assert httpx.post(f"{url}/graphql", json=VERSION, params={"apikey": key}).status_code == 200
    assert (
        httpx.post(f"{url}/graphql", json=VERSION, headers={"Authorization": f"Bearer {key}"}).status_code
        == 401
    )
    assert httpx.post(f"{url}/graphql", json=VERSION, headers={"ApiKey": key + "x"}).status_code == 401


def test_without_a_key_graphql_is_401_and_pages_redirect_to_login(guarded):
    url, _ = guarded
    response = httpx.post(f"{url}/graphql", json=VERSION)
    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["www-authenticate"] == "FormBased"
    assert httpx.post(f"{url}/graphql/", json=VERSION).status_code == 401
    assert httpx.get(f"{url}/data.json").status_code == 401
    page = httpx.get(f"{url}/scene/1/screenshot")
    assert (page.status_code, page.headers["location"]) == (302, "/login?returnURL=%2Fscene%2F1%2Fscreenshot")
    assert httpx.get(f"{url}/index.html").status_code == 302


def test_public_paths(guarded):
    url, _ = guarded
    for path, status in (
        ("healthz", 200),
        ("login", 200),
        ("logout", 302),
        ("css/x", 404),
        ("assets/x", 200),
    ):
        response = httpx.get(f"{url}/{path}")
        assert (path, response.status_code) == (path, status)
        assert "returnURL" not in response.headers.get("location", "")


def test_invalid_cookie_is_no_session(guarded):
    url, _ = guarded
    cookie = {"Cookie": "session=expired"}
    assert httpx.post(f"{url}/graphql", json=VERSION, headers=cookie).status_code == 401
    assert httpx.get(f"{url}/", headers=cookie).status_code == 302


def test_login_is_read_from_form_or_url_but_not_json(guarded):
    url, _ = guarded
    given = {"username": "ada", "password": "secret"}
    assert httpx.post(f"{url}/login", params=given).status_code == 200
    assert httpx.post(f"{url}/login", json=given).status_code == 401
    cookie = httpx.post(f"{url}/login", data=given).headers["set-cookie"]
    assert {"Max-Age=3600", "SameSite=Lax", "HttpOnly"} <= set(cookie.split("; "))


def test_login_starts_a_session_and_logout_ends_it(guarded):
    url, _ = guarded
    wrong = httpx.post(f"{url}/login", data={"username": "ada", "password": "guess"})
    assert (wrong.status_code, wrong.text) == (401, "Username or password is invalid")
    with httpx.Client(base_url=url) as client:
        assert client.post("/login", data={"username": "ada", "password": "secret"}).status_code == 200
        response = client.post("/graphql", json=VERSION)
        assert response.status_code == 200
        assert "Max-Age=3600" in response.headers["set-cookie"]
        token = client.cookies["session"]
        assert client.get("/logout").status_code == 302
        assert client.post("/graphql", json=VERSION).status_code == 401
    assert httpx.post(f"{url}/graphql", json=VERSION, cookies={"session": token}).status_code == 401


def test_password_is_stored_as_a_hash_that_can_be_written_back(guarded):
    url, key = guarded
    headers = {"ApiKey": key}
    plan = ask(url, CONFIGURE, variables={"i": {}}, headers=headers).json()["data"]["configureGeneral"]
    assert plan["username"] == "ada"
    assert "secret" not in plan["password"]
    again = ask(url, CONFIGURE, variables={"i": {"password": plan["password"]}}, headers=headers)
    assert again.json()["data"]["configureGeneral"]["password"] == plan["password"]
    assert httpx.post(f"{url}/login", data={"username": "ada", "password": "secret"}).status_code == 200


def test_key_can_be_cleared(guarded):
    url, key = guarded
    assert ask(url, "mutation { generateAPIKey(input: {clear: true}) }", headers={"ApiKey": key}).json() == {
        "data": {"generateAPIKey": ""}
    }
    assert httpx.post(f"{url}/graphql", json=VERSION, headers={"ApiKey": key}).status_code == 401


def test_only_pictures_of_the_library_are_served(served_url):
    create = "mutation($i: PerformerCreateInput!) { performerCreate(input: $i) { id } }"
    ask(served_url, create, variables={"i": {"name": "Ada", "image": PICTURE}})
    response = httpx.get(f"{served_url}/performer/1/image?t=1")
    assert (response.content, response.headers["content-type"]) == (PICTURE_BYTES, "image/png")
    assert "immutable" in response.headers["cache-control"]
    cached = httpx.get(f"{served_url}/performer/1/image", headers={"If-None-Match": response.headers["etag"]})
    assert (cached.status_code, cached.content) == (304, b"")
    assert httpx.get(f"{served_url}/performer/2/image").status_code == 404
    assert httpx.get(f"{served_url}/performer/x/image").status_code == 400
    assert httpx.get(f"{served_url}/scene/1/screenshot").status_code == 404


def test_picture_url_is_fetched_if_its_address_is_allowed(library_file):
    with serve_library(library_file, limits=Limits(private_addresses=True)) as url:
        create = "mutation($i: TagCreateInput!) { tagCreate(input: $i) { id } }"
        performer = "mutation($i: PerformerCreateInput!) { performerCreate(input: $i) { id } }"
        ask(url, performer, variables={"i": {"name": "Ada", "image": PICTURE}})
        ask(url, create, variables={"i": {"name": "x", "image": f"{url}/performer/1/image"}})
        assert httpx.get(f"{url}/tag/1/image").content == PICTURE_BYTES
        missing = ask(url, create, variables={"i": {"name": "y", "image": f"{url}/performer/9/image"}})
        assert missing.json()["errors"][0]["message"] == "processing image: http error 404"
