"""The card's plots are files that a browser shows on their own."""

import xml.etree.ElementTree as ET
from typing import Any

from native4k.publish import card_plots


def test_each_plot_is_one_svg_with_its_title_style_and_nothing_from_elsewhere(published: Any) -> None:
    paths = sorted((published.out / "plots").glob("*"))
    assert len(paths) == 6
    for path in paths:
        root = ET.fromstring(path.read_text(encoding="utf-8"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("width") == str(card_plots.WIDTH)
        assert "href" not in path.read_text(encoding="utf-8")


def test_hostile_names_are_text_in_a_plot() -> None:
    said = {"kept": 1, "splits": {"train": {"categories": {"<script>": 1}}}}
    assert "<script>" not in card_plots.shares(said)
