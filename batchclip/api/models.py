"""What goes to Restream and what comes back, as its developer pages name it."""

import math
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from batchclip.job import Mode, Range


class Body(BaseModel):
    """A request's body, in camel case; what is None is not sent."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def to_json(self) -> bytes:
        """Return what goes on the wire: JSON in UTF-8."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class SelectedTimeRange(Body):
    """A part of the video, in seconds from its beginning."""

    start_offset_seconds: int | float
    end_offset_seconds: int | float


class CreateProject(Body):
    """The body of `POST /v2/user/clips/projects` (Restream's page "Create Project")."""

    source_type: Literal["VideoStorageFile"] = "VideoStorageFile"
    video_storage_file_id: UUID
    title: str | None = None
    single_clip_mode: bool | None = None
    selected_time_range: SelectedTimeRange | None = None
    force_reprocess: bool | None = None

    @classmethod
    def of(cls, asked: Range) -> "CreateProject":
        """Return the body that asks for this range."""
        return cls(
            video_storage_file_id=asked.file_id,
            title=asked.title,
            single_clip_mode=True if asked.mode is Mode.SINGLE else None,
            selected_time_range=selected(asked),
            force_reprocess=True if asked.forced else None,
        )


def selected(asked: Range) -> SelectedTimeRange | None:
    """The part that is asked for, None for the whole video."""
    if asked.start_ms is None or asked.end_ms is None:
        return None
    return SelectedTimeRange(
        start_offset_seconds=seconds(asked.start_ms), end_offset_seconds=seconds(asked.end_ms)
    )


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
