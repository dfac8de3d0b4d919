"""What is in the demo collection: originals in six categories, and planted defects. No pixel is drawn here."""

import math
from functools import lru_cache
from types import ModuleType
from typing import NamedTuple

import pandas as pd

from native4k.demo import artwork, cgi, food, nature, people, urban
from native4k.demo.captions import caption
from native4k.demo.noise import Dice, digest
from native4k.params import params

GENERATORS: dict[str, ModuleType] = {
    "Nature": nature,
    "Urban": urban,
    "People": people,
    "Food": food,
    "Artwork": artwork,
    "CGI": cgi,
}
CATEGORIES = tuple(GENERATORS)

FROM_ORIGINALS = ("copy", "reencode", "resize", "crop", "brightened", "marked", "mirrored", "coarse")
"""Defects made from pictures that are in the collection themselves."""

FROM_OTHERS = ("upscaled", "blurred", "flat", "truncated", "mislabelled", "unsafe", "watermarked", "small", "aspect")
"""Defects made from pictures that are nowhere else in it."""

DEFECTS = FROM_ORIGINALS + FROM_OTHERS

PWATERMARK = {"watermarked": (0.85, 0.99), "marked": (0.5, 0.75)}
"""From where to where the source's probabilities of a watermark lie; those of all others are low."""

Size = tuple[int, int]

UHD: Size = (3840, 2160)
SIZES: tuple[Size, ...] = (
    UHD, (4096, 2304), UHD, (2160, 3840), (3840, 2560), UHD, (2400, 3840), (4096, 2160), UHD, (3840, 2400),
    (3840, 3840),
)  # fmt: skip
LARGE: tuple[Size, ...] = ((4320, 2430), (4320, 2880), (2880, 4320), (4320, 2430), (2430, 4320))
HALVES: tuple[Size, ...] = ((1920, 1080), (1920, 1200), (1080, 1920), (2048, 1152))
SMALL: tuple[Size, ...] = ((1600, 1200), (2048, 1365), (1280, 1920), (2560, 1440), (1024, 1024))
LONG: tuple[Size, ...] = ((7680, 1920), (6144, 1536), (1536, 6144), (6720, 1680), (1440, 5760))
"""Width and height in pixels where the long side is UHD's; SMALL has too few of them, LONG is 4:1."""


@params
class Params:
    """How large the collection is."""

    seed: int
    originals: int
    defects: int
    long_side: int


class Form(NamedTuple):
    """How a file is encoded: Pillow's format, quality, 4:2:0 or 4:4:4, progressive or not."""

    format: str
    quality: int
    halved: bool = False
    progressive: bool = False


class Picture(NamedTuple):
    """One row: what it shows, its true size, its file, and what is wrong with it."""

    url: str
    category: str
    scene: int
    size: Size
    form: Form
    defect: str
    of: str


def scaled(size: Size, params: Params) -> Size:
    """A size for this long side, rounded up."""
    return -(-size[0] * params.long_side // UHD[0]), -(-size[1] * params.long_side // UHD[0])


@lru_cache(maxsize=8)
def plan(params: Params) -> dict[str, Picture]:
    """Every picture by its url, sorted by url."""
    originals = _originals(params)
    pictures = [*originals.values(), *_derived(params, originals), *_others(params)]
    return {picture.url: picture for picture in sorted(pictures)}


def _url(params: Params, *words: object) -> str:
    return f"demo:{digest(params.seed, 'url', *words):016x}"


def _sources(params: Params) -> list[tuple[str, str, int]]:
    """Defect, category and scene of the original that each derived picture is made from."""
    wanted = [kind for kind in FROM_ORIGINALS for _ in range(params.defects)]
    return [(kind, CATEGORIES[i % 6], i // 6 % params.originals) for i, kind in enumerate(wanted)]


def _originals(params: Params) -> dict[tuple[str, int], Picture]:
    roomy = {(category, scene) for kind, category, scene in _sources(params) if kind in {"resize", "crop"}}
    made = {}
    for place, category in enumerate(CATEGORIES):
        for scene in range(params.originals):
            dice = Dice(params.seed, "size", category, scene)
            form = _form(dice, place, scene)
            size = SIZES[(scene + 2 * place) % len(SIZES)] if form.format == "JPEG" else UHD
            if (category, scene) in roomy:
                size = LARGE[(scene + place) % len(LARGE)]
            url = _url(params, "original", category, scene)
            made[category, scene] = Picture(url, category, scene, scaled(size, params), form, "", "")
    return made


def _form(dice: Dice, place: int, scene: int) -> Form:
    if scene % 15 == 7:
        return Form("PNG", 1)
    if scene % 15 == 11 and place % 3 == 0:
        return Form("WEBP", 92)
    return Form("JPEG", dice.pick((93, 93, 94, 95)), dice.chance(0.65), dice.chance(0.15))


def _derived(params: Params, originals: dict[tuple[str, int], Picture]) -> list[Picture]:
    made = []
    for number, (kind, category, scene) in enumerate(_sources(params)):
        source, dice = originals[category, scene], Dice(params.seed, kind, number)
        size, form = source.size, source.form
        if kind == "reencode":
            form = dice.pick((Form("JPEG", 85, True), Form("JPEG", 75, True), Form("JPEG", 90), Form("WEBP", 85)))
        if kind in {"resize", "crop"}:
            size = (shrunk if kind == "resize" else cropped)(dice, source.size, params)
            form = Form("JPEG", dice.whole(88, 95), True)
        if kind in {"brightened", "marked", "mirrored"}:
            form = Form("JPEG", dice.whole(75, 92), True)
        if kind == "coarse":
            form = Form("JPEG", 60, True)
        made.append(Picture(_url(params, kind, number), category, scene, size, form, kind, source.url))
    return made


def least(params: Params) -> float:
    """Pixels of UHD for this long side."""
    return UHD[0] * UHD[1] * params.long_side * params.long_side / (UHD[0] * UHD[0])


def shrunk(dice: Dice, size: Size, params: Params) -> Size:
    """A size below the given one, its sides in the same ratio, that is still 4K."""
    lowest = max(params.long_side / max(size), math.sqrt(least(params) / (size[0] * size[1])))
    share = lowest + (min(0.95, lowest * 1.05) - lowest) * dice.real(0, 1)
    return min(size[0], math.ceil(size[0] * share)), min(size[1], math.ceil(size[1] * share))


def cropped(dice: Dice, size: Size, params: Params) -> Size:
    """A size 1 to 10 percent below the given one, that is still 4K; 5 percent at most come from one side."""
    one_side = dice.chance(0.4)
    for _ in range(100):
        wide, tall = (dice.real(0.01, 0.05), 0.0) if one_side else (dice.real(0.02, 0.1), dice.real(0.02, 0.1))
        made = size[0] - int(size[0] * wide), size[1] - int(size[1] * tall)
        if made != size and max(made) >= params.long_side and made[0] * made[1] >= least(params):
            return made
    return size[0] - 1, size[1]


def _others(params: Params) -> list[Picture]:
    made = []
    for number, kind in enumerate(kind for kind in FROM_OTHERS for _ in range(params.defects)):
        category, scene = CATEGORIES[number % 6], params.originals + number // 6
        dice = Dice(params.seed, kind, number)
        own = {"mislabelled": HALVES, "small": SMALL, "aspect": LONG}
        size = scaled(dice.pick(own[kind]) if kind in own else SIZES[dice.below(4)], params)
        form = Form("JPEG", dice.whole(92, 95), dice.chance(0.6))
        made.append(Picture(_url(params, kind, number), category, scene, size, form, kind, ""))
    return made


def catalogue(params: Params) -> pd.DataFrame:
    """The metadata, one row a picture, sorted by url: what a web collection would say about it."""
    return pd.DataFrame([_row(picture, params) for picture in plan(params).values()])


def _row(picture: Picture, params: Params) -> dict[str, object]:
    dice = Dice(params.seed, "row", picture.url)
    width, height = picture.size
    if picture.defect == "mislabelled":
        width, height = scaled(UHD if width > height else (UHD[1], UHD[0]), params)
    kinds = GENERATORS[picture.category].KINDS
    kind = "flat" if picture.defect == "flat" else kinds[picture.scene % len(kinds)].__name__
    return {
        "url": picture.url,
        "declared_width": width,
        "declared_height": height,
        "caption": caption(dice, picture.category, kind),
        "license": dice.pick(("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "PDM-1.0")),
        "similarity": round(dice.real(0.26, 0.41), 4),
        "punsafe": round(dice.real(0.85, 0.99) if picture.defect == "unsafe" else 0.09 * dice.real(0, 1), 4),
        "pwatermark": round(dice.real(*PWATERMARK.get(picture.defect, (0.01, 0.3))), 4),
        "aesthetic": round(dice.real(4.9, 6.9), 4),
    }


def truth(params: Params) -> pd.DataFrame:
    """What is really behind each url: its category, its defect or none, and the original that it was made from."""
    rows = [(picture.url, picture.category, picture.defect, picture.of) for picture in plan(params).values()]
    return pd.DataFrame(rows, columns=["url", "category", "defect", "of"])
