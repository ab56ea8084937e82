"""The console by keyboard, in narrow windows, dark and light, and to the accessibility checker."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SECTIONS = ["Journal", "State", "Clock", "Faults", "Limits", "Webhooks", "Server"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_console_is_accessible(
    console: Any, client: httpx.Client, control: httpx.Client, scheme: str, axe: Any
) -> None:
    """Every section in use passes the accessibility checker in both colour schemes."""
    client.get("/users")
    client.post("/users", json={"name": 1})
    control.post("/faults", json={"faults": [{"kind": "close", "times": None}]})
    control.post("/webhooks/send", json={"event": "user.created"})
    control.post("/snapshots", json={"name": "clean"})
    page = console(color_scheme=scheme, reduced_motion="reduce").page
    assert page.locator("html").get_attribute("data-theme") == scheme
    wrong: list[str] = []
    for name in SECTIONS:
        page.get_by_role("link", name=name).first.click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        opener = page.locator("section:not([hidden]) .opener").first
        if name in {"Journal", "State", "Webhooks"}:
            opener.click()
            expect(page.locator("section:not([hidden]) .detail")).to_be_visible()
        wrong += [f"{name}: {line}" for line in axe(page)]
    page.keyboard.press("?")
    wrong += [f"help: {line}" for line in axe(page)]
    assert wrong == []


def test_dark_and_light_differ_and_the_switch_wins(console: Any, prefix: str) -> None:
    """The system's colours are taken; the switch overrules them and is remembered."""
    opened = console(color_scheme="dark")
    page = opened.page
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    button = page.get_by_role("button", name="Theme")
    button.click()
    expect(button).to_have_text("Theme: light")
    assert page.evaluate(ground) != dark
    page.reload()
    expect(button).to_have_text("Theme: light")
    page.goto(opened.origin + prefix + "/docs")
    expect(page.get_by_role("button", name="Theme")).to_have_text("Theme: light")


def test_narrow_windows_need_no_sideways_scrolling(console: Any, client: httpx.Client) -> None:
    """At 360 pixels every section fits, with details open."""
    client.post("/users", json={"name": "n" * 300}, headers={"X-Long": "x" * 300})
    opened = console(viewport={"width": 360, "height": 740})
    page = opened.page
    for name in SECTIONS:
        page.get_by_role("link", name=name).first.click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        if name in {"Journal", "State"}:
            page.locator("section:not([hidden]) .opener").first.click()
            expect(page.locator("section:not([hidden]) .detail h3")).to_be_focused()
        assert opened.overflow() == 0, name


def test_motion_is_reduced_when_asked(console: Any) -> None:
    """With reduced motion nothing moves by itself."""
    page = console(reduced_motion="reduce").page
    style = "getComputedStyle(document.querySelector('button')).transitionDuration"
    assert page.evaluate(style) == "0s"


def test_everything_is_reached_by_keyboard(console: Any, client: httpx.Client) -> None:
    """Skip link, sections, list, details and back: with visible focus all the way."""
    for number in range(1, 4):
        client.get(f"/users?page={number}")
    page = console().page
    expect(page.locator("#journal .opener")).to_have_count(3)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    focused = "document.activeElement.textContent"
    page.keyboard.press("j")
    assert page.evaluate(focused).endswith("page=3")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused).endswith("page=2")
    page.keyboard.press("End")
    assert page.evaluate(focused).endswith("page=1")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#journal .detail")).to_contain_text("page=2")
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.keyboard.press("Escape")
    expect(page.locator("#journal .detail")).to_be_hidden()
    assert page.evaluate(focused).endswith("page=2")
    page.keyboard.press("/")
    expect(page.get_by_label("Filter")).to_be_focused()
    page.keyboard.type("page=1")
    expect(page.locator("#journal .opener")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("3")
    expect(page.get_by_role("heading", name="Clock", exact=True)).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.get_by_label("Single keys are shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Clock", exact=True)).to_be_visible()


def test_no_control_is_without_a_stop(console: Any) -> None:
    """Tab goes through a whole section and every control of it once, and leaves it again."""
    page = console("clock").page
    seen: list[str] = []
    page.locator("main").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        within = page.evaluate("document.activeElement.closest('#clock') !== null")
        if not within:
            break
        seen.append(page.evaluate("document.activeElement.outerHTML"))
    controls = page.locator("#clock button:visible, #clock input:visible").count()
    assert len(seen) == len(set(seen)) == controls > 8
