# SPDX-License-Identifier: MIT
"""A page in headless Chromium: opened from its file, looked at, and what it fetched, said and used."""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import tempfile
import time

import pytest

from machine import BUILD

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
SCREENSHOTS = BUILD / "screenshots"
LIMIT = 60  # seconds that opening a page or asking it something may take

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-extensions", "--disable-default-apps", "--enable-precise-memory-info"]


def needed():
    """What a test module of pages begins with: skipped where there is no browser to drive."""
    pytest.importorskip("selenium", reason="no python3-selenium")
    return pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no chromium or no chromium-driver")


class Page:
    """One page that is open."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, path):
        """Opens a file. What the browser had done before that is forgotten."""
        self.driver.get("about:blank")
        self.console()
        self.driver.get_log("performance")
        self.driver.get(pathlib.Path(path).resolve().as_uri())
        return self

    def ready(self, limit=LIMIT):
        """Waits for the page's script: it sets data-ready on the root element when all is drawn."""
        self.until("return document.documentElement.dataset.ready !== undefined", limit)
        return self

    def run(self, script, *arguments):
        """What the script returns, run in the page."""
        return self.driver.execute_script(script, *arguments)

    def until(self, script, limit=LIMIT):
        """Waits until the script returns something true, and returns it."""
        end = time.monotonic() + limit
        while True:
            value = self.run(script)
            if value:
                return value
            assert time.monotonic() < end, f"never true: {script}\nconsole: {self.console()}"
            time.sleep(0.02)

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def text(self, selector):
        """As it is shown; nothing where it is hidden."""
        return self.one(selector).text

    def press(self, *keys, shift=False):
        """Keys, one after the other, to what has the focus."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys
        chain = ActionChains(self.driver)
        if shift:
            chain.key_down(Keys.SHIFT)
        for key in keys:
            chain.send_keys(key)
        if shift:
            chain.key_up(Keys.SHIFT)
        chain.perform()

    def point_at(self, selector, x, y):
        """The mouse to a place in the element, from its upper left corner."""
        from selenium.webdriver.common.action_chains import ActionChains
        element = self.one(selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        size = element.size
        ActionChains(self.driver).move_to_element_with_offset(
            element, x - size["width"] // 2, y - size["height"] // 2).perform()

    def click(self):
        """Where the mouse is"""
        from selenium.webdriver.common.action_chains import ActionChains
        ActionChains(self.driver).click().perform()

    def command(self, name, **arguments):
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, arguments)

    def size(self, width, height=900, mobile=False):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=mobile)
        return self

    def scheme(self, name):
        """"light" or "dark" """
        self.command("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": name}])
        return self

    def screenshot(self, name, whole=True):
        """Kept in the build directory, for who looks after a test run."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return document.documentElement.clientWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, 12000), "scale": 1}
        arguments = {"captureBeyondViewport": True, "clip": clip} if whole else {}
        data = self.command("Page.captureScreenshot", format="png", **arguments)["data"]
        path = SCREENSHOTS / f"{name}.png"
        path.write_bytes(base64.b64decode(data))
        return path

    def pdf(self, name):
        """Printed; the file's bytes."""
        data = base64.b64decode(self.command("Page.printToPDF", printBackground=True)["data"])
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"{name}.pdf").write_bytes(data)
        return data

    def console(self):
        """What the page has written to its console since the last call: its errors are here too."""
        return [x["message"] for x in self.driver.get_log("browser")]

    def fetched(self):
        """The addresses of all requests since it was opened that were not for the page's own file, nor
        for data that it has in it."""
        addresses = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                addresses.append(message["params"]["request"]["url"])
        own = self.driver.current_url.split("#")[0]
        return [x for x in addresses if x.split("#")[0] != own and not x.startswith("data:")]

    def sideways(self):
        """How many pixels the page is wider than the window."""
        return self.run("const e = document.scrollingElement; return e.scrollWidth - e.clientWidth")

    def renderer_peak(self):
        """Bytes of memory that the process which shows this page has had at most."""
        peak = 0
        for pid in _children(self.driver.service.process.pid):
            with contextlib.suppress(OSError):
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                if b"--type=renderer" in command and b"--extension-process" not in command:
                    status = pathlib.Path(f"/proc/{pid}/status").read_text()
                    lines = dict(x.split(":", 1) for x in status.splitlines())
                    peak = max(peak, int(lines["VmHWM"].split()[0]) * 1024)
        assert peak > 0, "no renderer found"
        return peak


def _children(pid):
    """All processes below this one."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *_children(child)]
    return found


@contextlib.contextmanager
def browser(javascript=True):
    """A Chromium of its own, with a profile of its own, that is gone afterwards."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    options = Options()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if not javascript:
        options.add_experimental_option(
            "prefs", {"profile.managed_default_content_settings.javascript": 2})
    with tempfile.TemporaryDirectory(prefix="trapline-browser-") as profile:
        for flag in [*FLAGS, f"--user-data-dir={profile}", "about:blank"]:
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options,
                                  service=Service(DRIVER, log_path=os.devnull))
        try:
            driver.set_page_load_timeout(LIMIT)
            driver.set_script_timeout(LIMIT)
            yield Page(driver)
        finally:
            driver.quit()
