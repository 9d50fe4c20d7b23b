"""Error bodies in every shape, and text that any table and terminal can take."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchclip.envelope import MAX_TEXT, Complaint, plain, read_complaint, read_json, squash


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ({"error": {"name": "invalid_token", "message": "m", "code": 401}}, "invalid_token", "m"),
        ({"Error": {"NAME": "N", "Message": "m"}}, "N", "m"),
        ({"error": {"error_description": "d", "name": "N"}}, "N", "d"),
        ({"error": {"message": "m", "errorDescription": "d"}}, "", "m"),
        ({"error": {"message": " ", "error-description": "d"}}, "", "d"),
        ({"name": "N", "message": "m"}, "N", "m"),
        ({"error": "invalid_grant", "error_description": "d"}, "invalid_grant", "d"),
        ({"error": "Forbidden", "message": "m", "statusCode": 403}, "Forbidden", "m"),
        ({"error": "general", "name": "special"}, "special", ""),
        ({"error": None, "message": "m"}, "", "m"),
        ({"error": True, "name": "N"}, "N", ""),
        ({"error": ["N"]}, "", ""),
        ({"error": {"name": {"name": "N"}, "message": ["m"]}}, "", ""),
        ({"error": {}, "message": "outside"}, "", ""),
        ({"error": {"name": " spaced\tout \n"}}, "spaced out", ""),
        ({}, "", ""),
    ],
)
def test_an_object_s_name_and_message(content: object, name: str, message: str) -> None:
    assert read_complaint(json.dumps(content).encode()) == Complaint(name, message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", ""),
        (b"<h1>502</h1>\r\n<hr>nginx", "<h1>502</h1> <hr>nginx"),
        (b'{"error": {"na', '{"error": {"na'),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[1, 2]", "[1, 2]"),
        (b'"text"', '"text"'),
        (b"null", "null"),
        (b"a\0b\x1b[31mc\xc2\x85d", "a b [31mc d"),
    ],
)
def test_what_is_no_object_is_kept_as_text(body: bytes, message: str) -> None:
    assert read_complaint(body) == Complaint("", message, structured=False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 200_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"9" * 10_000,
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_no_json_in_utf_8_is_none(body: bytes) -> None:
    assert read_json(body) is None


@pytest.mark.parametrize(
    ("body", "value"), [(b'{"a": [1, null]}', {"a": [1, None]}), (b" 1e999 ", float("inf"))]
)
def test_json_is_parsed(body: bytes, value: object) -> None:
    assert read_json(body) == value


@pytest.mark.parametrize(
    "spelling",
    ["InvalidBodyParams", "invalid_body_params", "INVALID-BODY-PARAMS", " invalid body.params! "],
)
def test_all_spellings_compare_equal(spelling: str) -> None:
    assert squash(spelling) == "invalidbodyparams"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("  a \n\n b\t", "a b"),
        ("x" * (MAX_TEXT + 1), "x" * MAX_TEXT),
        ("\ud800lone", "?lone"),
        ("sm\u00f8rrebr\u00f8d \U0001f600", "sm\u00f8rrebr\u00f8d \U0001f600"),
        ("left\u202eright", "left right"),
        ("\0", ""),
    ],
)
def test_text_is_made_plain(text: str, made: str) -> None:
    assert plain(text) == made


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_plain_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    made = plain(text)

    assert made.isprintable()
    assert len(made) <= MAX_TEXT
    assert made.encode("utf-8").decode("utf-8") == made
    assert plain(made) == made.strip()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_no_body_can_break_the_reader(body: bytes) -> None:
    complaint = read_complaint(body)

    assert complaint.structured == isinstance(read_json(body), dict)
