"""What is around every page."""

import pytest
from playwright.sync_api import expect

PAGES = {"detect": "Detect", "jobs": "Jobs", "models": "Models", "monitor": "Monitor"}


@pytest.mark.parametrize("name", PAGES)
def test_the_navigation_leads_to_each_page_and_says_where_one_is(console, name):
    console.open("#/monitor" if name != "monitor" else "#/jobs")
    console.at(f"nav-{name}").click()
    expect(console.page.locator("main h1")).to_have_text(PAGES[name])
    expect(console.at(f"nav-{name}")).to_have_attribute("aria-current", "page")
    assert console.page.title().startswith(PAGES[name])
    assert console.page.evaluate("location.hash") == f"#/{name}"


def test_the_theme_is_chosen_kept_and_there_before_the_first_picture(make_console, server):
    console = make_console(server, color_scheme="light")
    console.open("#/jobs")
    background = "getComputedStyle(document.body).backgroundColor"
    light = console.page.evaluate(background)
    toggle = console.at("theme-toggle")
    toggle.click()
    toggle.click()
    expect(console.page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = console.page.evaluate(background)
    assert dark != light
    # What the page is like when the parser reaches its body, long before its modules run.
    console.page.add_init_script("""new MutationObserver((_, observer) => {
      if (!document.body) return;
      window.firstTheme = document.documentElement.dataset.theme;
      observer.disconnect();
    }).observe(document, { subtree: true, childList: true });""")
    console.page.reload()
    expect(console.page.locator("main h1")).to_be_visible()
    assert console.page.evaluate("window.firstTheme") == "dark"
    assert console.page.evaluate(background) == dark
    toggle.click()
    assert console.page.evaluate(background) == light


def test_the_system_s_theme_is_followed(make_console, server):
    console = make_console(server, color_scheme="dark")
    console.open("#/jobs")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = console.page.evaluate(background)
    console.page.emulate_media(color_scheme="light")
    # The page is told of it, and changes then.
    console.page.wait_for_function(f"dark => {background} !== dark", arg=dark)


def test_back_and_forward_go_through_the_pages(console):
    console.open("#/detect")
    console.at("nav-jobs").click()
    expect(console.page.locator("main h1")).to_have_text("Jobs")
    console.at("nav-monitor").click()
    expect(console.page.locator("main h1")).to_have_text("Monitor")
    console.page.go_back()
    expect(console.page.locator("main h1")).to_have_text("Jobs")
    console.page.go_back()
    expect(console.page.locator("main h1")).to_have_text("Detect")
    console.page.go_forward()
    expect(console.page.locator("main h1")).to_have_text("Jobs")
