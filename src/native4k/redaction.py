"""Replace secrets in text from outside before it is stored or printed, always before it is truncated."""

import base64
import os
import re
from functools import cache

MARK = "***"

LEAST = 8
"""Characters of a key: a shorter one is a placeholder, such as EMPTY; of a longer one its beginning is redacted too."""

VARIABLE = re.compile(r"(?i)(?:^|_)(?:key|key_id|token|secret|passw(?:or)?d)$")
"""Environment variables that hold secrets."""

_NAME = r"(?:api|access|secret)[_-]?key(?:[_-]?id)?|token|secret|passw(?:or)?d|pwd|signature|\bsig|credential"
_QUOTES, _VALUE, _WORD = r"[\"'\\]{0,4}", r"[^\s&\"'\\,;<>(){}\[\]]{1,4096}(?<!:)", r"(?![a-z]{1,20}(?![\w.~+/=-]))"
_CREDENTIALS = [
    (re.compile(pattern), replacement)
    for pattern, replacement in {
        r"(://)[^/\s@\"'<>?#]{1,512}@": rf"\1{MARK}@",  # user and password in a URL
        rf"(?i)(authorization{_QUOTES}\s{{0,4}}[=:]\s{{0,4}}{_QUOTES}(?:[a-z][\w-]{{1,30}} )?){_VALUE}": rf"\1{MARK}",
        rf"((?i:\b(?:bearer|basic) {{1,4}})){_WORD}[\w.~+/=-]{{{LEAST},4096}}": rf"\1{MARK}",
        rf"((?i:{_NAME}){_QUOTES}\s{{0,4}}(?:=|%3[Dd])\s{{0,4}}{_QUOTES}){_VALUE}": rf"\1{MARK}",
        rf"((?i:{_NAME}){_QUOTES}\s{{0,4}}(?::|%3[Aa])\s{{0,4}}{_QUOTES}){_WORD}{_VALUE}": rf"\1{MARK}",
        r"(?<![A-Za-z0-9])(sk-|hf_|gh[opsru]_|github_pat_|xox[abprs]-|AIza)[\w-]{16,512}": rf"\1{MARK}",
        r"(?<![A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])": rf"\1{MARK}",  # AWS
        r"\beyJ[\w-]{8,4096}\.[\w-]{8,8192}(?:\.[\w-]{0,4096})?": MARK,  # a JSON web token
    }.items()
]
"""What looks like a credential. Every repetition is bounded, so that no text takes long."""


def redact(text: str, *secrets: str) -> str:
    """Replace these secrets, those of the environment, the beginnings of both, and what looks like a credential."""
    for secret in sorted({*secrets, *environment_secrets()}, key=len, reverse=True):
        text = _without(text, secret, LEAST)
    return redact_credentials(text)


def redact_secrets(text: str, *secrets: str) -> str:
    """Replace these secrets alone where they stand whole: for answers, whose every other word is data."""
    for secret in secrets:
        if len(secret) >= LEAST:
            text = _without(text, secret, None)
    return text


def redact_credentials(text: str) -> str:
    """Replace what looks like a credential, whoever's it is."""
    for pattern, replacement in _CREDENTIALS:
        text = pattern.sub(replacement, text)
    return text


def environment_secrets() -> list[str]:
    """The secrets that environment variables hold, told by the variables' names."""
    values = [value for name, value in os.environ.items() if VARIABLE.search(name)]
    return [value for value in values if len(value) >= LEAST and not os.path.exists(value)]  # noqa: PTH110  # no OSError


def _without(text: str, secret: str, least: int | None) -> str:
    """The text with MARK for each form of a secret, or for at least so many of its first characters."""
    for form in _forms(secret):
        kept, end = [], 0
        for found in _beginning(form[:least]).finditer(text):
            if found.start() < end:
                continue
            kept.append(text[end : found.start()])
            end = found.end()
            for letter in form[len(form[:least]) :]:
                following = _beginning(letter).match(text, end)
                if following is None:
                    break
                end = following.end()
        if kept:
            text = MARK.join([*kept, text[end:]])
    return text


@cache
def _forms(secret: str) -> tuple[str, ...]:
    """A secret as it is, in hexadecimal, and what Base64 makes of it wherever it stands in a longer text."""
    raw = secret.encode()
    forms = [secret, raw.hex(), raw.hex().upper()]
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + raw)
        whole = encoded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6].decode()
        forms += [whole, whole.replace("+", "-").replace("/", "_")] if len(whole) >= LEAST else []
    return tuple(dict.fromkeys(forms)) if len(secret) >= LEAST // 2 else ()


@cache
def _beginning(letters: str) -> re.Pattern[str]:
    """Letters, each as it is or as JSON, Python, URLs or HTML escape it."""
    units = []
    for letter in letters:
        plain, code = re.escape(letter), ord(letter)
        escaped = rf"(?:u(?i:{code:04x})|x(?i:{code:02x})|{plain})"
        units.append(
            rf"(?:{plain}|\\\\{{0,3}}{escaped}|%(?:25){{0,3}}(?i:{code:02x})|&#(?:0{{0,6}}{code}|[xX]0{{0,6}}(?i:{code:x}));)"
        )
    return re.compile("".join(units))
