"""The models, and what administrators do with them."""

import pytest
from playwright.sync_api import expect
from service import ROOT, SAMPLES
from test_accessibility import SCREENS, check

MODEL = ROOT / "Models/aerial15-obb.onnx"


@pytest.fixture(scope="module")
def registry(make_server):
    """A server with two versions of a model; the second one finds next to nothing."""
    server = make_server()
    assert server.publish("harbour", MODEL) == 1
    assert server.publish("harbour", MODEL, {"confidence_threshold": 0.99}, alias="candidate") == 2
    yield server
    server.stop()


@pytest.fixture
def server(registry):
    """As it was published."""
    yield registry
    for alias, version in {"production": 1, "candidate": 2}.items():
        registry.put(f"/api/v1/models/harbour/aliases/{alias}", {"version": version, "unchecked": True})


@pytest.fixture
def page(console):
    """The page of the registered model, all of it there."""
    # Neither golden pictures nor another one's verdict.
    console.watch.expect("answered 404: GET .*/golden")
    console.open("#/models/harbour")
    expect(console.at("version-row")).to_have_count(2)
    expect(console.at("golden")).to_contain_text("no golden pictures")
    expect(console.at("shadow-set")).to_be_visible()
    return console


def aliases(server):
    return server.get("/api/v1/models/harbour")["aliases"]


def alias_row(console, name):
    return console.at("alias", alias=name)


def move(console, alias, version):
    console.at("alias-move", alias_row(console, alias)).click()
    console.at("alias-version").select_option(str(version))
    console.confirm()


def test_models_of_the_folder_and_registered_ones_are_listed(console, server):
    console.open("#/models")
    rows = console.at("model-row")
    listed = server.get("/api/v1/models")["models"]
    expect(rows).to_have_count(len(listed))
    for model in listed:
        row = console.at("model-row", model=model["name"])
        expect(row).to_have_attribute("data-kind", "registered" if "versions" in model else "folder")
        expect(row).to_contain_text(model["sha256"][:12])
    expect(console.at("model-row", model="harbour")).to_contain_text("2 versions")
    console.at("model-link", console.at("model-row", model="aerial15-obb")).click()
    expect(console.page.locator("main h1")).to_have_text("aerial15-obb")
    classes = server.get("/api/v1/models/aerial15-obb")["classes"]
    expect(console.at("model-classes").locator("li")).to_have_count(len(classes))
    expect(console.at("version-row")).to_have_count(0)


def test_an_alias_is_moved_and_rolled_back(page, server):
    expect(alias_row(page, "production")).to_have_attribute("data-version", "1")
    move(page, "production", 2)
    expect(alias_row(page, "production")).to_have_attribute("data-version", "2")
    assert aliases(server)["production"] == 2
    page.at("alias-rollback", alias_row(page, "production")).click()
    dialog = page.page.locator("dialog[open]")
    expect(dialog).to_contain_text("back to version 1")
    page.decline()
    assert aliases(server)["production"] == 2
    page.at("alias-rollback", alias_row(page, "production")).click()
    page.confirm()
    expect(alias_row(page, "production")).to_have_attribute("data-version", "1")
    assert aliases(server)["production"] == 1
    page.at("alias-moves", alias_row(page, "production")).locator("summary").click()
    moves = page.at("alias-moves", alias_row(page, "production"))
    expect(moves.locator("li").first).to_contain_text("rolled back from 2 to 1")
    expect(moves.locator("li").nth(1)).to_contain_text("moved from 1 to 2")


def test_an_alias_that_somebody_else_has_moved_is_not_moved(page, server):
    server.put("/api/v1/models/harbour/aliases/production", {"version": 2})
    page.watch.expect("answered 409")
    # The page still says 1, so the other version is offered.
    move(page, "production", 2)
    expect(page.page.locator(".failure")).to_contain_text("production was not moved")
    expect(page.page.locator(".failure .request-id")).not_to_be_empty()
    # It says where the alias is by now.
    expect(alias_row(page, "production")).to_have_attribute("data-version", "2")


def test_a_new_alias_has_a_name_that_is_one(page, server):
    page.at("alias-new").click()
    page.at("alias-name").fill("Not One")
    page.at("dialog-confirm").click()
    # The browser says why, and the dialog stays.
    expect(page.at("alias-name")).to_have_js_property("validity.valid", False)
    page.at("alias-name").fill("stable")
    page.at("alias-version").select_option("1")
    page.confirm()
    expect(alias_row(page, "stable")).to_have_attribute("data-version", "1")
    assert aliases(server)["stable"] == 1
    server.call("DELETE", "/api/v1/models/harbour/aliases/stable")


def test_a_shadow_is_set_and_stopped(page, server):
    page.at("shadow-set").click()
    page.at("shadow-candidate").select_option("candidate")
    page.at("shadow-share").fill("25")
    page.confirm()
    expect(page.at("shadow-rule")).to_contain_text("candidate (version 2) runs beside version 1 on 25 %")
    rule = server.get("/api/v1/models/harbour/shadow")["rule"]
    assert (rule["candidate"], rule["share"]) == ("candidate", 0.25)
    expect(page.at("shadow-counts")).to_contain_text("0 jobs compared")
    page.at("shadow-off").click()
    page.confirm()
    expect(page.at("shadow-rule")).to_have_count(0)
    assert server.get("/api/v1/models/harbour/shadow")["rule"] is None


def test_golden_pictures_stand_in_the_way_of_a_bad_version(console, server):
    """What version 1 has found is what is expected: it passes, and version 2 does not."""
    job = server.run_job(SAMPLES / "scene-1.jpg", SAMPLES / "scene-5.jpg", model="harbour@1")
    server.put("/api/v1/models/harbour/golden", {"job_id": job})
    try:
        console.open("#/models/harbour")
        expect(console.at("golden-set")).to_contain_text("2 pictures")
        first = console.at("version-row", version=1)
        console.at("golden-check", first).click()
        console.confirm()
        expect(first).to_contain_text("passed")
        expect(console.at("golden-verdict")).to_contain_text("Version 1: passed recall 1.000")
        console.watch.expect("answered 409")
        move(console, "production", 2)
        expect(console.page.locator(".failure")).to_contain_text("GOLDEN_CHECK_FAILED")
        expect(console.at("version-row", version=2)).to_contain_text("not passed")
        assert aliases(server)["production"] == 1
        console.at("alias-unchecked").click()
        console.decline()
        assert aliases(server)["production"] == 1
        console.at("alias-unchecked").click()
        console.confirm()
        expect(alias_row(console, "production")).to_have_attribute("data-version", "2")
        assert aliases(server)["production"] == 2
        console.at("golden-details", console.at("version-row", version=2)).click()
        expect(console.at("golden-verdict")).to_be_focused()
        expect(console.at("golden").locator("table").last).to_contain_text("scene-1.jpg")
    finally:
        server.call("DELETE", "/api/v1/models/harbour/golden")


def test_who_is_no_administrator_sees_what_there_is_and_no_more(console):
    def reader(route):
        answer = route.fetch()
        document = answer.json()
        document["data"]["scopes"] = ["read", "submit"]
        route.fulfill(response=answer, json=document)

    asked = []
    console.page.route("**/api/v1/auth/me", reader)
    console.page.on("request", lambda request: asked.append(request.url))
    console.open("#/models/harbour")
    expect(console.at("version-row")).to_have_count(2)
    expect(alias_row(console, "production")).to_be_visible()
    for name in ("alias-move", "alias-rollback", "alias-new", "shadow", "golden", "golden-check"):
        expect(console.at(name)).to_have_count(0)
    assert not [url for url in asked if "/shadow" in url or "/golden" in url or "/check" in url]


def test_a_model_that_is_not_there_is_told(console):
    console.watch.expect("answered 404")
    console.open("#/models/nothing")
    expect(console.page.locator("main h1")).to_have_text("There is no such model")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_axe_finds_nothing_on_a_model_s_page(make_console, server, screen, scheme):
    server.put("/api/v1/models/harbour/shadow", {"candidate": "candidate", "share": 0.1})
    console = make_console(server, color_scheme=scheme, **SCREENS[screen])
    console.watch.expect("answered 404: GET .*/golden")
    console.open("#/models/harbour")
    expect(console.at("shadow-rule")).to_be_visible()
    expect(console.at("golden")).to_contain_text("no golden pictures")
    console.page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    expect(console.at("alias-moves").locator("li").first).to_be_visible()
    check(console, "model")
    console.at("alias-new").click()
    check(console, "model, new alias")
    console.decline()
    console.at("shadow-set").click()
    check(console, "model, shadow")
    console.decline()
    server.call("DELETE", "/api/v1/models/harbour/shadow")
