"""Real pictures by package: what is taken of each, how it is fetched, and the certain natives made of it."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from native4k.errors import UserError

FOLDER = Path("data/scratch/real")
SMALLEST = 300
"""Pixels of a native's shorter side, at least: six cells of nativeness."""

SIDE = 1280
"""Pixels of a native's longer side, at most; a larger one is cut from the middle."""

LARGEST_FACTOR = 4
PATIENCE = 30
"""Seconds that a mirror of Debian may be silent."""

Image.MAX_IMAGE_PIXELS = None


class Package(NamedTuple):
    """A package's name, where it comes from, what its pictures are, their folder, and their names without ending."""

    name: str
    source: str
    kind: str
    folder: str
    names: tuple[str, ...]


SHARED = {
    "supertuxkart-data/stk_generic_dirtGrassA": "supertuxkart-data/stktex_generic_roots_a",
    "supertuxkart-data/stktex_generic_waterAztekWallA": "supertuxkart-data/stktex_generic_aztekWall_a",
    "supertuxkart-data/stktex_generic_waterConcreteA": "supertuxkart-data/stktex_generic_aztekWall_a",
    "supertuxkart-data/stktex_generic_waterRockA": "supertuxkart-data/stktex_generic_aztekWall_a",
    "ufoai-textures/concrete_b_1": "ufoai-textures/concrete_g_5",
    "ufoai-textures/concrete_r_1": "ufoai-textures/concrete_g_5",
    "ufoai-textures/pjrock16": "ufoai-textures/pjrock6",
}
"""A picture -> another one that is made of the same photograph, by phase correlation of all pairs."""


class Family(NamedTuple):
    """One photograph: its name, its package, what it is, and its largest file."""

    name: str
    package: str
    kind: str
    path: Path


WALLPAPERS = "usr/share/wallpapers/{}/contents/images"
GAME = "usr/share/games/supertuxkart/data/textures/"
UFO = "usr/share/games/ufoai/base/0textures.pk3/textures/tex_{}"

PACKAGES = (
    Package("skimage", "python", "photograph", "data", (
        "hubble_deep_field", "retina", "astronaut", "camera", "grass", "gravel", "ihc", "motorcycle_left")),
    Package("matplotlib", "python", "photograph", "mpl-data/sample_data", ("grace_hopper",)),
    Package("plasma-workspace-wallpapers", "debian", "photograph", WALLPAPERS, (
        "BytheWater", "ColdRipple", "ColorfulCups", "DarkestHour", "EveningGlow", "FallenLeaf", "Grey", "Kite",
        "OneStandsOut", "Path", "summer_1am")),
    Package("plasma-workspace-wallpapers", "debian", "rendering", WALLPAPERS, (
        "Altai", "Canopee", "Cascade", "Cluster", "Flow", "Honeywave", "IceCold", "Kay", "Kokkini", "MilkyWay", "Opal",
        "Patak", "SafeLanding", "Shell", "Volna")),
    Package("palapeli-data", "debian", "photograph", "usr/share/palapeli/collection", ("*",)),
    Package("kphotoalbum", "debian", "photograph", "usr/share/kphotoalbum/demo", (
        "anne_helene", "bar55", "blackie", "cold_water", "donna", "grand_canyon_1", "grand_canyon_2", "grand_canyon_3",
        "jesper", "new_wave_1", "pool", "skagen", "snow", "spiff", "sunset", "wayne")),
    Package("opencv-doc", "debian", "photograph", "usr/share/doc/opencv-doc/examples/data", (
        "aloeL", "building", "ela_original", "graf1", "leuvenA")),
    Package("opencv-doc", "debian", "photograph", "usr/share/doc/opencv-doc/examples/text", (
        "scenetext01", "scenetext02", "scenetext03", "scenetext04", "scenetext05")),
    Package("kstars-data", "debian", "photograph", "usr/share/kstars", ("geomap",)),
    Package("stellarium-data", "debian", "photograph", "usr/share/stellarium/textures", ("moon_4k",)),
    Package("stellarium-data", "debian", "photograph", "usr/share/stellarium/landscapes/mars", ("mars",)),
    Package("stellarium-data", "debian", "photograph", "usr/share/stellarium/landscapes/moon", ("apollo17",)),
    Package("stellarium-data", "debian", "sky", "usr/share/stellarium/nebulae/default", ("*",)),
    Package("supertuxkart-data", "debian", "texture", GAME, (
        "hd_beach_01_d", "hd_rock_01_d", "stk_generic_brickA", "stk_generic_cardboard_a", "stk_generic_corrugatedIronA",
        "stk_generic_dirtA", "stk_generic_dirtGrassA", "stk_generic_dirtRoad_a", "stk_generic_grassA",
        "stk_generic_gravalSnow_a", "stk_generic_hexaBasaltRoad_a", "stk_generic_ironA", "stk_generic_oldbricks_a",
        "stk_generic_plaster_a", "stk_generic_rockSnow_a", "stk_generic_rockStrata_a", "stk_generic_rock_b",
        "stk_generic_sandRoad_a", "stk_generic_thatch_a", "stk_generic_wickerA", "stk_karstRock_a",
        "stklama_gravelRoad_a", "stktex_cliff_a", "stktex_generic_WoodA", "stktex_generic_WoodB",
        "stktex_generic_WoodG", "stktex_generic_aztekWall_a", "stktex_generic_bambooA", "stktex_generic_cobbleStoneA",
        "stktex_generic_concreteA",
        "stktex_generic_coral_a", "stktex_generic_gravelA", "stktex_generic_marbleA", "stktex_generic_roots_a",
        "stktex_generic_stoneWallA", "stktex_generic_underwaterRock_a", "stktex_generic_waterAztekWallA",
        "stktex_generic_waterConcreteA", "stktex_generic_waterRockA", "stktex_palmTreeBark_a", "stktex_snowRock_a",
        "stktex_treeBark_a")),
    Package("ufoai-textures", "debian", "texture", UFO.format("nature"), (
        "desert002", "desert005", "desert009", "jungle002", "pjrock1", "pjrock16", "pjrock17", "pjrock21", "pjrock6",
        *(f"rock{number:03}" for number in range(1, 19)), "stone001")),
    Package("ufoai-textures", "debian", "texture", UFO.format("ctp1"), (
        "concrete_b_1", "concrete_g_10", "concrete_g_4", "concrete_g_5", "concrete_g_6", "concrete_g_8", "concrete_r_1",
        "grass_g_7", "ground_b_1", "ground_g_2", "hedge02")),
)  # fmt: skip
"""Names of families; `{}` in a folder is the name, whose largest picture is taken."""


DEBIAN = sorted({package.name for package in PACKAGES if package.source == "debian"})


def fetch(names: Iterable[str] = DEBIAN, folder: Path = FOLDER) -> None:
    """Unpack the Debian packages that are not there yet; nothing is installed."""
    for name in names:
        if not (folder / name).is_dir():
            unpack(name, folder)


def unpack(name: str, folder: Path) -> None:
    """Download a Debian package and unpack it into a folder of its name; nothing is installed."""
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise UserError(f"{tool}: not found; real pictures come from Debian's packages: run this on Debian")
    scratch = folder / f"{name}.part"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    command = ["apt-get", "--option", f"Acquire::http::Timeout={PATIENCE}", "download", name]
    answer = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
    archives = sorted(scratch.glob("*.deb"))
    if answer.returncode or not archives:
        shutil.rmtree(scratch)
        raise UserError(f"{name}: apt-get cannot download it; run `apt-get update`, or remove it from PACKAGES")
    subprocess.run(["dpkg-deb", "-x", archives[0], scratch], check=True)
    archives[0].unlink()
    for packed in scratch.rglob("0textures.pk3"):
        _unzip(packed)
    scratch.rename(folder / name)


def _unzip(packed: Path) -> None:
    """Replace an archive by a folder of its name."""
    archive = packed.rename(packed.with_suffix(".zip"))
    with zipfile.ZipFile(archive) as content:
        content.extractall(packed)
    archive.unlink()


def at_hand(least: int, folder: Path = FOLDER, kind: str = "") -> list[Family]:
    """The photographs, or those of a kind, of the packages that are there whose shorter side has so many pixels."""
    packages = [package for package in PACKAGES if kind in {"", package.kind}]
    found = [family for package in packages for family in _families(package, folder)]
    return [family for family in found if _shorter(family.path) >= least]


def families(smallest: int = SMALLEST, kind: str = "", folder: Path = FOLDER) -> list[Family]:
    """All photographs, or those of a kind, that are large enough for a native of so many pixels."""
    missing = [name for name in DEBIAN if not (folder / name).is_dir()]
    if missing:
        raise UserError(f"{folder}: no real pictures of {missing[0]}; run `make real`")
    return at_hand(2 * smallest, folder, kind)


class Placed(NamedTuple):
    """A picture in the order that folds go by: its number in the list, itself, its photograph, and that one's place."""

    number: int
    family: Family
    photograph: str
    place: int


def ordered(folder: Path = FOLDER) -> list[Placed]:
    """All pictures in one shuffled order; pictures of one photograph have that one's name and place."""
    found = families(folder=folder)
    shuffled = [(int(number), found[number]) for number in np.random.default_rng(0).permutation(len(found))]
    places = {family.name: place for place, (_, family) in enumerate(shuffled)}
    photographs = [SHARED.get(family.name, family.name) for _, family in shuffled]
    return [Placed(*one, name, places[name]) for one, name in zip(shuffled, photographs, strict=True)]


def _families(package: Package, folder: Path) -> Iterator[Family]:
    if package.source == "python":
        place = find_spec(package.name)
        root = Path(str(place.origin)).parent if place else Path()
    else:
        root = folder / package.name
    for name in package.names:
        inside = root / package.folder.format(name)
        pattern = "*.*" if "{}" in package.folder else f"{name}.*"
        paths = [
            path for path in sorted(inside.glob(pattern)) if path.suffix in {".png", ".jpg"} and not path.is_symlink()
        ]
        if name == "*":
            yield from (Family(f"{package.name}/{path.stem}", package.name, package.kind, path) for path in paths)
        elif paths:
            yield Family(f"{package.name}/{name}", package.name, package.kind, max(paths, key=_pixels))


def _pixels(path: Path) -> int:
    with Image.open(path) as image:
        return image.width * image.height


def _shorter(path: Path) -> int:
    with Image.open(path) as image:
        return min(image.size)


def native(family: Family) -> np.ndarray:
    """The photograph reduced by a whole factor of 2 to 4 with Lanczos, so that its detail reaches the last pixel."""
    with Image.open(family.path) as image:
        picture = image.convert("RGB")
    factor = int(np.clip(min(picture.size) // 600, 2, LARGEST_FACTOR))
    width, height = picture.width // factor, picture.height // factor
    cut = picture.crop((0, 0, width * factor, height * factor))
    reduced = np.asarray(cut.resize((width, height), Image.Resampling.LANCZOS))
    top, left = max(0, (height - SIDE) // 2), max(0, (width - SIDE) // 2)
    return np.ascontiguousarray(reduced[top : top + SIDE, left : left + SIDE])


def main() -> None:
    """Fetch, and say how many families each package gives."""
    try:
        fetch()
        found = families()
    except UserError as error:
        sys.exit(str(error))
    for package in sorted({family.package for family in found}):
        kinds = [family.kind for family in found if family.package == package]
        print(f"{package:<30}" + ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds))))
    photographs = {SHARED.get(family.name, family.name) for family in found}
    print(f"{len(found)} pictures of {len(photographs)} families in {FOLDER}")


if __name__ == "__main__":
    main()
