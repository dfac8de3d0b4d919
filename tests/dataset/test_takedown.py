"""What somebody wants out of the dataset leaves it, and so do its near copies, whatever speaks against the original."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import tables
from native4k.dataset import takedown
from native4k.dataset.near_duplicates.signatures import Limits
from native4k.errors import UserError
from native4k.metadata.urls import identify

NUMBERS = Limits(radius=4, verify=10, views=["middles"], min_bits=20)
HASH = 0xFF00FF00FF00FF00


def asked(folder: Path, *lines: str) -> takedown.Requests:
    (folder / "requests.txt").write_text("\n".join(["# those who wrote to us", *lines]))
    return takedown.read_requests([folder / "requests.txt"])


def images(**phashes: int | None) -> pd.DataFrame:
    """Images by name; None could not be read."""
    names = list(phashes)
    table = pd.DataFrame({"id": [f"{place:016x}" for place in range(len(names))], "name": names}).assign(
        url=[f"https://{name}.example.org/{name}.jpg" for name in names],
        sha256=[f"{place:064x}" for place in range(len(names))],
        pixels=["" if phash is None else f"{place:032x}" for place, phash in enumerate(phashes.values())],
        signature="0" * 64,
        view_phash="0" * 80,
        view_signature="0" * 320,
        phash=["" if phash is None else f"{phash:016x}" for phash in phashes.values()],
        reason=["truncated" if phash is None else "" for phash in phashes.values()],
    )
    return table.assign(rejected_by=table["reason"].map(lambda reason: "probe" if reason else ""))


def reasons(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["name"], table["reason"], strict=True))


TABLE = images(a=HASH, copy=HASH ^ 0b1111, far=HASH ^ 0b11111, other=~HASH % 2**64, broken=None, blank=0, black=0)
NEAR = {"a": "taken_down", "copy": "near_taken_down", "far": "", "other": "", "broken": "truncated"}


@pytest.mark.parametrize(
    "line",
    ["0" * 16, "0" * 64, "https://a.example.org/a.jpg", "HTTP://A.example.org:80/a.jpg?utm_source=x", "a.example.org"],
)
def test_an_image_is_named_by_id_content_url_or_host_and_its_near_copies_go_with_it(tmp_path: Path, line: str) -> None:
    table = TABLE if "://" not in line else TABLE.assign(id=[identify("web", url) for url in TABLE["url"]])
    after = takedown.take_down(table, asked(tmp_path, line), NUMBERS)
    assert reasons(after) == NEAR | {"blank": "", "black": ""}
    assert set(after.loc[after["reason"].str.contains("taken"), "rejected_by"]) == {"select"}


def test_the_copies_of_an_image_that_is_rejected_already_or_gone_leave_too(tmp_path: Path) -> None:
    early = tables.reject(TABLE, TABLE["name"] == "a", "too_small", "probe")
    after = takedown.take_down(early, asked(tmp_path, "0" * 16), NUMBERS)
    assert reasons(after) == NEAR | {"a": "too_small", "blank": "", "black": ""}
    gone = takedown.take_down(TABLE.iloc[1:], asked(tmp_path, f"phash:{HASH:016x}"), NUMBERS)
    assert reasons(gone) == {name: reason for name, reason in NEAR.items() if name != "a"} | {"blank": "", "black": ""}


def test_a_blank_image_takes_no_other_blank_one_with_it(tmp_path: Path) -> None:
    after = takedown.take_down(TABLE, asked(tmp_path, f"{5:016x}"), NUMBERS)
    assert {name for name, reason in reasons(after).items() if "taken" in reason} == {"blank"}


def test_an_image_that_could_not_be_read_is_named_without_copies(tmp_path: Path) -> None:
    after = takedown.take_down(TABLE.assign(reason="", rejected_by=""), asked(tmp_path, f"{4:016x}"), NUMBERS)
    assert {name for name, reason in reasons(after).items() if reason} == {"broken"}


def test_no_request_changes_nothing(tmp_path: Path) -> None:
    assert asked(tmp_path) == takedown.read_requests([]) == takedown.NO_REQUESTS
    after = takedown.take_down(TABLE, takedown.NO_REQUESTS, NUMBERS)
    pd.testing.assert_frame_equal(after, TABLE.assign(withheld=False))


def test_what_an_owner_wants_left_out_is_named_nowhere_whatever_the_first_reason(tmp_path: Path) -> None:
    early = tables.reject(TABLE, TABLE["name"] == "a", "too_small", "probe")
    refused = tables.reject(early, early["name"] == "far", "noai", "fetch")
    after = takedown.take_down(refused, asked(tmp_path, "0" * 16), NUMBERS)
    assert after.loc[after["withheld"], "name"].tolist() == ["a", "copy", "far"]
    assert takedown.public_names(after).tolist() == [
        *("", "", "", "https://other.example.org/other.jpg", "https://broken.example.org/broken.jpg"),
        *("https://blank.example.org/blank.jpg", "https://black.example.org/black.jpg"),
    ]


def test_a_line_that_names_nothing_is_told_what_may_stand_there(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"requests\.txt: line 2: 'some words' is no URL, host, id of 16 hex digits, SHA-256"
    ):
        asked(tmp_path, "some words")


def test_a_crop_leaves_and_an_image_whose_signature_disagrees_stays(tmp_path: Path) -> None:
    table = images(a=HASH, crop=~HASH % 2**64, chance=HASH)
    table.loc[0, "view_phash"] = f"{~HASH % 2**64:016x}" * 5
    table.loc[2, "signature"] = "f" * 64
    after = takedown.take_down(table, asked(tmp_path, "0" * 16), NUMBERS)
    assert reasons(after) == {"a": "taken_down", "crop": "near_taken_down", "chance": ""}


def test_the_same_pixels_in_another_file_leave_even_where_they_are_blank(tmp_path: Path) -> None:
    table = images(blank=0, same=0).assign(pixels="e" * 32)
    after = takedown.take_down(table, asked(tmp_path, "0" * 16), NUMBERS)
    assert reasons(after) == {"blank": "taken_down", "same": "near_taken_down"}


@given(flips=st.lists(st.sets(st.integers(0, 63), max_size=8), min_size=1, max_size=12), named=st.integers(0, 11))
def test_exactly_the_images_within_the_radius_leave(flips: list[set[int]], named: int) -> None:
    hashes = [HASH ^ sum(1 << bit for bit in bits) for bits in flips]
    table = images(**{f"n{place}": value for place, value in enumerate(hashes)})
    one = f"{named % len(flips):016x}"
    wanted = takedown.Requests(takedown.NO_REQUESTS.images._replace(ids={one}), frozenset(), frozenset())
    after = takedown.take_down(table, wanted, NUMBERS)
    tables.check_conservation(table, after, "select")
    hit = hashes[named % len(flips)]
    assert [bool(reason) for reason in after["reason"]] == [
        ((value ^ hit).bit_count() <= 4 and 20 <= value.bit_count() <= 44 and 20 <= hit.bit_count() <= 44) or id_ == one
        for id_, value in zip(after["id"], hashes, strict=True)
    ]
