"""What goes wrong is shown with the id by which the operator finds it in the log."""

import json

import pytest
from playwright.sync_api import expect
from service import SAMPLES

REQUEST_ID = "req_01kgfsebx0m4t7c2ynh8dk9r5q"


def failing(status=500, code="DATABASE_ERROR", message="The database refused the write"):
    body = {
        "status": "error", "message": message, "error_code": code,
        "error": {
            "code": code, "message": message, "timestamp": "2026-02-02T18:54:57.324Z", "request_id": REQUEST_ID}}
    return lambda route: route.fulfill(
        status=status, body=json.dumps(body),
        headers={"Content-Type": "application/json", "X-Request-Id": REQUEST_ID})


def shows_failure(console):
    failure = console.page.locator(".failure").first
    expect(failure).to_be_visible()
    expect(failure.locator(".request-id").first).to_have_text(REQUEST_ID)
    expect(failure).to_contain_text("The database refused the write")
    # Announced, not only shown.
    assert failure.get_attribute("role") == "alert"
    return failure


PAGES = {
    "jobs": ("#/jobs", "**/api/v1/jobs?*", "job-row"),
    "monitor": ("#/monitor", "**/api/v1/monitoring/dashboard*", "monitor-queue"),
    "detect": ("#/detect", "**/api/v1/models*", "setting-model"),
    "status of a job": ("#/jobs/{job}", "**/api/v1/jobs/*/status*", "job-state"),
    "results of a job": ("#/jobs/{job}", "**/api/v1/jobs/*/results*", "detection-row"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_gets_no_answer_says_why_and_tries_again(console, scene_job, name):
    address, pattern, sign = PAGES[name]
    console.watch.expect("answered 500")
    console.page.route(pattern, failing())
    console.page.goto(f"{console.server.url}/{address.format(job=scene_job)}")
    failure = shows_failure(console)
    console.page.unroute(pattern)
    failure.get_by_role("button", name="Try again").click()
    console.reveal(console.at(sign).first)
    expect(console.at(sign).first).to_be_visible()
    expect(console.page.locator(".failure")).to_have_count(0)


def test_a_job_that_cannot_be_started_is_told_and_the_files_stay(console):
    console.watch.expect("answered 500")
    console.open("#/detect")
    console.choose(SAMPLES / "scene-1.jpg")
    expect(console.at("file-row", state="ready")).to_have_count(1)
    console.page.route("**/api/v1/inference/predict", failing())
    console.at("start-job").click()
    shows_failure(console)
    expect(console.at("file-row")).to_have_count(1)
    console.page.unroute("**/api/v1/inference/predict")
    console.start()
    expect(console.at("job-state")).to_be_visible()


def test_an_upload_that_fails_as_a_whole_is_told(console):
    console.watch.expect("answered 500")
    console.open("#/detect")
    console.choose(SAMPLES / "scene-1.jpg")
    console.page.route("**/api/v1/inference/upload", failing())
    console.at("start-job").click()
    shows_failure(console)
    expect(console.at("file-row", name="scene-1.jpg")).to_have_count(1)


def test_a_job_that_is_not_there_is_no_riddle(console):
    console.watch.expect("answered 404")
    console.open("#/jobs/job_00000000000000000000000000")
    expect(console.page.locator("main h1")).to_have_text("There is no such job")
    expect(console.page.locator("main .request-id")).not_to_be_empty()


def test_an_address_that_leads_nowhere_says_so(console):
    console.open("#/nothing/here")
    expect(console.page.locator("main h1")).to_have_text("There is no such page")


def test_a_server_that_is_busy_is_asked_again(console):
    answers = []

    def busy(route):
        answers.append(route)
        if len(answers) == 1:
            route.fulfill(status=503, body=json.dumps({"message": "Draining", "error_code": "SERVICE_UNAVAILABLE"}),
                          headers={"Content-Type": "application/json", "Retry-After": "1"})
        else:
            route.continue_()

    console.watch.expect("answered 503")
    console.page.route("**/api/v1/models*", busy)
    console.open("#/detect")
    console.reveal(console.at("setting-model"))
    expect(console.at("setting-model")).to_be_visible()
    assert len(answers) == 2
    expect(console.page.locator(".failure")).to_have_count(0)
