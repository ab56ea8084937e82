"""What the console shows and does, in a real browser (``nox -s browser``)."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from specloom_mock import MockServer

pytestmark = pytest.mark.browser


def test_the_journal_is_live_and_marks_violations(console: Any, client: httpx.Client) -> None:
    """Requests appear as they come, with their bodies; a broken one is marked and explained."""
    page = console().page
    expect(page.locator("#journal")).to_contain_text("No requests yet")
    client.post("/users", json={"name": "Ada"})
    row = page.locator("#journal tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("422")
    expect(row).to_have_class(re.compile("wrong"))
    row.locator(".opener").click()
    detail = page.locator("#journal .detail")
    expect(detail.get_by_label("Violations")).to_contain_text("email")
    expect(detail).to_contain_text("VALIDATION_ERROR")
    client.get("/health")
    expect(row).to_have_count(2)
    page.get_by_label("Violations only").check()
    expect(row).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    client.post("/users", json={})
    page.get_by_role("button", name="Resume").click()
    expect(row).to_have_count(2)


def test_a_journal_that_begins_anew_is_followed(
    console: Any, client: httpx.Client, control: httpx.Client
) -> None:
    """Entries that were cleared or reset elsewhere go, and those with the same numbers come."""
    for _ in range(3):
        client.get("/users")
    page = console().page
    row = page.locator("#journal tbody tr")
    expect(row).to_have_count(3)
    control.post("/reset")
    client.get("/organizations")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("/v1/organizations")
    control.delete("/journal")
    expect(page.locator("#journal")).to_contain_text("No requests yet")
    client.get("/projects")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("/v1/projects")


def test_a_request_is_replayed_by_button_and_key(
    console: Any, client: httpx.Client, control: httpx.Client
) -> None:
    """A replayed creation conflicts; the new entry opens by itself."""
    client.post("/users", json={"name": "Ada", "email": "ada@example.com"})
    page = console().page
    page.locator("#journal .opener").first.click()
    page.get_by_role("button", name="Replay").click()
    expect(page.locator("#journal .detail h3")).to_have_text("#2 POST /v1/users")
    expect(page.locator("#journal .detail")).to_contain_text("409")
    page.locator("#journal .detail h3").focus()
    page.keyboard.press("r")
    expect(page.locator("#journal tbody tr")).to_have_count(3)
    statuses = [e["response"]["status"] for e in control.get("/journal").json()["entries"]]
    assert statuses == [201, 409, 409]


def test_the_state_is_browsed(console: Any, client: httpx.Client) -> None:
    """Collections with their numbers, rows by page and by text; a new row shows at once."""
    page = console("state").page
    users = page.locator("#state").get_by_role("button", name="users", exact=False).first
    users.click()
    expect(page.locator("#state tbody tr")).to_have_count(25)
    expect(page.locator("#state .pager")).to_contain_text("1 to 25 of 50")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#state .pager")).to_contain_text("26 to 50 of 50")
    client.post("/users", json={"name": "Zoe Unusual", "email": "zoe@example.com"})
    expect(page.locator("#state .pager")).to_contain_text("26 to 50 of 51")
    page.get_by_label("Search").fill("zoe unusual")
    expect(page.locator("#state tbody tr")).to_have_count(1)
    page.locator("#state .opener").click()
    expect(page.locator("#state .detail pre")).to_contain_text('"email": "zoe@example.com"')


def test_the_clock_is_advanced_and_set(console: Any, control: httpx.Client) -> None:
    """An hour by a button, a moment by text; a wrong moment is refused in words."""
    opened = console("clock")
    page = opened.page
    expect(page.locator("#now")).to_have_text("2026-01-01T00:00:00.000Z")
    page.get_by_role("button", name="Advance by 3600 seconds").click()
    expect(page.locator("#now")).to_have_text("2026-01-01T01:00:00.000Z")
    assert control.get("/clock").json()["now"] == 1767229200
    page.get_by_label("Set to an RFC 3339 instant").fill("2026-03-01T12:00:00Z")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator("#clock-chip")).to_contain_text("2026-03-01 12:00:00")
    control.post("/clock", json={"advance": 5})
    expect(page.locator("#now")).to_have_text("2026-03-01T12:00:05.000Z")
    page.get_by_label("Set to an RFC 3339 instant").fill("soon")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator(".message.bad")).to_contain_text("set:")
    assert all("400" in error for error in opened.errors)
    opened.errors.clear()


def test_a_fault_is_switched_on_and_off(console: Any, client: httpx.Client) -> None:
    """A switch forces 503 on one operation, shows in the journal, and lets go again."""
    page = console("faults").page
    page.get_by_role("combobox", name="For", exact=True).select_option("users.list")
    switch = page.get_by_role("switch", name="503 Unavailable")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(switch).to_be_focused()
    answer = client.get("/users")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert client.get("/organizations").status_code == 200
    expect(page.get_by_role("table", name="Stored faults")).to_contain_text("1 of all")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert client.get("/users").status_code == 200
    page.get_by_label("Kind").select_option("delay")
    page.locator("#faults").get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("table", name="Stored faults")).to_contain_text("0 of 1")
    page.get_by_role("button", name="Switch all off").click()
    expect(page.locator("#faults")).to_contain_text("Nothing goes wrong on purpose.")


def test_a_chaos_profile_is_begun_and_ended(console: Any, control: httpx.Client) -> None:
    """The profile that is chosen is in force, and one that begins elsewhere shows."""
    page = console("faults").page
    profile = page.get_by_role("combobox", name="In force on the chaos port")
    profile.select_option("storm")
    expect(page.locator("#messages")).to_contain_text("The profile storm has begun")
    assert control.get("/chaos").json()["profile"] == "storm"
    control.put("/chaos", json={"profile": "flaky"})
    expect(profile).to_have_value("flaky")
    profile.select_option("")
    expect(page.locator("#messages")).to_contain_text("No profile any more")
    assert control.get("/chaos").json()["profile"] is None


def test_a_broken_document_is_told(tab: Any, serve: Any, small: Any, answers: Any) -> None:
    """When the document on disk cannot be used, the console says why, until it can."""
    server = serve(small({"/a": {"get": {"responses": answers({"type": "object"})}}}))
    page = tab("/__mock/", server.url).page
    expect(page.locator("#live")).to_have_text("Live")
    trouble = page.get_by_role("alert")
    expect(trouble).to_be_hidden()
    server.call(lambda: setattr(server.mock, "trouble", "api.yaml:3: not YAML"))
    expect(trouble).to_contain_text("api.yaml:3: not YAML")
    server.call(lambda: setattr(server.mock, "trouble", None))
    expect(trouble).to_be_hidden()


def test_a_quota_is_changed(console: Any, client: httpx.Client) -> None:
    """A policy made small refuses the next request but one; the counters show it."""
    page = console("limits").page
    policy = page.locator("#limits form").filter(has=page.get_by_text("api_key", exact=True))
    policy.get_by_label("Requests").fill("1")
    policy.get_by_role("button").click()
    expect(page.locator(".message").first).to_contain_text("api_key: 1 in 3600 s")
    assert [client.get("/users").status_code for _ in range(2)] == [200, 429]
    expect(page.get_by_role("table", name="Counters")).to_contain_text("0 of 1")
    page.get_by_role("switch", name="Quotas are enforced").click()
    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    assert client.get("/users").status_code == 200


def test_a_webhook_is_sent_and_sent_again(
    console: Any, prefix: str, mock_server_process: MockServer, client: httpx.Client
) -> None:
    """An event goes to an address with a signature; redelivery makes a second attempt."""
    page = console("webhooks").page
    # The receiver is the mock itself: any path answers, and the journal shows what came.
    url = f"{mock_server_process.url}{prefix}/v1/hooks"
    page.get_by_role("combobox", name="Event", exact=True).select_option("user.created")
    page.get_by_role("textbox", name="Address").fill(url)
    page.get_by_role("textbox", name="Secret").fill("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    page.get_by_role("button", name="Send", exact=True).click()
    detail = page.locator("#webhooks .detail")
    expect(detail).to_contain_text("webhook-signature")
    expect(detail).to_contain_text('"event": "user.created"')
    page.get_by_role("button", name="Redeliver").click()
    expect(detail.locator("ol li")).to_have_count(2)
    page.get_by_role("link", name="Journal").click()
    expect(page.locator("#journal tbody tr")).to_have_count(2)
    page.locator("#journal .opener").first.click()
    expect(page.locator("#journal .detail")).to_contain_text("webhook-id")


def test_sessions_snapshots_and_reset(
    console: Any, prefix: str, client: httpx.Client, control: httpx.Client
) -> None:
    """A snapshot brings a row back, a reset empties the journal, a session has its own console."""
    page = console("server").page
    section = page.locator("#server")
    section.get_by_label("Name").first.fill("before")
    section.get_by_role("button", name="Take").click()
    expect(section.get_by_role("button", name="Restore before")).to_be_visible()
    client.delete("/users/user_000001")
    section.get_by_role("button", name="Restore before").click()
    expect(page.locator(".message").last).to_contain_text("Back at before")
    assert client.get("/users/user_000001").status_code == 200
    page.get_by_role("button", name="Reset session").click()
    expect(page.locator("#messages")).to_contain_text("The session is at its beginning")
    assert control.get("/journal").json()["entries"] == []
    expect(page.locator("[data-count=journal]")).to_have_text("")
    name = prefix[2:] + "-b"
    section.get_by_label("Name").last.fill(name)
    section.get_by_role("button", name="Create").click()
    section.get_by_role("link", name=name).click()
    page.wait_for_url(f"**/~{name}/__mock/**")
    expect(page.locator("#base")).to_contain_text(f"/~{name}/v1")


def test_a_server_that_goes_away_is_told(tab: Any, serve: Any, small: Any, answers: Any) -> None:
    """The console says that it is cut off."""
    document = small({"/a": {"get": {"responses": answers({"type": "object"})}}})
    server = serve(document)
    opened = tab("/__mock/", server.url)
    expect(opened.page.locator("#live")).to_have_text("Live")
    server.stop()
    expect(opened.page.locator("#live")).to_have_text("Not connected")
    opened.errors.clear()
