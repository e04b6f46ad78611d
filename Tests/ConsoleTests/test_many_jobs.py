"""A list of ten thousand jobs."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect
from service import SAMPLES

JOBS = 10_000
# More than anybody reads, and little for a browser.
MAX_ELEMENTS = 20_000

# Each tenth has failed, each tenth was cancelled. An id begins with its time: these are about as old as the real one.
COPY = """
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
    INSERT INTO job ({columns}) SELECT {values} FROM job, numbers WHERE id = :id
"""
CHANGED = {
    "id": "substr(id, 1, 14) || printf('%016d', n)",
    "state": "CASE n % 10 WHEN 0 THEN 'failed' WHEN 1 THEN 'cancelled' ELSE 'completed' END",
    "failure_code": "CASE n % 10 WHEN 0 THEN 'INFERENCE_ERROR' END",
    "failure_message": "CASE n % 10 WHEN 0 THEN 'The engine failed' END",
}


@pytest.fixture(scope="module")
def server(make_server):
    server = make_server()
    job = server.run_job(SAMPLES / "scene-1.jpg")
    server.stop()
    database = next(Path(server.data_dir).glob("*.sqlite"))
    with closing(sqlite3.connect(database)) as connection, connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(job)")]
        values = [CHANGED.get(name, name) for name in names]
        connection.execute(
            COPY.format(columns=", ".join(names), values=", ".join(values)), {"count": JOBS - 1, "id": job})
    server.start()
    yield server
    server.stop()


def elements(console):
    return console.page.evaluate("document.querySelectorAll('*').length")


def ids(console):
    return console.at("job-row").evaluate_all("rows => rows.map((row) => row.dataset.job)")


def scroll_on(console):
    """Goes to the end of what is there, and waits for older jobs."""
    last = console.at("job-row").last.get_attribute("data-job")
    console.wait("""last => {
      scrollTo(0, document.documentElement.scrollHeight);
      return [...document.querySelectorAll('[data-testid="job-row"]')].at(-1)?.dataset.job < last;
    }""", last)


def test_ten_thousand_jobs_are_listed_by_the_page(console):
    console.open("#/jobs")
    expect(console.at("job-row").first).to_be_visible()
    shown = ids(console)
    print(f"{JOBS} jobs: {len(shown)} rows and {elements(console)} elements at first")
    assert 10 <= len(shown) <= 200
    assert shown == sorted(shown, reverse=True), "not the newest first"
    assert len(shown) == len(set(shown)), "a job is listed twice"
    assert elements(console) < MAX_ELEMENTS


def test_the_page_stays_small_when_one_goes_on_and_on(console):
    console.open("#/jobs")
    expect(console.at("job-row").first).to_be_visible()
    newest = ids(console)[0]
    # A thousand jobs further down: the end of an id is its number.
    while int(ids(console)[-1][-16:]) > JOBS - 1000:
        scroll_on(console)
    print(f"a thousand jobs further down: {len(ids(console))} rows, {elements(console)} elements")
    assert elements(console) < MAX_ELEMENTS
    # And back: what was there is there again.
    console.page.evaluate("scrollTo(0, 0)")
    console.wait("newest => document.querySelector('[data-testid=\"job-row\"]').dataset.job === newest", newest)


@pytest.mark.parametrize("state", ["failed", "cancelled", "completed"])
def test_a_filter_leaves_jobs_of_one_state(console, state):
    console.open("#/jobs")
    expect(console.at("job-row").first).to_be_visible()
    choose_state(console, state)
    expect(console.page.locator(f'[data-testid="job-row"]:not([data-state="{state}"])')).to_have_count(0)
    expect(console.at("job-row", state=state).first).to_be_visible()
    assert console.at("job-row").count() >= 10


def test_a_filter_that_leaves_nothing_says_so(console):
    console.open("#/jobs")
    expect(console.at("job-row").first).to_be_visible()
    choose_state(console, "queued")
    expect(console.at("job-row")).to_have_count(0)
    expect(console.at("jobs-empty")).to_be_visible()


def test_a_job_that_failed_says_why(console, server):
    job = server.get("/api/v1/jobs?status=failed&limit=1")["jobs"][0]["job_id"]
    console.open(f"#/jobs/{job}")
    expect(console.at("job-state")).to_have_text("failed", ignore_case=True)
    expect(console.page.locator("main")).to_contain_text("The engine failed")
    expect(console.page.locator("main")).to_contain_text("INFERENCE_ERROR")
    expect(console.at("job-retry")).to_be_enabled()


def choose_state(console, state):
    console.at("job-filter").locator(f'[data-state="{state}"]').click()
