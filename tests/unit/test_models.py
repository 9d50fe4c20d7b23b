"""What goes to Restream and what comes back from it."""

import json
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from batchclip.api.models import TokenAnswer, body_for, seconds, selected
from batchclip.job import Mode, Range

FILE = UUID("a1b2c3d4-e5f6-7890-abcd-ef1234567890")


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0"), (1000, "1"), (86_400_000, "86400"), (1, "0.001"), (90_500, "90.5")],
)
def test_seconds_are_written_without_a_needless_fraction(milliseconds: int, text: str) -> None:
    assert json.dumps(seconds(milliseconds)) == text


def test_a_body_holds_only_what_is_asked() -> None:
    body = json.loads(body_for(Range(FILE)))

    assert body == {"sourceType": "VideoStorageFile", "videoStorageFileId": str(FILE)}


def test_a_body_with_everything() -> None:
    asked = Range(FILE, 0, 10_500, mode=Mode.SINGLE, title="t")

    assert json.loads(body_for(asked)) == {
        "sourceType": "VideoStorageFile",
        "videoStorageFileId": str(FILE),
        "title": "t",
        "singleClipMode": True,
        "selectedTimeRange": {"startOffsetSeconds": 0, "endOffsetSeconds": 10.5},
    }


def test_force_is_sent_for_a_whole_video_alone() -> None:
    whole = json.loads(body_for(Range(FILE, force=True)))
    part = json.loads(body_for(Range(FILE, 0, 10_000, force=True)))

    assert whole["forceReprocess"] is True
    assert "forceReprocess" not in part


def test_half_a_range_is_none() -> None:
    assert selected(Range(FILE, 0, None)) is None


def answer(**fields: Any) -> TokenAnswer:
    return TokenAnswer.model_validate_json(json.dumps(fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "scope": "x"},
        {"accessToken": "a", "refreshToken": "r", "expiresIn": 3600, "scopes": ["x"]},
        {"accessToken": "a", "refresh_token": "r", "expires_in": "3600"},
    ],
)
def test_both_spellings_of_a_token_answer_are_read(fields: dict[str, Any]) -> None:
    read = answer(**fields)

    assert (read.access_token, read.refresh_token, read.expires_in) == ("a", "r", 3600.0)


@pytest.mark.parametrize(
    "life", [None, 0, -5, "soon", "", [], {"a": 1}, float("nan"), float("inf"), True]
)
def test_a_pair_is_kept_whatever_its_life_is_said_to_be(life: object) -> None:
    read = answer(access_token="a", refresh_token="r", expires_in=life)

    assert (read.access_token, read.expires_in) == ("a", None)


def test_a_life_need_not_be_named() -> None:
    assert answer(access_token="a", refresh_token="r").expires_in is None


@pytest.mark.parametrize(
    "fields",
    [{}, {"access_token": "secret"}, {"refresh_token": "secret"}, {"access_token": "", "b": 1}],
)
def test_half_a_pair_is_none_and_is_not_shown(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        answer(**fields)

    assert "secret" not in str(caught.value)
