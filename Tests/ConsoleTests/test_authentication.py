"""With authentication on."""

import json

import pytest
from playwright.sync_api import expect
from service import SAMPLES

# Whatever a page can keep.
KEPT = """async () => JSON.stringify({
  url: location.href,
  local: { ...localStorage },
  session: { ...sessionStorage },
  cookies: document.cookie,
  name: window.name,
  state: history.state,
  caches: await caches.keys(),
  databases: await indexedDB.databases(),
  fields: [...document.querySelectorAll("input")].map((field) => field.value),
})"""


@pytest.fixture(scope="module")
def server(make_server):
    server = make_server(auth="on")
    server.key = server.make_key("survey", "read,submit,metrics")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def job(server):
    return server.run_job(SAMPLES / "scene-1.jpg")


def sign_in(console, key):
    console.at("login-key").fill(key)
    console.at("login-submit").click()


def nobody(console):
    """Answers of 401 are what is tested."""
    console.watch.expect("answered 401", r"EventSource's response has a MIME type")


def test_a_key_opens_the_console_and_nothing_of_it_is_kept(console, server):
    nobody(console)
    console.open("#/jobs")
    expect(console.at("login-key")).to_be_focused()
    assert console.at("login-key").get_attribute("type") == "password"
    sent = []
    console.page.on("request", lambda request: sent.append(request.url))
    sign_in(console, server.key)
    expect(console.page.locator("main h1")).to_have_text("Jobs")
    expect(console.at("session-name")).to_be_visible()
    for name in ("detect", "monitor", "jobs"):
        console.at(f"nav-{name}").click()
        expect(console.at(f"nav-{name}")).to_have_attribute("aria-current", "page")
        kept = console.page.evaluate(KEPT)
        secret = server.key.rsplit("_", 1)[-1]
        assert secret not in kept, f"the key is kept: {kept}"
        assert json.loads(kept)["cookies"] == "", "scripts can read the session"
    assert not [url for url in sent if secret in url]
    cookies = console.page.context.cookies()
    assert [(c["httpOnly"], c["sameSite"]) for c in cookies] == [(True, "Strict")]
    assert cookies[0]["value"] not in kept


def test_a_wrong_key_is_refused_with_the_request_id(console, server):
    nobody(console)
    console.open("#/login")
    with console.page.expect_response("**/api/v1/auth/session") as answer:
        sign_in(console, "hrk_00000000000000000000000000_" + "0" * 43)
    failure = console.page.locator(".failure")
    expect(failure).to_be_visible()
    expect(failure.locator(".request-id")).to_have_text(answer.value.headers["x-request-id"])
    expect(console.at("session-name")).to_have_count(0)
    # The right one works after it.
    sign_in(console, server.key)
    expect(console.at("session-name")).to_be_visible()
    expect(console.at("drop-zone")).to_be_visible()


def test_who_signs_out_is_out(console, server):
    nobody(console)
    console.open("#/login")
    sign_in(console, server.key)
    expect(console.at("session-name")).to_be_visible()
    console.at("logout").click()
    expect(console.at("login-key")).to_be_visible()
    expect(console.at("session-name")).to_have_count(0)
    assert console.page.context.cookies() == []
    console.page.goto(f"{server.url}/#/monitor")
    expect(console.at("login-key")).to_be_visible()


def test_a_session_that_ends_leads_to_the_login_and_back(console, server, job):
    nobody(console)
    console.open(f"#/jobs/{job}")
    sign_in(console, server.key)
    expect(console.at("detection-row").first).to_be_visible()
    console.at("nav-jobs").click()
    expect(console.at("job-row", job=job)).to_be_visible()
    console.page.context.clear_cookies()
    console.page.goto(f"{server.url}/#/jobs/{job}")
    expect(console.at("login-key")).to_be_visible()
    expect(console.at("session-name")).to_have_count(0)
    sign_in(console, server.key)
    expect(console.at("detection-row").first).to_be_visible()
    assert console.job_id() == job


def test_a_link_to_another_host_is_not_followed_after_the_login(console, server):
    nobody(console)
    console.open("#/login?then=" + "https%3A%2F%2Fexample.org%2F")
    sign_in(console, server.key)
    expect(console.at("drop-zone")).to_be_visible()
    assert console.page.url.startswith(server.url)


def test_a_key_that_may_only_read_is_told_so(make_console, server, job):
    reader = server.make_key("reader", "read")
    console = make_console(server)
    nobody(console)
    console.open("#/detect")
    sign_in(console, reader)
    expect(console.at("no-submit")).to_contain_text("submit")
    expect(console.at("choose-files")).to_have_count(0)
    # Nothing of another's is there.
    console.watch.expect("answered 404")
    console.page.goto(f"{server.url}/#/jobs/{job}")
    expect(console.page.locator("main h1")).to_have_text("There is no such job")
    expect(console.page.locator("main .request-id")).not_to_be_empty()
    console.at("nav-jobs").click()
    expect(console.at("jobs-empty")).to_be_visible()
    # The numbers of the whole service are nobody's but those who may see them.
    console.watch.expect("answered 403")
    console.at("nav-monitor").click()
    expect(console.page.locator("main")).to_contain_text("metrics")


def test_what_one_chose_is_not_there_for_the_next_one(console, server):
    nobody(console)
    console.open("#/login")
    sign_in(console, server.key)
    console.choose(SAMPLES / "scene-1.jpg")
    expect(console.at("file-row")).to_have_count(1)
    console.at("logout").click()
    sign_in(console, server.make_key("another", "read,submit"))
    expect(console.at("choose-files")).to_be_visible()
    expect(console.at("file-row")).to_have_count(0)
