"""The report in a real browser: nothing cut, unnamed or pale, a slider, larger views, and all without a script."""

from pathlib import Path

from tests import browser

pytestmark = browser.needs_chromium

BAD = """<!doctype html><html lang="en"><body style="background: #fff"><main><h1>a</h1><h3>b</h3>
<p style="color: #aaa">pale</p><a href="#none"></a><input><img src="data:,"><p id="x"></p><p id="x"></p>
<div class="wide" style="width: 50px; overflow: auto"><p style="width: 90px">wide</p></div>
<p style="width: 2000px">far</p></main></body></html>"""


def test_the_report_is_readable_at_every_width_in_light_and_dark(page_file: Path) -> None:
    assert browser.problems(page_file) == {}


def test_the_checks_find_what_they_look_for(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text(BAD, encoding="utf-8")
    found = browser.problems(tmp_path / "bad.html")["1280 light"]
    assert [line.partition(":")[0] for line in found] == [
        *("contrast 2.32", "link without a name", "link to nothing", "field without a label", "picture without words"),
        *(
            "broken picture",
            "heading skips a level",
            "id twice",
            "table that no key scrolls",
            "table cut without a cue",
        ),
        "wider than the window",
    ]


def test_the_slider_moves_by_keys_and_its_pictures_are_chosen_by_name(page_file: Path) -> None:
    with browser.opened(page_file) as (page, complaints):
        block = page.locator(".slide").first
        block.locator("input").focus()
        page.keyboard.press("End")
        assert block.locator(".stage").get_attribute("style") == "--at: 100%;"
        before = block.locator(".right").get_attribute("src")
        block.locator("select").last.select_option("net_x4, 25.75 dB")
        assert block.locator(".right").get_attribute("src") != before
        assert block.locator(".right").get_attribute("alt") == "net_x4, 25.75 dB"
        assert complaints == []


def test_a_picture_opens_a_larger_view_by_keys_and_escape_closes_it(page_file: Path) -> None:
    with browser.opened(page_file) as (page, _):
        picture = page.locator("#view-kept-k1 img")
        small = picture.bounding_box()
        page.locator("#view-kept-k1 a.pair").focus()
        page.keyboard.press("Enter")
        large = picture.bounding_box()
        assert small is not None
        assert large is not None
        assert large["width"] > 3 * small["width"]
        page.keyboard.press("Escape")
        again = picture.bounding_box()
        assert again is not None
        assert (again["width"], again["height"]) == (small["width"], small["height"])
        page.locator("figcaption a.id", has_text="k1").first.click()
        assert page.locator("#row-k1").evaluate("(row) => row.matches(':target')")


def test_without_a_script_all_pictures_are_in_view_on_a_phone_and_views_open(page_file: Path) -> None:
    with browser.opened(page_file, 390, script=False) as (page, _):
        boxes = [image.bounding_box() for image in page.locator(".slide").first.locator(".panels img").all()]
        assert len(boxes) == 3
        assert all(box is not None and box["width"] > 0 and box["x"] + box["width"] <= 390 for box in boxes)
        page.locator("#view-kept-k1 a.pair").click()
        assert page.locator("#view-kept-k1 .close").is_visible()
        page.locator("#view-kept-k1 .close").click()
        assert not page.locator("#view-kept-k1 .close").is_visible()


def test_a_script_that_is_not_the_pages_own_does_not_run(page: str, tmp_path: Path) -> None:
    changed = page.replace("</main>", "<script>document.title = 'gone'</script></main>")
    (tmp_path / "page.html").write_text(changed, encoding="utf-8")
    with browser.opened(tmp_path / "page.html") as (shown, complaints):
        assert shown.title() == "tiny <4K>"
        assert "Content Security Policy" in complaints[0]
