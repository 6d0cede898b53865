# SPDX-License-Identifier: MIT
"""trapline bench --html: the page in a browser, with and without its script; what is in it; wrong use."""
import html
import json
import os
import re
import signal
import subprocess
import time

import pytest

from browser import browser, needed
from machine import HOST, run

pytestmark = [pytest.mark.kvm, needed()]

LINES = ["ata pio", "ata pio, multiple", "ata pio, multiple, irq"]
KEYS = {"up": "\ue013", "down": "\ue015", "right": "\ue014", "escape": "\ue00c", "space": " "}


def make(directory, *arguments):
    path, data = directory / "bench.html", directory / "bench.json"
    result = run("bench", "--quick", "--dir", directory, "--html", path, "--json", data, *arguments)
    assert result.status == 0, result.err
    return path, json.loads(data.read_text())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Everything: the page's file and the JSON of the same run."""
    return make(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def window():
    with browser() as page:
        yield page


@pytest.fixture
def page(made, window):
    return window.size(1280).scheme("light").open(made[0]).ready()


def rows(page, section):
    return page.run("return [...document.querySelectorAll(arguments[0] + ' tr[data-line]')]"
                    ".filter(row => row.offsetParent).map(row => row.dataset.line)", section)


def box(page, name):
    return page.one(f'#latency tr[data-line="{name}"] input')


def bars(page, name):
    return page.run("const row = document.querySelector(`#latency tr[data-line=\"${arguments[0]}\"]`);"
                    "const at = (n, a) => parseFloat(row.querySelector(n).getAttribute(a));"
                    "return [at('rect', 'x'), at('line', 'x1'), at('rect', 'x') + at('rect', 'width')]",
                    name)


def curves(page):
    return page.run("return [...document.querySelectorAll('#chart path.line')]"
                    ".map(x => x.getAttribute('d'))")


# --- the file --------------------------------------------------------------------------------------------


def test_it_is_one_file_that_forbids_to_fetch(made):
    text = made[0].read_text()
    assert "default-src 'none'" in text
    assert not re.search(r'(src|href)="(?!#|data:)', text)
    assert len(text) < 2_000_000


def test_the_figures_in_it_are_those_of_the_json(made):
    text = made[0].read_text()
    data = re.search(r'<script type="application/json" id="bench-data">(.*?)</script>', text, re.S)
    assert "<" not in data.group(1)
    assert json.loads(data.group(1)) == made[1]


def test_every_line_is_there_and_says_why_it_has_no_figures(made):
    text = html.unescape(made[0].read_text())
    for line in made[1]["lines"]:
        row = re.search(rf'<tr[^>]*data-line="{re.escape(line["name"])}">.*?</tr>', text).group(0)
        if line["state"] == "measured":
            assert "<rect" in row, line["name"]
        else:
            assert line["state"] in row and line.get("note", "") in row, line["name"]


def test_the_machine_is_named_and_the_warning_is_there(made):
    text = html.unescape(made[0].read_text())
    kvm = made[1]["kvm"]
    for word in (kvm["kind"], kvm["cpu"], kvm["kernel"], f"{kvm['tsc_khz'] / 1000:.0f} MHz",
                 "do not carry over"):
        assert word in text


def test_what_fails_is_in_it_with_its_reason(tmp_path):
    other = tmp_path / "other.elf"
    kernel = (HOST.parent / "trapline.elf").read_bytes()
    other.write_bytes(kernel.replace(b"ata-single\0", b"ata-nobody\0"))
    path = tmp_path / "bench.html"
    result = run("bench", "--quick", "--dir", tmp_path, "--html", path, "--kernel", other, "--filter",
                 "ata pio")
    assert result.status == 1
    assert re.search(r'<tr class="failed" data-line="ata pio">.*unsupported', path.read_text())


def test_without_anything_that_moves_bytes_there_are_no_rates(tmp_path, window):
    path, _ = make(tmp_path, "--filter", "cpuid")
    window.size(1280).open(path).ready()
    assert window.console() == [] and rows(window, "#latency") == ["cpuid"]
    assert window.all("#rates") == [] and window.all("#chart") == []


@pytest.mark.parametrize("name", ["hypercall", "virtio-console"])
def test_without_any_figure_it_is_still_a_page(name, tmp_path, window):
    path, _ = make(tmp_path, "--filter", name)
    window.size(1280).open(path).ready()
    assert window.console() == [] and rows(window, "#latency")


def test_an_interrupted_bench_leaves_its_page(tmp_path):
    path = tmp_path / "bench.html"
    process = subprocess.Popen([str(HOST), "bench", "--dir", str(tmp_path), "--html", str(path)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 128 + signal.SIGINT
    finally:
        process.kill()
    assert "interrupted" in path.read_text() and os.listdir(tmp_path) == ["bench.html"]


@pytest.mark.parametrize("value, word", [("", "--html"), ("-", "--html -"),
                                         ("/nonexistent/x", "/nonexistent/x")])
def test_wrong_use(value, word, tmp_path):
    result = run("bench", "--filter", "cpuid", "--html", value, cwd=tmp_path)
    assert result.status == 2 and word in result.err and result.err.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_only_bench_has_it():
    assert run("run", "--html", "x").status == 2


# --- in a browser ----------------------------------------------------------------------------------------


def test_nothing_is_fetched_and_nothing_goes_wrong(page):
    assert page.console() == [] and page.fetched() == [] and page.sideways() <= 0
    page.screenshot("bench-light")
    page.scheme("dark").screenshot("bench-dark")
    assert page.console() == [] and page.fetched() == []


def test_dark_is_dark(page):
    color = "return getComputedStyle(document.body).backgroundColor"
    light = page.run(color)
    assert page.scheme("dark").run(color) != light


def test_bars_are_in_order(page, made):
    measured = [x for x in made[1]["lines"] if x["ns_median"]]
    assert measured
    for line in measured:
        left, median, right = bars(page, line["name"])
        assert 0 <= left <= median + 0.02 and median <= right + 0.02 and right <= 100.02, line["name"]
    pair = sorted(measured, key=lambda x: x["ns_median"])
    assert bars(page, pair[0]["name"])[1] < bars(page, pair[-1]["name"])[1]


def test_pointing_at_a_line_says_its_figures(page, made):
    line = next(x for x in made[1]["lines"] if x["name"] == "ata pio")
    page.point_at('#latency tr[data-line="ata pio"] td.bar', 20, 8)
    text = page.until("return document.getElementById('detail').textContent")
    assert "ata pio" in text and f"{line['ns_median']:,.0f} ns" in text
    page.press(KEYS["escape"])
    assert page.text("#detail") == ""


def test_linear_scales(page):
    before = bars(page, "ata pio")
    page.one("#linear").click()
    after = bars(page, "ata pio")
    assert before != after and all(0 <= x <= 100.02 for x in after)
    page.one("#linear").click()
    assert bars(page, "ata pio") == pytest.approx(before)


def test_lines_are_ticked_and_compared(page):
    whole = rows(page, "#latency")
    for name in LINES[:2]:
        box(page, name).click()
    page.run("document.getElementById('only-chosen').click()")
    assert rows(page, "#latency") == LINES[:2]
    assert set(rows(page, "#exits")) == set(LINES[:2])
    legend = [x.text for x in page.all("#legend li")]
    assert legend == LINES[:2] + ["host pread/pwrite"]
    page.screenshot("bench-compared")
    page.run("document.getElementById('choose-none').click()")
    assert rows(page, "#latency") == whole


def test_by_keyboard(page):
    first, second = rows(page, "#latency")[:2]
    page.run("document.querySelector('#latency tbody input').focus()")
    assert first in page.text("#detail")
    page.press(KEYS["down"])
    assert second in page.text("#detail")
    page.press(KEYS["space"])
    assert box(page, second).is_selected()
    assert page.run("return document.querySelectorAll('#latency input[tabindex=\"0\"]').length") == 1
    page.press(KEYS["up"])
    assert page.run("return document.activeElement.value") == first


def test_the_chart(page, made):
    read = curves(page)
    assert len(read) == len(page.all("#legend li")) > 2
    assert len(page.all("#chart path.host")) == 1
    page.run("document.getElementById('chart').focus()")
    page.press(KEYS["right"])
    line = next(x for x in made[1]["lines"] if x["name"] == "ata pio")
    assert "ata pio" in page.text("#detail") and "512 B" in page.text("#detail")
    page.press(KEYS["right"])
    assert "4 KiB" in page.text("#detail")
    rate = float(re.search(r"([\d.,]+) MiB/s", page.text("#detail")).group(1).replace(",", ""))
    assert rate == pytest.approx(line["mib_per_s"]["read"]["4096"]["1"], rel=0.01)
    assert len(page.all("#chart circle.marked")) == 1
    page.run("const s = document.getElementById('direction'); s.value = 'write';"
             "s.dispatchEvent(new Event('change', {bubbles: true}))")
    write = curves(page)
    assert read != write and not any("NaN" in x for x in read + write)
    page.run("const s = document.getElementById('depth'); s.value = '32';"
             "s.dispatchEvent(new Event('change', {bubbles: true}))")
    legend = [x.text for x in page.all("#legend li")]
    assert "chunk ring" in legend and "ata pio" not in legend and page.console() == []


def test_a_phones_width(made, window):
    window.size(360, 740, mobile=True).scheme("light").open(made[0]).ready()
    assert window.sideways() <= 0
    window.screenshot("bench-phone")
    window.scheme("dark").screenshot("bench-phone-dark")


def test_printed(page):
    assert page.pdf("bench").startswith(b"%PDF")
    page.command("Emulation.setEmulatedMedia", media="print")
    assert page.run("return getComputedStyle(document.querySelector('.tools')).display") == "none"
    page.command("Emulation.setEmulatedMedia", media="")


def test_without_javascript_everything_is_there(made):
    line = next(x for x in made[1]["lines"] if x["name"] == "ata pio")
    with browser(javascript=False) as page:
        page.size(1280).open(made[0])
        text = page.text("body")
        for word in (made[1]["kvm"]["cpu"], "do not carry over", "ata pio, multiple", "host memcpy",
                     "not yet", "exits/MiB", "Reading, one in flight"):
            assert word in text, word
        assert page.text('#exits tr[data-line="ata pio"] td[data-label="exits"]') == \
            f"{line['exits_per_op']:.1f}"
        assert page.one('#latency tr[data-line="ata pio"] rect').size["width"] > 0
        assert page.all(".tools") == [] and page.all("#detail") == []
        page.screenshot("bench-no-javascript")
        page.size(360, 740, mobile=True)
        assert page.one("table").size["width"] <= 360
