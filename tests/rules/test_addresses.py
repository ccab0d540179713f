"""A form never sends one to another site."""
import pytest

from portal.web.addresses import local_path


@pytest.mark.parametrize("path", ["/", "/desk", "/assignments?light=red&q=%E5%B9%BF", "/a//b", "/filings/1#general"])
def test_own_pages_are_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize("path", [
    None, "", "desk", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/", "javascript:alert(1)",
    "/\t/evil.example", "/desk\r\nSet-Cookie: a=b", " //evil.example", "/ desk", "///evil.example"])
def test_anything_else_goes_home(path: str | None) -> None:
    assert local_path(path) == "/"
    assert local_path(path, "/desk") == "/desk"
