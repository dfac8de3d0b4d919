import polars as pl

from native4k.fetch import identity


def test_an_id_is_sixteen_hex_digits_of_the_normalised_url_or_of_source_and_path_for_ever() -> None:
    assert identity.identify("web", "https://example.org/a.jpg") == "700caca5ae8f856f"
    same = ["http://example.org/a.jpg", " HTTPS://Example.org:443/a.jpg#b ", "https://example.org/a.jpg?utm_source=c"]
    assert {identity.identify("another", url) for url in same} == {"700caca5ae8f856f"}
    assert identity.identify("web", "https://example.org/A.jpg") != "700caca5ae8f856f"
    assert identity.identify("folder", "deep/a.png") == "bcb81f460400c526"
    assert identity.identify("folder", "deep/a.png") == identity.hashed(pl.Series(["folder\ndeep/a.png"])).item()
    assert identity.identify("journeydb", "deep/a.png") != "bcb81f460400c526"
