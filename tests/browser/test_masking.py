"""While one types: what will be stored instead of numbers of people."""
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.conftest import Superuser
from tests.web.test_assignments import keys, reports

pytestmark = pytest.mark.browser


def test_the_masked_form_stands_beneath_and_is_what_is_stored(enter: Enter, superuser: Superuser) -> None:
    key = keys(superuser)[0]
    page = enter("market.guangdong")
    page.goto(f"/assignments/{key}")
    page.fill("#text", "客户 139 1234 5678 投诉，工单 Q-2026-sichuan-012")
    expect(page.locator("#text + .masked")).to_contain_text("客户 139 **** 5678 投诉，工单 Q-2026-sichuan-012")
    page.fill("#text", "没有号码")
    expect(page.locator(".masked")).to_have_count(0)
    page.fill("#text", "请打13912345678")
    page.click("form#report button.primary, #report button.primary")
    expect(page.locator("#toasts")).to_contain_text("已屏蔽 1 个个人号码")
    assert reports(superuser, key)[-1][1] == "请打139****5678"
