# SPDX-License-Identifier: MIT
"""The page of a trace in a browser: what it shows, by mouse, keyboard, print and on a phone, and that it stays
small, fetches nothing and runs nothing that a guest says."""
import resource
import subprocess

import pytest

import browser
from machine import HOST, boot, rom_of

pytestmark = [pytest.mark.kvm, browser.needed()]

GIB = 1 << 30
MILLION = 1_000_000
COUNT = "return document.getElementById('filter-count').textContent"
HOSTILE = "</script><img src=x onerror=document.title=1><!--\"'&amp;"

COM1 = 0x3f8
MOV_DX_COM1 = b"\xba\xf8\x03"
MOV_DX_LSR = b"\xba\xfd\x03"
MOV_DX_SCR = b"\xba\xff\x03"
OUT_DX_AL, IN_AL_DX = b"\xee", b"\xec"
PASS = b"\x30\xc0\xba\xf4\x00\xee"  # xor al,al; mov dx,0xf4; out dx,al


def prints(text):
    """Code that writes the text to COM1 and passes."""
    code = MOV_DX_COM1
    for byte in text.encode():
        code += bytes([0xb0, byte]) + OUT_DX_AL
    return code + PASS


def loops(count):
    """Code that reads LSR and writes SCR that often, and passes."""
    body = MOV_DX_LSR + IN_AL_DX + MOV_DX_SCR + b"\x88\xc8" + OUT_DX_AL  # mov al,cl
    body += b"\x66\x49"  # dec ecx
    back = 256 - len(body) - 2
    return b"\x66\xb9" + count.to_bytes(4, "little") + body + bytes([0x75, back]) + PASS


def traced(path, *arguments, limit=60):
    result = boot("--trace", path, *arguments, limit=limit)
    assert result.status == 0, result.err
    return path


@pytest.fixture(scope="module")
def climb(tmp_path_factory):
    """The page of a whole climb."""
    directory = tmp_path_factory.mktemp("page")
    ata, virtio, chunk = (directory / x for x in ("ata.img", "virtio.img", "chunk.bin"))
    for file in (ata, virtio, chunk):
        file.write_bytes(bytes(range(256)) * 4096)
    return traced(directory / "climb.html", "--ata", ata, "--virtio-blk", virtio,
                  "--chunk", f"in={chunk},out={directory / 'out.bin'}")


@pytest.fixture(scope="module")
def chromium():
    with browser.browser() as page:
        yield page


@pytest.fixture
def page(chromium, climb):
    """The climb's page as it is after opening, at a desk's width."""
    chromium.size(1280).scheme("light").open(climb).ready()
    yield chromium
    assert chromium.console() == []


def choose(page, name, value):
    page.run("""const control = document.querySelector(`[name=${arguments[0]}]`);
                control.value = arguments[1];
                control.dispatchEvent(new Event(control.tagName === "SELECT" ? "change" : "input",
                                                {bubbles: true}));""", name, value)


def ticks(page):
    return page.run("return Array.from(document.querySelectorAll('.axis .tick text'), e => e.textContent)")


# A copy is read: a canvas that is read itself may be drawn in another way from then on.
CANVAS = """
        const canvas = document.querySelector("#surface canvas");
        const copy = new OffscreenCanvas(canvas.width, canvas.height)
            .getContext("2d", {willReadFrequently: true});
        copy.drawImage(canvas, 0, 0);"""


def drawn(page):
    """Waits until what has been asked for is on the canvas."""
    page.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def pixels(page):
    """How many pixels of the marks' colours are on the canvas."""
    drawn(page)
    return page.run(CANVAS + """
        const style = getComputedStyle(document.documentElement);
        const wanted = ["--mark-read", "--mark-write", "--mark-collected"].map(
            name => parseInt(style.getPropertyValue(name).trim().slice(1), 16));
        const {data} = copy.getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 0; i < data.length; i += 4)
            if (wanted.includes(data[i] << 16 | data[i + 1] << 8 | data[i + 2]))
                count++;
        return count;""")


def select_by_words(page, words):
    """Filters by the words, and selects the first mark that is left."""
    before = page.run(COUNT)
    choose(page, "text", words)
    page.until(f"return document.getElementById('filter-count').textContent !== {before!r}")
    page.run("document.querySelector('#accesses tbody button').click()")


def test_opens_whole_and_fetches_nothing(page):
    assert page.fetched() == []
    assert page.text("#total-exits") == page.text("#total-exits").strip() != "0"
    assert len(page.all("#rungs li.rung .note")) == 9
    assert page.run("return document.querySelectorAll('.band').length") >= 5
    assert pixels(page) > 500
    assert page.sideways() == 0
    page.screenshot("trace-page")


def test_modes_and_lanes_are_the_climbs(page):
    legend = page.text(".legend")
    for word in ("real16", "prot32", "long64", "request"):
        assert word in legend
    options = [x.text for x in page.all("select[name=device] option")]
    assert options.index("uart") < options.index("pci") < options.index("chunk")
    assert {"ata", "virtio-blk0"} <= set(options)


def test_hover_shows_the_words(page):
    select_by_words(page, "READ_CHUNK")
    page.run("document.getElementById('surface').focus()")
    page.press("\ue007")  # Enter: nothing else is near then
    drawn(page)
    box = page.run("""const box = document.getElementById("surface").getBoundingClientRect();
                      return [box.width, box.height]""")
    found = ""
    # The selected mark is drawn in the focus colour: its place is read off the canvas.
    x = page.run(CANVAS + """
        const colour = parseInt(getComputedStyle(document.documentElement)
            .getPropertyValue("--focus").trim().slice(1), 16);
        const row = copy.getImageData(0, 30, canvas.width, 1).data;
        for (let x = 0; x < canvas.width; x++)
            if ((row[4 * x] << 16 | row[4 * x + 1] << 8 | row[4 * x + 2]) === colour)
                return x;
        return -1;""")
    assert x >= 0
    for y in range(60, int(box[1]), 8):
        page.point_at("#surface", x + 1, y)
        found = page.text(".tooltip")
        if "chunk command <- READ_CHUNK" in found:
            break
    assert "chunk command <- READ_CHUNK" in found
    assert "long64" in found
    page.screenshot("trace-page-hover", whole=False)


def test_filter_narrows_table_list_and_marks(page):
    everything = pixels(page)
    rows = len(page.all("#registers tbody tr"))
    choose(page, "device", "virtio-blk0")
    assert " of " in page.run(COUNT)
    assert 0 < pixels(page) < everything
    assert 0 < len(page.all("#registers tbody tr")) < rows
    devices = {x.text for x in page.all("#registers tbody th")}
    assert devices == {"virtio-blk0"}
    select_by_words(page, "device_status <- DRIVER_OK")
    lines = [x.text for x in page.all("#accesses td.access")]
    assert len(lines) == 1 and lines[0].startswith("virtio-blk0 device_status <- ")
    assert "DRIVER_OK" in page.text("#details") and "long64" in page.text("#details")
    page.screenshot("trace-page-filtered")
    page.one("#filters button[type=reset]").click()
    assert page.run(COUNT).startswith("All ")
    assert page.run("return document.querySelector('[name=device]').value") == ""


def test_a_register_alone(page):
    for button in page.all("#registers tbody button"):
        if button.text == "alternate_status":
            button.click()
            break
    assert "only ata0 alternate_status" in page.run(COUNT)
    assert all("alternate_status" in x.text for x in page.all("#accesses td.access"))
    assert len(page.all("#registers tbody tr")) > 1


def test_table_sorts(page):
    page.one("[data-column=register]").click()
    names = [x.text for x in page.all("#registers tbody tr td:nth-child(2)")]
    by_letters = page.run("""return arguments[0].slice().sort(
        (a, b) => a.localeCompare(b, "en", {numeric: true}))""", names)
    assert names == by_letters and len(set(names)) > 5
    assert page.run("return document.activeElement.dataset.column") == "register"
    page.one("[data-column=exits]").click()
    exits = [int(x.text.replace(",", "")) for x in page.all("#registers tbody td:nth-child(4)")]
    assert exits == sorted(exits, reverse=True)


def test_zoom_and_keys(page):
    from selenium.webdriver.common.keys import Keys
    whole = ticks(page)
    page.run("document.getElementById('surface').focus()")
    page.press("+", "+", "+")
    page.until("return document.querySelectorAll('.axis .tick').length > 0")
    drawn(page)
    zoomed = ticks(page)
    assert zoomed != whole
    page.press(Keys.ARROW_RIGHT, shift=True)
    drawn(page)
    assert ticks(page) != zoomed
    page.press("0")
    drawn(page)
    assert ticks(page) == whole
    page.press(Keys.END)
    last = page.text("#details .line")
    page.press(Keys.ARROW_LEFT)
    before = page.text("#details .line")
    assert last.startswith("exit ") and before != last
    page.press(Keys.ARROW_RIGHT)
    assert page.text("#details .line") == last
    page.press(Keys.ENTER)
    drawn(page)
    assert ticks(page) != whole
    page.press(Keys.ESCAPE)
    assert "Nothing is selected" in page.text("#details")


def test_wheel_and_rung_buttons(page):
    whole = ticks(page)
    page.run("""document.getElementById("surface").dispatchEvent(new WheelEvent("wheel",
                {deltaY: -300, clientX: 600, clientY: 400, bubbles: true, cancelable: true}))""")
    drawn(page)
    assert ticks(page) != whole
    page.all("#rungs li.rung button")[1].click()
    drawn(page)
    bands = page.run("return Array.from(document.querySelectorAll('.band .line'), e => e.textContent)")
    assert any("mechanism #1" in x for x in bands)


def test_the_map_at_a_moment(page):
    rows = page.run("""return Array.from(document.querySelectorAll("#map tr.came"), e => e.textContent)""")
    assert any("chunk" in x and "0xfe000000" in x for x in rows)
    assert not page.all("#map tr.gone")
    select_by_words(page, "pci id")
    assert len(page.all("#map tr.gone")) == len(page.all("#map tr.came"))


def test_dark_and_phone(page):
    page.scheme("dark")
    assert pixels(page) > 500
    page.screenshot("trace-page-dark")
    page.scheme("light").size(360, mobile=True)
    page.until("return document.querySelector('#surface canvas').clientWidth < 360")
    assert pixels(page) > 200
    assert page.sideways() == 0
    page.screenshot("trace-page-phone")


def test_prints(page):
    data = page.pdf("trace-page")
    assert data.startswith(b"%PDF") and len(data) > 20_000


def test_summary_without_script(climb):
    with browser.browser(javascript=False) as page:
        page.size(1280).open(climb)
        assert "ready" not in page.run("return Object.keys(document.documentElement.dataset)")
        text = page.text("body")
        for words in ("rung 9 long64 virtio-blk", "It can speak.", "Devices and registers",
                      "alternate_status", "0xfe000000"):
            assert words in text, words
        assert page.one("#overview svg").is_displayed()
        assert len(page.all("#overview .rung")) == 9
        assert {x.get_attribute("class") for x in page.all("#overview g[class^=mode]")} == {
            "mode-real16", "mode-prot32", "mode-long64"}
        page.screenshot("trace-page-no-script")
        page.size(360, mobile=True)
        assert page.sideways() == 0
        page.screenshot("trace-page-no-script-phone")


def test_what_a_guest_says_stays_text(chromium, tmp_path):
    rom = rom_of(tmp_path, prints(f"rung 1 {HOSTILE}\n"))
    path = traced(tmp_path / "hostile.html", "--firmware", rom)
    chromium.size(1280).open(path).ready()
    assert HOSTILE in chromium.text("#rungs .line")
    assert chromium.driver.title.startswith("Trace: ")
    assert chromium.all("img") == []
    assert chromium.fetched() == [] and chromium.console() == []


@pytest.fixture(scope="module")
def million(tmp_path_factory):
    """A page of more than a million exits, and the most memory that its making took."""
    directory = tmp_path_factory.mktemp("million")
    rom = rom_of(directory, loops(MILLION // 2))
    path = directory / "million.html"
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    with subprocess.Popen([HOST, "run", "--timeout", "200", "--firmware", rom, "--trace", path],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        assert process.wait(timeout=240) == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # The most of all children so far: this one's, or an upper bound of it.
    return path, max(before, after) * 1024


def test_a_million_exits(chromium, million):
    path, host = million
    assert host < GIB
    chromium.size(1280).open(path).ready()
    assert int(chromium.text("#total-exits").replace(",", "")) > MILLION
    choose(chromium, "text", "LSR")
    chromium.until("return document.getElementById('filter-count').textContent.includes('500,000 of')")
    chromium.run("document.getElementById('surface').focus()")
    chromium.press("+", "+", "-", "0")
    assert pixels(chromium) > 500
    assert chromium.renderer_peak() < GIB
    assert chromium.console() == []
    chromium.screenshot("trace-page-million", whole=False)
