"""Captions as people write them: mostly to the point, now and then with a word that belongs elsewhere."""

from native4k.demo.noise import Dice

SCENES: dict[str, tuple[str, ...]] = {
    "mountains": (
        "snow-capped mountains above a valley",
        "a mountain range in the evening haze",
        "an alpine landscape with fir trees",
        "mountain peaks reflected in a lake",
    ),
    "pebbles": ("round stones on a beach", "pebbles washed by the sea", "river stones in the wild, seen from above"),
    "coast": (
        "an island off the coast under a wide sky",
        "the sea at sunset with a sandy beach",
        "a calm ocean bay and distant mountains",
    ),
    "leaves": ("green leaves in a garden", "dense forest foliage with a few flowers", "leaves of a plant up close"),
    "dunes": ("sand dunes in the desert", "a desert landscape with wind ripples", "golden dunes under a cloudy sky"),
    "woods": (
        "birch trees in a misty forest",
        "tree trunks and grass in the woods",
        "a quiet forest in the morning fog",
    ),
    "facade": (
        "brick houses along a city street",
        "the facade of an old apartment building",
        "shop fronts with awnings downtown",
    ),
    "skyline": (
        "a city skyline with skyscrapers",
        "downtown towers by the water",
        "office buildings under a large sky",
    ),
    "street": (
        "an empty street between brick buildings",
        "a city road with street lamps",
        "a narrow street in the old town",
    ),
    "town": (
        "a city block with streets and cars from above",
        "aerial view of an urban neighbourhood",
        "rooftops and roads of a town",
    ),
    "portrait": (
        "a portrait of a person in a patterned shirt",
        "a woman looking at the camera",
        "a man posing in a studio",
        "a young person with a calm face",
    ),
    "group": ("a group of friends side by side", "a family portrait", "people standing together in patterned clothes"),
    "crowd": ("a crowd of people at a concert", "an audience of many faces", "men and women in a crowd"),
    "table": (
        "a table laid with plates of fruit",
        "a breakfast table seen from above",
        "plates and fresh food on a table",
    ),
    "heap": ("a heap of fresh fruit", "sliced citrus fruit, kiwi and tomato", "ripe fruit at the market"),
    "pizza": ("a pizza with tomato and olives", "homemade pizza with basil and cheese", "a rustic pizza for dinner"),
    "tray": (
        "freshly baked cookies on a wooden board",
        "cookies and slices of fruit in rows",
        "a baker's tray of sweets",
    ),
    "strokes": (
        "an oil painting in thick brush strokes",
        "an impressionist painting of a field",
        "a painted landscape on canvas",
    ),
    "tiles": (
        "a geometric abstract print",
        "a modernist poster of circles and squares",
        "an abstract artwork in few colours",
    ),
    "letters": ("a typographic poster", "a letterpress print with large type", "an art print of words and dots"),
    "marbling": ("marbled paper in ink", "an abstract painting of flowing ink", "hand-made marbled artwork"),
    "mosaic": ("a mosaic of glazed stones", "a mosaic artwork with a sun", "a decorative mosaic panel"),
    "blocks": ("an abstract painting of coloured rectangles", "a canvas of blocks and lines", "a minimalist painting"),
    "spheres": (
        "a 3D render of glossy spheres on a checkered floor",
        "ray-traced balls with reflections",
        "a computer-generated scene of mirrored spheres",
    ),
    "cubes": (
        "a voxel world of cubes, 3D render",
        "an isometric voxel terrain from a video game",
        "computer graphics: islands made of cubes",
    ),
    "neon": (
        "a synthwave neon grid, CGI",
        "a digital render of a retro neon sun",
        "computer-generated wireframe mountains",
    ),
    "facets": ("a low-poly terrain, 3D render", "a polygon mesh rendered in soft colours", "low-poly digital terrain"),
    "flat": ("a plain background", "a soft gradient wallpaper", "an empty backdrop"),
}

OPENINGS = ("", "", "", "Photo of ", "A picture of ", "High-resolution image of ", "View of ", "Stock image: ")
ENDINGS = (
    "",
    "",
    "",
    " in soft light",
    " with fine detail",
    ", taken in the morning",
    " on a quiet day",
    ", 4k",
    ", high resolution",
    " in warm colours",
    ", wide shot",
)
ASIDES: dict[str, tuple[str, ...]] = {
    "Nature": (", inspired by the sea", " with a view of the mountains", ", forest edition"),
    "Urban": (" in the city", ", seen on a street downtown", ", hotel lobby"),
    "People": (", loved by people", " for the whole family", ", made by a young woman"),
    "Food": (" before dinner", ", coffee table size", ", near the bakery"),
    "Artwork": (", like a painting", ", poster size", " with the look of an old print"),
    "CGI": (", almost like a render", ", wallpaper for a video game", " in 3D"),
}


def caption(dice: Dice, category: str, kind: str) -> str:
    """A sentence about a picture of this kind; one in six mentions another category."""
    # ASSUME: one caption in six names something of another category.
    aside = ""
    if dice.chance(1 / 6):
        aside = dice.pick(ASIDES[dice.pick([other for other in ASIDES if other != category])])
    line = dice.pick(OPENINGS) + dice.pick(SCENES[kind]) + dice.pick(ENDINGS) + aside
    return line[0].upper() + line[1:]
