# SPDX-License-Identifier: MIT
"""The page of a trace in a browser: what it shows, by mouse, keyboard, print and on a phone, and that it stays
small, fetches nothing and runs nothing that a guest says."""
import pathlib
import resource
import subprocess

import pytest

import browser
from machine import HOST, boot, rom_of, run

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


def test_functions_that_do_not_exist_are_one_row(page, climb):
    """As in the table that is there without a script."""
    still = climb.read_text().split('<section id="registers">')[1].split("</table>")[0]
    assert still.count("pci, nobody there") == 1 and "pci 00:1f" not in still
    choose(page, "text", "nobody")
    page.until("return document.querySelectorAll('#registers tbody tr').length < 5")
    assert [x.text for x in page.all("#registers tbody th") if x.text.startswith("pci")] == ["pci, nobody there"]


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
    assert page.run("""return getComputedStyle(document.querySelector("#map tr.gone td")).textDecorationLine
                    """) == "line-through"


def test_the_map_names_bars_and_what_is_reserved(page):
    cells = [x.text for x in page.all("#map tbody td:nth-child(3)")]
    assert any(x.startswith("00:") and x.endswith("BAR0 (chunk)") for x in cells), cells
    assert any(x.endswith(": reserved, nobody answers") for x in cells), cells
    assert "BAR0 (chunk): " in page.text("#map .changes")
    choose(page, "kind", "region")
    assert any("chunk region: comes to addresses" in x.text and x.text.endswith(" BAR0")
               for x in page.all("#accesses td.access"))


# The contrast of each text with what is behind it, by the rules of WCAG 2: those that have too little.
FAINT = """
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const over = (top, below) => {
        const alpha = top.length > 3 ? top[3] : 1;
        return [0, 1, 2].map((i) => top[i] * alpha + below[i] * (1 - alpha));
    };
    const light = (colour) => {
        const [r, g, b] = colour.map((c) => c / 255).map(
            (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        if (element === null)
            return [255, 255, 255];
        return over(parse(getComputedStyle(element).backgroundColor), behind(element.parentElement));
    };
    const opacity = (element) => (element === null ? 1
        : Number(getComputedStyle(element).opacity) * opacity(element.parentElement));
    const faint = new Set();
    for (const element of document.querySelectorAll("main *")) {
        const own = Array.from(element.childNodes).some((n) => n.nodeType === 3 && n.data.trim() !== "");
        if (!own || element.closest("svg") || !element.checkVisibility({visibilityProperty: true}))
            continue;
        const back = behind(element);
        const colour = parse(getComputedStyle(element).color);
        const seen = over([...colour.slice(0, 3), (colour[3] ?? 1) * opacity(element)], back);
        const [low, high] = [light(seen), light(back)].sort((a, b) => a - b);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < 4.5)
            faint.add(`${element.tagName} ${element.className} ${ratio.toFixed(2)}`);
    }
    return Array.from(faint);"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_faint(page, scheme):
    page.scheme(scheme)
    select_by_words(page, "pci id")
    assert page.all("#map tr.gone")
    assert page.run(FAINT) == []


def names_of_list(page):
    return [x.get_attribute("aria-label") for x in page.all("#accesses tbody button")]


def test_the_list_begins_with_the_first_access(page):
    from selenium.webdriver.common.keys import Keys
    first = page.text("#accesses tbody tr td.access")
    assert " -> " in first or " <- " in first
    page.run("document.getElementById('surface').focus()")
    for keys in ([Keys.HOME], [Keys.ESCAPE, Keys.ARROW_RIGHT]):
        page.press(*keys)
        assert page.text("#details .line") == first
    choose(page, "kind", "region")
    assert " region: comes to " in page.text("#accesses tbody tr td.access")


def test_each_line_of_the_list_has_a_name_of_its_own(page):
    names = names_of_list(page)
    assert len(names) == 50 == len(set(names))
    for name, row in zip(names, page.all("#accesses tbody tr")):
        assert row.find_element("css selector", "td.access").text in name
        time = row.find_element("css selector", "button").text
        assert time in name and len(time.split(".")[1]) == len("123456 ms")


def test_requests_can_be_reached(page):
    """By their kind, by the arrow keys and by a click; the panel tells of one what is known."""
    from selenium.webdriver.common.keys import Keys
    total = int(page.text("#total-requests").replace(",", ""))
    choose(page, "kind", "request")
    assert page.run(COUNT).startswith(f"{total} of ")
    lines = [x.text for x in page.all("#accesses td.access")]
    assert len(lines) == total and all(" request: #" in x and " ends: " in x for x in lines)
    page.run("document.getElementById('surface').focus()")
    page.press(Keys.HOME)
    assert page.text("#details .line") == lines[0]
    page.press(Keys.ARROW_RIGHT)
    assert page.text("#details .line") == lines[1]
    facts = page.text("#details dl")
    assert all(x in facts for x in ("Kind", "Doorbell", "End", "Took"))
    page.press(Keys.ENTER)
    drawn(page)
    # It is marked with a frame: its middle is clicked at.
    page.press(Keys.ESCAPE)
    drawn(page)
    x, y = page.run(CANVAS + """
        const colour = parseInt(getComputedStyle(document.documentElement)
            .getPropertyValue("--request").trim().slice(1), 16);
        const {data, width} = copy.getImageData(0, 0, canvas.width, canvas.height);
        const found = [];
        for (let i = 0; i < data.length; i += 4)
            if ((data[i] << 16 | data[i + 1] << 8 | data[i + 2]) === colour)
                found.push(i / 4);
        const at = found[Math.floor(found.length / 2)];
        return [at % width, Math.floor(at / width)];""")
    assert "Nothing is selected" in page.text("#details")
    page.point_at("#surface", x + 1, y + 1)
    page.click()
    assert page.text("#details .line") in lines


def test_an_exit_that_is_no_access_is_not_drawn_as_a_write(chromium, tmp_path):
    """A trace of a guest that only spins: where its exits are is no colour of a write."""
    rom = rom_of(tmp_path, b"\xeb\xfe")
    path = tmp_path / "spin.html"
    result = boot("--trace", path, "--firmware", rom, "--timeout", "1")
    assert result.status == 120, result.err
    chromium.size(1280).open(path).ready()
    assert int(chromium.text("#total-exits").replace(",", "")) > 0
    chromium.run("document.getElementById('surface').focus()")
    chromium.press("\ue010", "\ue007")  # End, Enter
    drawn(chromium)
    writes = chromium.run(CANVAS + """
        const {data} = copy.getImageData(120, 0, canvas.width - 120, canvas.height);
        let count = 0;
        for (let i = 0; i < data.length; i += 4)
            count += data[i] > data[i + 2] + 40 ? 1 : 0;
        return count;""")
    assert writes == 0


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
    """All rows of the table of registers, of which the screen shows only the first ones."""
    count = "document.querySelectorAll('#registers tbody tr').length"
    shown = page.run(f"return {count}")
    page.run(f"addEventListener('beforeprint', () => {{ window.printed = {count}; }})")
    data = page.pdf("trace-page")
    assert data.startswith(b"%PDF") and len(data) > 20_000
    printed = page.run("return window.printed")
    assert f"Show {printed - shown} more row" in page.text("#registers .rest")
    assert printed > shown == page.run(f"return {count}")


def test_lane_names_lie_over_nothing(page):
    """On a phone names stand above the marks: in their rows the only colours are theirs and the modes'."""
    page.size(360, mobile=True)
    page.until("return document.querySelector('#surface canvas').clientWidth < 360")
    drawn(page)
    colours = page.run(CANVAS + """
        const style = getComputedStyle(document.documentElement);
        const quiet = ["--quiet", "--mark-read", "--mark-write", "--mark-collected"].map(
            name => parseInt(style.getPropertyValue(name).trim().slice(1), 16));
        // The first lane begins below the rungs; its name has 16 rows.
        const {data} = copy.getImageData(0, 22 + 20 + 34 + 5, canvas.width, 14);
        const found = [];
        for (let i = 0; i < data.length; i += 4)
            if (quiet.includes(data[i] << 16 | data[i + 1] << 8 | data[i + 2]))
                found.push(i / 4);
        return found;""")
    assert colours == []


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
        numbers = {x.text for x in page.all("#overview text.number")}
        assert {str(x) for x in range(1, 10)} <= numbers
        requests = page.text("#requests table")
        assert "virtio-blk0 read " in requests and "Longest" in requests
        assert "(chunk)" in page.text("#map")
        names = page.run("""return Array.from(document.querySelectorAll("#overview .lane"), lane =>
            lane.querySelector("text").getBoundingClientRect().bottom -
            lane.querySelector("svg").getBoundingClientRect().top)""")
        assert max(names) <= 1
        assert {x.get_attribute("class") for x in page.all("#overview g[class^=mode]")} == {
            "mode-real16", "mode-prot32", "mode-long64"}
        page.screenshot("trace-page-no-script")
        page.size(360, mobile=True)
        assert page.sideways() == 0
        page.screenshot("trace-page-no-script-phone")


def test_a_copy_is_a_band(chromium, tmp_path):
    source, path = tmp_path / "source", tmp_path / "copy.html"
    source.write_bytes(bytes(300_000))
    result = run("copy", "--via", "chunk", "--trace", path, source, tmp_path / "destination")
    assert result.status == 0, result.err
    chromium.size(1280).open(path).ready()
    assert chromium.text("h1") == "A copy, access by access"
    assert chromium.text("#timeline h2") == "The climb and the copy"
    assert chromium.run("return document.querySelectorAll('.band').length") > 1
    lines = [x.text for x in chromium.all("#requests tbody tr")]
    assert any(x.startswith("chunk read ") for x in lines), lines
    select_by_words(chromium, "COPY_BEGIN")
    chromium.run("document.getElementById('surface').focus()")
    chromium.press("\ue007")
    drawn(chromium)
    assert "copy" in chromium.run("return Array.from(document.querySelectorAll('.band .line'), e => e.textContent)")
    assert chromium.console() == []


@pytest.mark.parametrize("settings, words", [(["NODE_PATH=/nowhere"], "d3-axis is not in /nowhere"),
                                             (["ESBUILD=no-such-program"], "no-such-program is missing")])
def test_what_a_build_needs_is_said_in_one_line(settings, words, tmp_path):
    tree = pathlib.Path(__file__).resolve().parents[2]
    done = subprocess.run(["make", "--no-print-directory", f"BUILD={tmp_path}", *settings,
                           f"{tmp_path}/generated/viewer/trace.js"], cwd=tree, capture_output=True,
                          timeout=60, check=False)
    said = [x for x in done.stderr.decode().splitlines() if not x.startswith("make")]
    assert done.returncode != 0 and len(said) == 1
    assert words in said[0] and "make deps" in said[0]


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
