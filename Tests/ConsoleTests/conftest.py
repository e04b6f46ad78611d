"""Servers, one browser, and pages that nothing unexpected may happen in."""

import os
import tempfile
from pathlib import Path

import pytest
from console import Console, serve_from
from playwright.sync_api import expect, sync_playwright
from service import SAMPLES, Harrier
from watching import Watch

CHROMIUM = os.environ.get("HARRIER_TEST_CHROMIUM", "/usr/bin/chromium")


def pytest_addoption(parser):
    parser.addoption(
        "--console-dir", metavar="DIR", help="answer / and /console/* from this folder, not from the binary")
    parser.addoption("--screenshots", metavar="DIR", help="where pictures of the pages go; default: a temporary folder")
    parser.addoption(
        "--patience", metavar="SECONDS", type=float, default=120, help="for one step of a page; default: 120")


def pytest_configure(config):
    expect.set_options(timeout=config.getoption("--patience") * 1000)


@pytest.fixture(scope="session")
def screenshots(request):
    folder = request.config.getoption("--screenshots")
    path = Path(folder or tempfile.mkdtemp(prefix="harrier-console-"))
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture(scope="session")
def make_server(tmp_path_factory):
    """Starts servers; they end with the session."""
    servers = []

    def make(**settings):
        servers.append(Harrier(tmp_path_factory.mktemp("data"), **settings))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def shared_server(make_server):
    """For tests that leave it as they found it, but for more jobs."""
    return make_server()


@pytest.fixture
def server(shared_server):
    """The server of the test's page; a module that needs another one overrides this."""
    yield shared_server
    shared_server.cancel_all()


@pytest.fixture(scope="session")
def scene_job(shared_server):
    """A completed job over two pictures, with boxes of several classes."""
    return shared_server.run_job(SAMPLES / "scene-1.jpg", SAMPLES / "scene-5.jpg", model="aerial15-obb")


@pytest.fixture(scope="session")
def comparison_job(shared_server, scene_job):
    """A completed job over the same pictures with another model, for the comparison with it."""
    job = shared_server.post(f"/api/v1/jobs/{scene_job}/compare", {"model": "tree-crowns"})["job_id"]
    if (status := shared_server.wait(job))["status"] != "completed":
        raise RuntimeError(f"the job {status['status']}: {status.get('error')}")
    return job


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def make_console(browser, request, screenshots):
    """Opens a fresh browser profile on a server, a page in it, and watches it; options are those of a context."""
    opened = []

    def make(server, **options):
        options = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "accept_downloads": True} | options
        context = browser.new_context(**options)
        context.set_default_timeout(request.config.getoption("--patience") * 1000)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
        if folder := request.config.getoption("--console-dir"):
            serve_from(context, folder, server.url)
        watch = Watch(context, server.url)
        console = Console(context.new_page(), server, watch)
        # From now on: who begins to wait for a dialog and presses a key at once would miss it.
        console.page.on("filechooser", lambda _: None)
        opened.append((context, console))
        return console

    yield make
    if getattr(request.node, "failed", False):
        for number, (_, console) in enumerate(opened):
            picture = screenshots / f"failed-{request.node.name}-{number}.png"
            try:
                console.page.screenshot(path=picture)
                print(f"{picture}\n{console.server.tail(6)}")
            except Exception as error:  # the page may be what has failed
                print(f"no picture of the failed page: {error}")
    for context, _ in opened:
        context.close()
    for _, console in opened:
        console.watch.check()


@pytest.fixture
def console(make_console, server):
    """A page of the test's server."""
    return make_console(server)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True
    return report


@pytest.fixture
def results(server, scene_job):
    return server.get(f"/api/v1/jobs/{scene_job}/results")["results"]


@pytest.fixture
def job_page(console, scene_job, results):
    """The page of a job with results, its table and its picture there."""
    console.open(f"#/jobs/{scene_job}")
    console.has_rows(results[0]["detection_count"])
    console.shows_picture(results[0]["detection_count"])
    return console
