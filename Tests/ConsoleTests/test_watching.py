"""What the other tests rely on finds what it is there for."""

import pytest
import test_accessibility

# What a page does, the event by which the browser tells of it, and what is noted.
MISTAKES = {
    "console error": ("console.error('wrong')", "console", "console error: wrong"),
    "uncaught error": ("void setTimeout(() => { throw new Error('lost'); })", "pageerror", "uncaught: .*lost"),
    "rejected promise": ("void Promise.reject(new Error('forgotten'))", "pageerror", "uncaught: .*forgotten"),
    "inline style": (
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')", "console",
        "style-src"),
    "inline script": (
        "document.body.append(Object.assign(document.createElement('script'), { textContent: '1' }))", "console",
        "script-src"),
    "another host": ("void fetch('https://example.org/').catch(() => {})", "console", "connect-src"),
    "missing file": ("void fetch('/console/no-such-file.js')", "response", "answered 404"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_page_that_does_wrong_is_found_out(make_console, server, name):
    script, event, sign = MISTAKES[name]
    console = make_console(server)
    console.open("#/detect")
    # The page itself asks the service from time to time.
    with console.page.expect_event(event, lambda seen: event != "response" or "no-such-file" in seen.url):
        console.page.evaluate(script)
    # All that was told until now has been noted after one more way there and back.
    console.page.evaluate("null")
    with pytest.raises(AssertionError, match=sign):
        console.watch.check()
    console.watch.found.clear()


def test_axe_is_at_work(console):
    console.open("#/detect")
    console.page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    with pytest.raises(AssertionError, match="image-alt"):
        test_accessibility.check(console, "a picture without a text")
