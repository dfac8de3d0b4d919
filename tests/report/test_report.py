import base64
import hashlib
import html
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from native4k import cli, images, tables
from native4k.page import layout, metrics_files, pictures
from native4k.report import curation, image_rows, overview, report
from tests.report.conftest import ARGS, HOSTILE

ALONE = {"br", "circle", "hr", "img", "line", "link", "meta", "polyline", "rect"}


class Reader(HTMLParser):
    """What a browser makes of the page: tags with attributes, words by the tag they stand in, tags left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ALONE:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append((self.open[-1] if self.open else "", data.strip()))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def made(root: Path) -> str:
    assert cli.main(ARGS) == 0
    return (root / "out/report.html").read_text(encoding="utf-8")


def captions(part: str) -> list[str]:
    """What stands under the pictures."""
    found = re.findall("<figcaption>(.*?)</figcaption>", part, re.DOTALL)
    return [" ".join(re.sub("<.*?>", "", words).split()) for words in found]


def section(text: str, name: str) -> str:
    return text.split(f'<section id="{name}">')[1].partition("</section>")[0]


def rows(part: str) -> list[list[str]]:
    """The cells of every table row."""
    lines = re.findall(r"<tr.*?>(.*?)</tr>", part, re.DOTALL)
    return [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line)] for line in lines]


def test_every_tag_is_closed_and_the_folder_holds_the_page_alone(root: Path) -> None:
    assert Reader(made(root)).open == []
    assert [path.name for path in (root / "out").iterdir()] == ["report.html"]


def test_two_runs_give_the_same_bytes(root: Path) -> None:
    assert made(root) == made(root)


def test_the_funnel_adds_up_from_the_metadata_to_the_kept(page: str) -> None:
    words = re.findall(r"<text [^>]*>(.*?)</text>", section(page, "funnel"))
    minus = "\N{MINUS SIGN}"
    assert words == [
        *("metadata", "12", "collect", "unsafe", f"{minus}2", "aspect", f"{minus}1", "candidates", "9"),
        *("candidates", "9", "probe", "mislabelled", f"{minus}1", "truncated", f"{minus}1"),
        *("select", "blurred", f"{minus}2", "dedup", "near_copy", f"{minus}2", "kept", "3"),
    ]
    assert 12 - 2 - 1 - 1 - 1 - 2 - 2 == 3


def test_every_image_is_in_the_page_and_can_be_decoded(page: str) -> None:
    sources = [str(image["src"]) for image in Reader(page).all("img")]
    heads = {source.partition(",")[0] for source in sources}
    sizes = [images.header(base64.b64decode(source.partition(",")[2])) for source in sources]
    kept, rejected, pairs, compared, generated = 3, 2, 2 * (2 + 2), 2 * (3 + 3 + 2 + 2), 1
    assert heads == {"data:image/webp;base64"}
    assert len(sizes) == kept + rejected + pairs + compared + generated
    assert {kind for kind, *_ in sizes} == {"WEBP"}


def test_nothing_is_loaded_and_nothing_runs_but_the_pages_own_script_by_its_hash(page: str) -> None:
    text = page
    reader = Reader(text)
    kinds = {tag for tag, _ in reader.tags}
    assert not kinds & {"link", "iframe", "object", "embed", "video", "audio", "form", "base", "image", "use"}
    attributes = [(name, value or "") for _, found in reader.tags for name, value in found.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in {"srcset", "xlink:href"}]
    assert {value[0] for name, value in attributes if name == "href"} == {"#"}
    assert {value[:11] for name, value in attributes if name == "src"} == {"data:image/"}
    assert not re.search(r"url\(|@import", reader.words[1][1])
    policy = [found["content"] for found in reader.all("meta") if "http-equiv" in found]
    script = text.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    own = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    assert (policy, len(reader.all("script"))) == ([own], 1)


def test_a_hostile_caption_is_an_images_description_and_no_more(page: str) -> None:
    text = page
    said = {image["alt"] for image in Reader(text).all("img")}
    assert '"><script>alert(1)</script><img src=https://evil.example/x.png onerror=alert(2)>  ' in said
    assert text.count("<script") == 1
    assert "\u202e" not in text
    assert "\x00" not in text


def test_the_title_and_the_subtitle_come_from_the_params_and_are_escaped(page: str) -> None:
    words = [pair for pair in Reader(page).words if pair[0] in {"title", "h1"} or "else" in pair[1]]
    assert words[:3] == [("title", "tiny <4K>"), ("h1", "tiny <4K>"), ("p", "a test & nothing else")]


def test_the_page_leads_with_what_one_looks_at(page: str) -> None:
    names = [words for tag, words in Reader(page).words if tag == "h2"]
    assert names == [
        *("Super-resolution", "Native, upscaled, blurred", "Kept", "Rejected", "Funnel", "Thresholds", "Splits"),
        *("Leaks", "Truth", "Text-to-image", "Images", "How it was made"),
    ]


def test_the_page_begins_with_the_result_in_a_sentence_and_six_numbers(page: str) -> None:
    main = page.partition("<main>")[2]
    assert re.findall("<p>(.*?)</p>", main)[0] == (
        "Of 9 candidates 3 are kept, and 2 are rejected because their pixels hold less detail than the size promises; "
        "net_x4 gains +1.25 dB PSNR RGB over bicubic_x4."
    )
    assert re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", main) == [
        *(("images kept", "3"), ("candidates", "9"), ("rejected as upscaled or blurred", "2")),
        *(("of planted defects found", "60 %"), ("dB PSNR RGB over bicubic_x4", "+1.25"), ("rows of metadata", "12")),
    ]


def test_the_tables_are_those_of_the_metrics(page: str) -> None:
    text = page
    assert rows(section(text, "splits")) == [
        *(["split", "Food", "Nature", "images"], ["train", "1", "1", "2"], ["test", "0", "1", "1"]),
        *(["all", "1", "2", "3"], ["source and licence", "images"], ["demo, CC0-1.0", "3"]),
    ]
    assert rows(section(text, "truth")) == [
        ["planted defect", "planted", "found", "share"],
        ["blurred", "2", "2", "100.0 %"],
        ["crop", "3", "1", "33.3 %"],
        ["of the originals", "count", "of", "share"],
        ["wrongly rejected", "1", "4", "25.0 %"],
        ["labelled with their category", "3", "4", "75.0 %"],
        ["category", "Food", "Nature", "unknown", "right"],
        ["Food", "1", "0", "1", "50.0 %"],
        ["Nature", "0", "2", "0", "100.0 %"],
        ["goal", "wanted", "measured", "met"],
        ["blurred found", "0.9500", "1.0000", "yes"],
        ["crop found", "0.9000", "0.3333", "no"],
    ]
    four = "\N{MULTIPLICATION SIGN}4"
    assert rows(section(text, "super-resolution"))[:6] == [
        ["baseline", "PSNR RGB", "SSIM RGB", "scale", "parameters", "images"],
        ["bicubic_x4", "25.50", "0.7500", four, "0", "2"],
        ["net_x4", "26.75", "0.7500", four, "1,234", "2"],
        ["baseline", "PSNR Y", "scale", "parameters", "images"],
        ["bicubic_x4", "26.50", four, "0", "2"],
        ["net_x4", "27.75", four, "1,234", "2"],
    ]
    assert rows(section(text, "text-to-image")) == [
        ["detail of the pictures", "test images", "generated"],
        ["entropy", "7.2500", "7.2500"],
        ["GLCM entropy", "9.5000", "9.5000"],
        ["measure", ""],
        ["flow loss of the test images with their captions", "0.8750"],
        ["autoencoder PSNR in dB, the best that the latents allow", "21.50"],
    ]


def test_leaks_are_one_line_and_what_was_searched_with_the_nearest_pairs_is_folded(page: str) -> None:
    part = section(page, "leaks")
    line, folded = re.sub("<.*?>", "", part.partition("<details>")[0]), part.partition("<details>")[2]
    words = [text for tag, text in Reader(folded.rpartition("</details>")[0]).words if tag == "p"]
    first = (
        "3 kept images were compared across splits, those in no split included, except 1 whose pHash is too uniform "
    )
    first += "to compare. Every image of the smaller of two splits was compared with every image of the other, so no "
    insets = "By the pHash of the whole of one and of an inset of the other, which finds crops: "
    assert line.split("\n")[-1] == "1 pair of copies is in two splits, by 2 searches."
    assert words == [
        f"{first}radius limits the search.",
        "By the 64-bit pHash of the whole pictures: 1 of 2 pairs within 10 bits; copies: 1.",
        f"{insets}0 of 2 pairs within 10 bits; copies: 0.",
    ]
    assert rows(part) == [["nearest pair, in bits", "pHash", "pHash of insets"], ["train and test", "9", "21"]]
    assert captions(part) == ["9 bits k2 test, k1 train, a copy", "21 bits k2 test, k3 train"]


def test_without_two_splits_to_compare_the_page_says_so(root: Path) -> None:
    pairs = tables.read(root / "tables/leaks.parquet")
    tables.write(pairs[:0], root / "tables/leaks.parquet")
    change(root / "metrics/details/dataset.json", lambda tree: tree["leaks"].update(searches={}))
    assert "There are no two splits to compare." in section(made(root), "leaks")


def test_rejected_pictures_stand_under_their_reason_with_the_closest_call_first(page: str) -> None:
    part = section(page, "rejected")
    heads = [re.sub("<.*?>", "", head) for head in re.findall("<h3>(.*?)</h3>", part)]
    notes = captions(part)
    assert heads == [
        "mislabelled 0 of 1, by probe",
        "truncated 0 of 1, by probe",
        "blurred 2 of 2, by select: detail at least 1",
        "near_copy 2 of 2, by dedup",
    ]
    assert notes == [
        *("b2 detail 0.9", "b1 detail 0.2"),
        *("c2 9 bits from k1", "c1 7 bits from k1"),
    ]
    assert part.count("No thumbnail: these could not be read, or their owners asked to be left out.") == 2


def test_each_rejected_row_is_named_but_for_those_whose_owner_asked_to_be_left_out(page: str) -> None:
    part = section(page, "images")
    assert "Every image that this page names, and 6 of 6 rejected rows: " in part
    names = {row[0]: html.unescape(row[1]) for row in rows(part)[1:] if "rejected" in row[2]}
    name = "".join(letter if letter.isprintable() else " " for letter in HOSTILE)
    shown = {id_: f"{name}{id_}" for id_ in ("b1", "b2", "c1", "c2", "t1")}
    assert names == shown | {"m1": "not named: its owner asked to be left out"}


def test_a_baseline_that_learned_nothing_has_no_curve_and_is_compared_with_those_that_did(page: str) -> None:
    part = section(page, "super-resolution")
    heads = [re.sub("<.*?>", "", head) for head in re.findall("<h3>(.*?)</h3>", part)]
    assert heads[2:] == ["loss net_x4, over images seen", "validation PSNR net_x4, over images seen"]
    both = ["bicubic_x4, 24.50 dB", "net_x4, 25.75 dB", "original"]
    assert captions(part) == [*both, *both]
    name = "".join(letter if letter.isprintable() else " " for letter in HOSTILE)
    note = html.unescape(re.sub("<.*?>", "", re.findall('<p class="note">(.*?)</p>', part)[0]))
    assert note == f"k1 {name}: worst 1 of the test images, \N{MULTIPLICATION SIGN}4"


def test_native_stands_beside_enlarged_and_blurred_then_beside_what_was_rejected(page: str) -> None:
    part = section(page, "native--upscaled--blurred")
    made_here = ["native: as it is", "upscaled: halved and enlarged again", "blurred: Gaussian of 2 pixels"]
    assert captions(part) == [
        *made_here * 2,
        *("k1 kept: detail 9.0000", "b1 rejected as blurred: detail 0.2000"),
        *("k2 kept: detail 8.0000", "b2 rejected as blurred: detail 0.9000"),
    ]


def test_generated_pictures_stand_over_their_captions(page: str) -> None:
    name = "".join(letter if letter.isprintable() else " " for letter in HOSTILE)
    assert html.unescape(captions(section(page, "text-to-image"))[0]) == f"k2 {' '.join(name.split())}"


def test_every_id_leads_to_a_row_with_name_outcome_reason_and_measures(page: str) -> None:
    text = page
    part = section(text, "images")
    found = re.findall(r'<tr id="row-(.*?)">(.*?)</tr>', part, re.DOTALL)
    assert set(re.findall(r'href="#row-(.*?)"', text)) <= {id_ for id_, _ in found}
    cells = {
        id_: [html.unescape(re.sub("<.*?>", "", cell)) for cell in re.findall("<td.*?>(.*?)</td>", row)]
        for id_, row in found
    }
    name = "".join(letter if letter.isprintable() else " " for letter in HOSTILE)
    size = "3840 \N{MULTIPLICATION SIGN} 2160"
    rules = "detail 0.9000 (at least 1.0000); entropy_mean 3.4500 (at least 3.0000 and at most 8.0000); "
    rules += "detail 0.9000 (at least 5.0000 (the bottom 20.0 % are dropped))"
    assert cells["b2"] == [
        *("b2", f"{name}b2", "rejected by select as blurred"),
        "detail 0.9000, at least 1.0000: fails by 0.1000",
        f"{size}; {rules}",
    ]
    assert cells["m1"][1:3] == ["not named: its owner asked to be left out", "rejected by probe as mislabelled"]
    assert cells["k2"][2:4] == ["kept, test", ""]


def test_the_page_says_how_sure_the_means_are(page: str) -> None:
    part = section(page, "super-resolution")
    assert rows(part)[6:13] == [
        ["measure", "convention", "baseline", "mean", "from", "to", "median"],
        ["PSNR RGB", "sr-classical", "bicubic_x4", "25.50", "25.00", "26.00", "25.50"],
        ["PSNR RGB", "sr-classical", "net_x4", "26.75", "26.25", "27.25", "26.75"],
        ["SSIM RGB", "sr-classical", "bicubic_x4", "0.7500", "0.2500", "1.2500", "0.7500"],
        ["SSIM RGB", "sr-classical", "net_x4", "0.7500", "0.2500", "1.2500", "0.7500"],
        ["PSNR Y", "sr-real", "bicubic_x4", "26.50", "26.00", "27.00", "26.50"],
        ["PSNR Y", "sr-real", "net_x4", "27.75", "27.25", "28.25", "27.75"],
    ]


def test_foreign_sets_and_metrics_of_whole_sets_have_tables_of_their_own(root: Path) -> None:
    def add(tree: dict[str, Any]) -> None:
        foreign = {"images": 14, "sr-real": {"psnr_y": tree["sr-real"]["psnr_y"]}}
        tree["test_sets"] = {"Set14": foreign | {"perceptual": {"fid": {"whole": 12.5}}}}

    change(root / "metrics/details/net_x4.json", add)
    part = section(made(root), "super-resolution")
    four = "\N{MULTIPLICATION SIGN}4"
    found = rows(part[part.index("On Set14") :])
    assert found[:6] == [
        ["baseline", "PSNR Y", "scale", "parameters", "images"],
        ["net_x4", "27.75", four, "1,234", "14"],
        ["baseline", "fid", "scale", "parameters", "images"],
        ["net_x4", "12.50", four, "1,234", "14"],
        ["measure", "convention", "baseline", "mean", "from", "to", "median"],
        ["PSNR Y", "sr-real", "net_x4", "27.75", "27.25", "28.25", "27.75"],
    ]


def test_images_of_foreign_sets_are_not_among_ours(root: Path) -> None:
    path = root / "evaluations/net_x4.parquet"
    table = tables.read(path)
    tables.write(pd.concat([table, table.assign(test_set="Set14", id=["x", "y"])]), path)
    assert "Nature k1" in (part := section(made(root), "super-resolution"))
    assert "Nature x" not in part


def test_without_the_demo_and_without_baselines_the_rest_stands(root: Path) -> None:
    for path in (root / "metrics/details").glob("*.json"):
        if path.name != "dataset.json":
            path.unlink()
    change(root / "metrics/details/dataset.json", lambda tree: tree.pop("demo"))
    names = [words for tag, words in Reader(made(root)).words if tag == "h2"]
    assert names == [
        *("Native, upscaled, blurred", "Kept", "Rejected", "Funnel", "Thresholds", "Splits", "Leaks", "Images"),
        "How it was made",
    ]


def change(path: Path, how: Any) -> None:
    tree = json.loads(path.read_text(encoding="utf-8"))
    how(tree)
    path.write_text(json.dumps(tree), encoding="utf-8")


GONE = "missing; run 'dvc repro', or remove metrics/details/{}.json if that baseline is gone"


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        ("params.yaml", "params.yaml: no such file; run from the repository's root or name another with --params"),
        ("metrics/details/dataset.json", "metrics/details/dataset.json: no such file; run 'dvc repro'"),
        (
            "tables/images.parquet",
            "tables/images.parquet: no such table; run the step that makes it, or pull it with dvc",
        ),
        (
            "features/thumbnails.parquet",
            "features/thumbnails.parquet: no such table; run the step that makes it, or pull it with dvc",
        ),
        ("evaluations/net_x4.parquet", "evaluations/net_x4.parquet: " + GONE.format("net_x4")),
        ("evaluations/net_x4", "evaluations/net_x4: " + GONE.format("net_x4")),
        ("curves/flow.csv", "curves/flow.csv: " + GONE.format("flow")),
    ],
)
def test_what_is_missing_is_named_and_an_earlier_page_stays(
    root: Path, capsys: pytest.CaptureFixture[str], missing: str, line: str
) -> None:
    before = made(root)
    path = root / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    capsys.readouterr()
    assert cli.main(ARGS) == 1
    assert capsys.readouterr() == ("", f"native4k report: {line}\n")
    assert (root / "out/report.html").read_text(encoding="utf-8") == before
    assert sorted(path.name for path in root.glob(".*")) == []


def test_metrics_of_other_tables_are_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tables.read(root / "tables/images.parquet")
    tables.write(table[table["id"] != "k3"], root / "tables/images.parquet")
    assert cli.main(ARGS) == 1
    assert capsys.readouterr().err == (
        "native4k report: metrics/details/dataset.json: its funnel was counted on other tables; run 'dvc repro'\n"
    )


def test_a_broken_curve_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "curves/net_x4.csv").write_text("images_seen,loss\n4,oops\n", encoding="utf-8")
    assert cli.main(ARGS) == 1
    assert capsys.readouterr().err == (
        "native4k report: curves/net_x4.csv: could not convert string to float: 'oops'; run 'dvc repro'\n"
    )


def test_only_params_that_mean_something_else_change_the_page(root: Path) -> None:
    before, path = made(root), root / "params.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text("# a comment\n" + text, encoding="utf-8")
    assert made(root) == before
    tree = yaml.safe_load(text)
    tree["select"]["presets"]["demo"]["blurred"]["min"] = 1.5
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    assert made(root) != before


def test_everything_that_the_page_was_made_from_is_named_with_its_hash(root: Path) -> None:
    found = re.findall(r"<td>(.*?)</td><td><code>(.*?)</code>", section(made(root), "how-it-was-made"))
    names = [
        *(
            "tables/images.parquet",
            "tables/leaks.parquet",
            "tables/fetched.parquet",
            "features/thumbnails.parquet",
            "metrics/details/dataset.json",
            "metrics/details/bicubic_x4.json",
        ),
        *(
            "metrics/details/net_x4.json",
            "metrics/details/flow.json",
            "evaluations/bicubic_x4.parquet",
            "evaluations/net_x4.parquet",
        ),
        *("curves/bicubic_x4.csv", "curves/net_x4.csv", "curves/flow.csv"),
    ]
    shown = [
        "evaluations/net_x4/worst-1-k1.webp",
        "evaluations/flow/k2.webp",
    ]
    hashes = [hashlib.sha256((root / name).read_bytes()).hexdigest()[:16] for name in [*names, *shown]]
    said = [*(name.removeprefix("metrics/") for name in names), *(name.partition("/")[2] for name in shown)]
    assert found[1:] == list(zip(said, hashes, strict=True))
    assert found[0][0] == "params"


def test_a_picture_over_its_share_of_the_page_is_made_to_fit(root: Path) -> None:
    content = (root / "evaluations/flow/k2.webp").read_bytes()
    assert pictures.fitted(content, len(content)) == content
    small = pictures.fitted(content, len(content) - 1)
    assert len(small) < len(content)
    assert images.header(small)[0] == "WEBP"


def test_the_shares_of_all_pictures_leave_room_for_the_text_in_eight_megabytes() -> None:
    shares = [
        getattr(report, name)
        for name in ("COMPARED", "RANKED", "STUDIED", "GENERATED", "NATIVE", "KEPT", "REJECTED", "PAIRS")
    ]
    assert sum(shares) * 4 / 3 < 6_500_000


def test_a_picture_at_its_own_size_keeps_it_and_loses_quality_instead() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    whole = pictures.encoded(pixels, 10_000)
    less = pictures.encoded(pixels, len(whole) // 4)
    assert (images.decode(whole).size, images.decode(less).size) == ((50, 40), (50, 40))
    assert np.array_equal(np.asarray(images.decode(whole)), pixels)
    assert len(less) <= len(whole) // 4


def test_the_headline_of_super_resolution_is_psnr_whatever_else_was_measured() -> None:
    trees = {
        name: {"scale": 4, "images": 2, "sr-real": {"ms_ssim_y": {"mean": 0.9}, "psnr_y": {"mean": psnr}}}
        for name, psnr in (("bicubic", 25.0), ("net", 26.5))
    }
    assert metrics_files.metric_columns(trees) == [("sr-real", "psnr_y"), ("sr-real", "ms_ssim_y")]
    dataset = {
        "funnel": {"kept": 1, "metadata": 3, "candidates": 2, "rejected": {"select": {"blurred": 1}}},
        "splits": {},
    }
    assert overview.headline(dataset, trees, {}) == {
        "image kept": "1",
        "candidates": "2",
        "rejected as upscaled or blurred": "1",
        "dB PSNR Y over bicubic": "+1.50",
        "rows of metadata": "3",
    }
    assert overview.sentence(dataset, trees, {}) == (
        "Of 2 candidates 1 is kept, and 1 is rejected because its pixels hold less detail than the size promises; "
        "net gains +1.50 dB PSNR Y over bicubic."
    )


def test_statuses_and_hosts_are_counted_the_most_frequent_first(root: Path) -> None:
    counts = tables.read(root / "tables/fetched.parquet")
    assert [row[:4] for row in curation.status_rows(counts)] == [
        ["ok", 12, "2.5", "in the store"],
        ["gone", 3, "0.0", "final"],
        ["timeout", 1, "0.0", "retried by this run and by the next"],
    ]
    hosts = curation.host_rows(counts[counts["host"] != ""])
    assert [row[1:] for row in hosts] == [[6, 3, "50.0 %", "gone"], [1, 0, "0.0 %", "gone"]]
    assert "<script" not in curation.fetched(counts)


def test_a_collection_without_the_web_has_no_hosts() -> None:
    counts = pd.DataFrame([["demo", "", "ok", 9, 1]], columns=["source", "host", "status", "images", "bytes"])
    assert "By host" not in curation.fetched(counts)


def test_ids_in_a_reason_that_have_a_row_are_links_and_all_else_is_text() -> None:
    known, other = "0123456789abcdef", "fedcba9876543210"
    made = str(image_rows.linked(f"<b>{known}</b> stands for {other}", {known}))
    assert made.count("<a ") == 1
    assert str(layout.image_link(known)) in made
    assert "<b>" not in made
    assert f" stands for {other}" in made


def test_the_beginning_takes_the_study_of_most_images() -> None:
    arms = {count: {"half": {"psnr_y": {"mean": float(count)}}} for count in ("1000", "250")}
    studies = {"x": {"measure": "psnr_y", "differences": {"x4": arms}}}
    assert overview.study_gains(studies) == {"half": {"mean": 1000.0}}
