"""What a dataset says it was made from is what DVC makes it again for."""

from pathlib import Path

import yaml

from native4k.publish import made

ROOT = Path(__file__).parent.parent.parent
STAGE = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["publish"]


def test_the_publish_stage_depends_on_all_that_is_hashed() -> None:
    assert set(STAGE["params"]) == set(made.SECTIONS)
    code = {name.removeprefix("src/native4k/") for name in STAGE["deps"] if name.startswith("src/")}
    assert code == set(made.CODE)
    assert {"requirements.lock", "data/tables", "data/images"} < set(STAGE["deps"])


def test_every_module_that_is_hashed_exists() -> None:
    assert [name for name in made.CODE if not (made.PACKAGE / name).exists()] == []


def test_a_hash_of_code_sees_names_and_content_of_modules_only(tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "deeper").mkdir(parents=True)
    (package / "deeper" / "one.py").write_text("1")
    seen = [made.of_code(package)]
    (package / "deeper" / "note.txt").write_text("not code")
    assert made.of_code(package) == seen[0]
    (package / "deeper" / "one.py").write_text("2")
    seen.append(made.of_code(package))
    (package / "deeper" / "one.py").rename(package / "deeper" / "two.py")
    seen.append(made.of_code(package))
    assert len(set(seen)) == 3


def test_a_section_is_its_values_whatever_their_order() -> None:
    assert made.of_section({"a": 1, "b": [2.0]}) == made.of_section({"b": [2.0], "a": 1})
    assert made.of_section({"a": 1}) != made.of_section({"a": 2})
