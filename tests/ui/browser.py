"""Chromium as a person uses it: log in, look, light and dark, what its console says."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from PIL import Image
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1280,900"),
)
WITHIN_S = 30
COLOURS_OF_A_PICTURE = 256
SEVERE = "SEVERE"

CONTRASTS = """
const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
const part = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
const behind = (node) => {
  for (; node; node = node.parentElement) {
    const colour = rgb(getComputedStyle(node).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
};
const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const words = walk.currentNode.textContent.trim(), node = walk.currentNode.parentElement;
  if (!words || !node.getClientRects().length || ["TITLE", "DESC"].includes(node.tagName.toUpperCase())) continue;
  const style = getComputedStyle(node);
  const one = light(rgb(node instanceof SVGElement ? style.fill : style.color)), other = light(behind(node));
  found.push([words.slice(0, 60), (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)]);
}
return found;
"""


class Browser:
    """
    A Chromium of its own, with nothing of an earlier one.

    :param profile: an empty directory
    """

    def __init__(self, profile: Path) -> None:
        program, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if not program or not driver:
            pytest.fail("Chromium is missing\nHINT: apt-get install chromium chromium-driver, or make setup")
        options = ChromeOptions()
        options.binary_location = program
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        self.driver = Chrome(options=options, service=Service(driver))

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.driver.quit()

    def log_in(self, url: str, user: str, password: str) -> None:
        """Log in by Airflow's form."""
        self.driver.get(url)
        self.one("input[name=username]").send_keys(user)
        self.one("input[name=password]").send_keys(password)
        self.one("button[type=submit]").click()
        self.until(lambda driver: "/login" not in driver.current_url)

    def open(self, url: str, *, dark: bool = False) -> Browser:
        """Open a page; earlier words of the console are forgotten."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        self.driver.get_log("browser")
        self.driver.get(url)
        return self

    def until(self, condition: Any) -> Any:
        """Wait for something."""
        return WebDriverWait(self.driver, WITHIN_S).until(condition)

    def one(self, selector: str) -> WebElement:
        """Return an element once it is there."""
        return self.until(lambda driver: driver.find_element(By.CSS_SELECTOR, selector))

    def all(self, selector: str) -> list[WebElement]:
        """Return all elements that are there."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def words(self, selector: str = "body") -> str:
        """Return the text that a person reads there."""
        return self.one(selector).text

    def says(self, words: str) -> None:
        """Wait until the page says something."""
        self.until(lambda driver: words in driver.find_element(By.TAG_NAME, "body").text)

    def complaints(self) -> list[str]:
        """Return the errors that the console has shown since the page was opened."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == SEVERE]

    def poor_contrasts(self) -> list[tuple[str, float]]:
        """Return the texts whose contrast is below 4.5, what WCAG 2 AA asks of text of any size."""
        found = self.driver.execute_script(CONTRASTS)
        assert len(found) > 10
        return [(words, round(ratio, 2)) for words, ratio in found if ratio < 4.5]

    def picture(self, file: Path, *, height: int) -> Image.Image:
        """Write what is seen as a small PNG, ``height`` pixels of it."""
        size = {"width": 1280, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        shown = Image.open(io.BytesIO(self.driver.get_screenshot_as_png())).convert("RGB")
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        shown.quantize(COLOURS_OF_A_PICTURE, dither=Image.Dither.NONE).save(file, optimize=True)
        return shown
