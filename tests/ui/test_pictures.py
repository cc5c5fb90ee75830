"""The README's pictures, taken in a real browser; `make screenshots` keeps them in docs/img."""

from __future__ import annotations

import pytest

AT_MOST_BYTES = 150_000


@pytest.mark.parametrize("name", ["page-light", "page-dark", "night"])
def test_a_picture(page, browser, pictures, name):
    page.full()
    if name == "page-dark":
        page.running()
    label = page.nights.newest_first()[0].label
    browser.open(f"{page.url}/backups/{label}" if name == "night" else f"{page.url}/", dark=name == "page-dark")
    shown = browser.picture(pictures(name), height=900)
    assert shown.size == (1280, 900)
    assert len(shown.getcolors(1 << 24)) > 50
    assert pictures(name).stat().st_size < AT_MOST_BYTES
