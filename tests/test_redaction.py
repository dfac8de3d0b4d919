"""Secrets in text from outside: in whatever form a server gives them back they go, and nothing else does."""

import base64
import json
import subprocess
import sys
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.redaction import MARK, redact, redact_credentials, redact_secrets

KEY = "sk-Ab+3/=xyz.9876_QWERTYuiop"
PLANTED = "planted/0123456789"


def escaped(text: str) -> str:
    """As JSON may write any letter."""
    return "".join(f"\\u{ord(letter):04X}" for letter in text)


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        quote(KEY, safe=""),
        quote(quote(KEY, safe=""), safe=""),
        escaped(KEY),
        json.dumps(escaped(KEY))[1:-1],
        KEY.replace("/", "\\/"),
        "".join(f"&#{ord(letter)};" for letter in KEY),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
    ],
)
def test_a_secret_goes_in_every_spelling(form: str) -> None:
    assert redact(f"<a>{form}<b>", KEY) == f"<a>{MARK}<b>"
    assert redact_secrets(f"<a>{form}<b>", KEY) == f"<a>{MARK}<b>"


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_goes_from_base64_wherever_it_begins(before: str, encode: "type[bytes]") -> None:
    made = encode(f"{before}{KEY}:after".encode()).decode()
    left = redact(made, KEY)
    assert MARK in left
    assert len(left) < len(made) - len(KEY)


@pytest.mark.parametrize("length", range(8, len(KEY)))
def test_what_a_cut_leaves_of_a_secret_goes_too(length: int) -> None:
    for form in (KEY, quote(KEY, safe=""), escaped(KEY)):
        assert form[: 6 * length][:-1] not in redact(f"<a>{form[: 6 * length]}", KEY)
    assert redact(f"<a>{KEY[:length]}", KEY) == f"<a>{MARK}"


@pytest.mark.parametrize(
    ("text", "left"),
    {
        "Authorization: Bearer abc.def-123": "Authorization: Bearer ***",
        "{'authorization': 'Basic dXNlcjpwYXNz'}": "{'authorization': 'Basic ***'}",
        '{"Authorization":"abcd1234"}': '{"Authorization":"***"}',
        "got bearer ABCDEFGH1": "got bearer ***",
        "https://user:word@host.example/a?b=c": "https://***@host.example/a?b=c",
        "s3://AKIAABCDEFGHIJKLMNOP/x": "s3://AKIA***/x",
        "http://a.example/x?w=9&token=ab%2Fc&h=8": "http://a.example/x?w=9&token=***&h=8",
        "?X-Amz-Credential=a%2Fb&X-Amz-Signature=0af": "?X-Amz-Credential=***&X-Amz-Signature=***",
        "?next=%2Fx%3Fapi_key%3Dabcdef": "?next=%2Fx%3Fapi_key%3D***",
        '{"api_key": "abcd1234", "n": 3}': '{"api_key": "***", "n": 3}',
        "x-api-key: ABCD-1234": "x-api-key: ***",
        "password=hunter2; path=/": "password=***; path=/",
        "Incorrect key sk-proj-0123456789abcdef.": "Incorrect key sk-***.",
        "hf_0123456789abcdefghij": "hf_***",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-1": "***",
    }.items(),
)
def test_what_looks_like_a_credential_goes(text: str, left: str) -> None:
    assert redact_credentials(text) == left
    assert redact_credentials(left) == left


@pytest.mark.parametrize(
    "line",
    [
        "native4k fetch: data/images: made before a change of params fetch; run 'make images'",
        "native4k collect: hf://datasets/a/b@main/x.parquet: not found",
        'Bearer error="invalid_token": the bearer authentication is required',
        "200 prompt_tokens: 12, total_tokens=19; unexpected token: comma",
        "https://medium.example/@someone/a-picture?width=9&key=sky",
        "no secret is kept, nor a password. Basic authentication failed",
        "task-oriented-dialogue-0123456789 at /sk-SK/pictures-0123",
    ],
)
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert redact(line, KEY) == line


@given(st.text(alphabet="sk-Ab+3/=xyz:\\u%&# token=Bearer", max_size=200))
def test_an_answer_without_the_secret_is_not_touched(text: str) -> None:
    if KEY not in text:
        assert redact_secrets(text, KEY, "EMPTY") == text
    assert redact_secrets(f"Bearer ABCD1234, EMPTY, token={text}", KEY, "EMPTY").startswith("Bearer ABCD1234, EMPTY")


@pytest.mark.parametrize("unit", ["\\", "%25", "://", "token ", "bearer ", "sk-", "eyJ", KEY[:7], "authorization:'"])
def test_no_text_takes_long(unit: str) -> None:
    assert redact(unit * (2**19 // len(unit)), KEY)  # would not end if its time grew with the square


@pytest.mark.parametrize(
    ("name", "taken"), [("HF_TOKEN", True), ("AWS_SECRET_ACCESS_KEY", True), ("MONKEY", False), ("KEYBOARD", False)]
)
def test_secrets_of_the_environment_are_known(monkeypatch: pytest.MonkeyPatch, name: str, taken: bool) -> None:
    monkeypatch.setenv(name, PLANTED)
    assert redact(f"denied: {PLANTED}") == f"denied: {MARK if taken else PLANTED}"


def test_a_path_in_the_environment_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_KEY", sys.executable)
    assert redact(f"{sys.executable}: no such file") == f"{sys.executable}: no such file"


def test_the_traceback_of_an_error_that_nobody_expected_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_KEY", PLANTED)
    code = (
        "import os\nfrom native4k import cli\n"
        "def fail(words):\n    raise RuntimeError(os.environ['PLANTED_KEY'] + ' is planted')\n"
        "cli._run = fail\ncli.main([])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith("Traceback")
    assert run.stderr.endswith(f"RuntimeError: {MARK} is planted\n")
