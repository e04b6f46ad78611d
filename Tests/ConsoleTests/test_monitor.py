"""The numbers of the service."""

import pytest
from playwright.sync_api import expect
from service import SAMPLES

METRICS = [
    "queue_length", "processing", "active_workers", "job_completion_rate", "average_inference_time_seconds",
    "completed", "failed"]


def value(console, name):
    return console.at(f"monitor-{name}").locator(".stat-value")


def test_numbers_charts_and_stores_are_those_of_the_service(console, server, scene_job):
    console.open("#/monitor")
    dashboard = server.get("/api/v1/monitoring/dashboard")
    expect(value(console, "workers")).to_have_text(str(dashboard["active_workers"]))
    expect(value(console, "queue")).to_have_text(str(dashboard["queue_length"]))
    assert int(value(console, "completed").inner_text()) >= 1
    expect(value(console, "errors")).to_have_text("0")
    shown = console.at("chart").evaluate_all("charts => charts.map((chart) => chart.dataset.metric)")
    assert shown == METRICS
    stores = console.at("store-health").evaluate_all("stores => stores.map((store) => store.dataset.status)")
    assert len(stores) >= 2 and set(stores) == {"ok"}
    # All that the charts draw can be read.
    console.page.get_by_text("The numbers as a table").click()
    expect(console.page.locator("main table tbody tr").first).to_be_visible()


@pytest.fixture
def idle_server(make_server):
    server = make_server(workers=0)
    yield server
    server.stop()


def test_jobs_that_nobody_works_on_are_seen_to_wait(idle_server, make_console):
    console = make_console(idle_server)
    console.open("#/monitor")
    expect(value(console, "queue")).to_have_text("0")
    expect(console.at("monitor-no-workers")).to_be_visible()
    for _ in range(2):
        idle_server.start_job(SAMPLES / "scene-1.jpg")
    expect(value(console, "queue")).to_have_text("2")
    console.at("monitor-queue").click()
    expect(console.page.locator("main h1")).to_have_text("Jobs")
    expect(console.at("job-row", state="queued")).to_have_count(2)
