"""What goes to Restream and what comes back, as its developer pages name it."""

import math
from typing import Annotated, Literal, NotRequired, TypedDict
from uuid import UUID

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import to_json

from batchclip.job import Mode, Range


class SelectedTimeRange(TypedDict):
    """A part of the video, in seconds from its beginning."""

    startOffsetSeconds: int | float
    endOffsetSeconds: int | float


class CreateProject(TypedDict):
    """The body of `POST /v2/user/clips/projects` (Restream's page "Create Project")."""

    sourceType: Literal["VideoStorageFile"]
    videoStorageFileId: UUID
    title: NotRequired[str]
    singleClipMode: NotRequired[bool]
    selectedTimeRange: NotRequired[SelectedTimeRange]
    forceReprocess: NotRequired[bool]


def body_for(asked: Range) -> bytes:
    """What asks for this range, as it goes on the wire: JSON in UTF-8.

    A range was validated where it came in; it is not validated again for each request.
    """
    body: CreateProject = {"sourceType": "VideoStorageFile", "videoStorageFileId": asked.file_id}
    if asked.title is not None:
        body["title"] = asked.title
    if asked.mode is Mode.SINGLE:
        body["singleClipMode"] = True
    if part := selected(asked):
        body["selectedTimeRange"] = part
    if asked.forced:
        body["forceReprocess"] = True
    return to_json(body)


def selected(asked: Range) -> SelectedTimeRange | None:
    """The part that is asked for, None for the whole video."""
    if asked.start_ms is None or asked.end_ms is None:
        return None
    return {
        "startOffsetSeconds": seconds(asked.start_ms),
        "endOffsetSeconds": seconds(asked.end_ms),
    }


def seconds(milliseconds: int) -> int | float:
    """Whole seconds as a whole number, others with their fraction."""
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def life(value: object) -> float | None:
    """A token's life in seconds, None (not known) for what is no positive number.

    A pair is too dear to be thrown away for it: the old one is dead.
    """
    try:
        seconds = float(str(value))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


class TokenAnswer(BaseModel):
    """The answer of `POST /oauth/token`; its names come in snake and in camel case."""

    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: str = Field(
        min_length=1, repr=False, validation_alias=AliasChoices("access_token", "accessToken")
    )
    refresh_token: str = Field(
        min_length=1, repr=False, validation_alias=AliasChoices("refresh_token", "refreshToken")
    )
    expires_in: Annotated[float | None, BeforeValidator(life)] = Field(
        None, validation_alias=AliasChoices("expires_in", "expiresIn"), description="seconds"
    )
