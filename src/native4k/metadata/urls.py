"""URLs as expressions over whole columns: which can be fetched, which are the same, whose they are, their ids."""

import hashlib

import polars as pl

TRACKING = r"utm_[a-z_]+|gclid|gclsrc|dclid|fbclid|msclkid|yclid|twclid|igshid|mc_[ce]id|_ga|_gl"
"""Query parameters that say where a visitor came from and never which file is served."""

PLAIN = r"^https?://[a-z0-9._-]+/[^?#\s]*$"
"""URLs that are normalised but for the scheme, as most are; matching them costs a tenth of normalising them."""

LEVELS = 8
"""Labels of a host name that are looked at; a block-listed domain is at most that deep."""


def fetchable(url: pl.Expr) -> pl.Expr:
    """Whether it is a URL of the web with a host, and without characters that no URL has."""
    return url.str.contains(r"^(?i:https?)://[^/?#\x00-\x20@:]+[.:]?[^/?#\x00-\x20]*(?:[/?#][^\x00-\x1f\x7f]*)?$")


def normalised(url: pl.Expr) -> pl.Expr:
    """One spelling for URLs that name the same file: scheme, case, default ports, fragments and tracking parameters."""
    secure = pl.when(url.str.starts_with("https")).then(url).otherwise("https" + url.str.slice(4))
    return (
        pl.when(url.str.contains(PLAIN))
        .then(secure)
        .otherwise(normalised_slowly(pl.when(~url.str.contains(PLAIN)).then(url)))
    )


def normalised_slowly(url: pl.Expr) -> pl.Expr:
    """The one spelling of any URL, however odd."""
    url = url.str.strip_chars()
    head = url.str.extract(r"^((?:[A-Za-z]+):/+[^/?#]*)").str.to_lowercase()
    host = head.str.replace(r"^https?:/+", "https://").str.replace(r"(?::(?:80|443)?)+$", "")
    tail = url.str.replace(r"^[A-Za-z]+:/+[^/?#]*", "").str.replace(r"#.*$", "")
    path = pl.when(tail.str.contains("?", literal=True)).then(_query(tail)).otherwise(tail)
    path = path.str.strip_chars_end()
    return host + pl.when(path.str.starts_with("/")).then(path).otherwise("/" + path)


def _query(tail: pl.Expr) -> pl.Expr:
    bare = tail.str.replace_all(rf"(?i)([?&])(?:(?:{TRACKING})(?:=[^&]*)?(?:&|$))+", "$1")
    return bare.str.replace(r"[?&\s]+$", "")


def host(url: pl.Expr) -> pl.Expr:
    """The host name, in small letters, without user, port and a last dot."""
    return url.str.extract(r"^[A-Za-z]+:/+(?:[^/?#@]*@)?([^/?#:]*)").str.to_lowercase().str.strip_chars_end(".")


def below(name: pl.Expr, domains: pl.Series) -> pl.Expr:
    """Whether a host is one of the domains or belongs to one."""
    labels = name.str.split(".")
    deep = [labels.list.tail(count).list.join(".") for count in range(1, LEVELS + 1)]
    return pl.any_horizontal(name.is_in(domains.implode()), *(tail.is_in(domains.implode()) for tail in deep))


def identify(source: str, url: str) -> str:
    """An image's id for ever: 16 hex digits of the hash of its normalised URL; of a local file, of source and path."""
    rows = with_ids(pl.DataFrame({"url": [url]}), source)
    return str(rows["id"][0])


def hash_names(names: pl.Series) -> pl.Series:
    """The first 16 hex digits of each name's SHA-256."""
    digests = [hashlib.sha256(name).digest() for name in names.cast(pl.Binary).to_list()]
    return pl.Series("id", digests, pl.Binary).bin.slice(0, 8).bin.encode("hex")


def with_ids(frame: pl.DataFrame, source: str) -> pl.DataFrame:
    """The rows with an id, their source, and whether their url is of the web; unknown texts are empty."""
    url = pl.col("url")
    name = pl.when("web").then(normalised(url)).otherwise(f"{source}\n" + url)
    rows = frame.lazy().with_columns(pl.col(pl.String).fill_null("")).with_columns(url.str.strip_chars())
    named = rows.with_columns(web=fetchable(url)).with_columns(id=name, source=pl.lit(source)).collect()
    return named.with_columns(hash_names(named["id"]))
