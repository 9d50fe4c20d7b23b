"""The calls that read: projects, clips and storage files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from batchclip.simulator import refusals
from batchclip.simulator.answers import deliver, json_answer, refused
from batchclip.simulator.faults import CREATE_PATH
from batchclip.simulator.refusals import Refusal
from batchclip.simulator.tokens import bearer, iso_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler

    from batchclip.simulator.state import State
    from batchclip.simulator.world import Clip, Project

_FILES_PATH = "/v2/user/storage/files"
_BYTES_A_SECOND = 500_000
_DEFAULT_PAGE, _LARGEST_PAGE = 20, 100


class ReadCalls:
    """Everything that a client may look up."""

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[web.RouteDef]:
        """Return the calls' routes."""
        clip_path = "/v2/user/clips/{clip}/download"
        return [
            web.get(CREATE_PATH, self._guarded("clips.read", self._projects)),
            web.get(CREATE_PATH + "/{project}", self._guarded("clips.read", self._project)),
            web.get(clip_path, self._guarded("clips.read", self._download)),
            web.get(_FILES_PATH, self._guarded("storage.read", self._files)),
            web.get(_FILES_PATH + "/{file}", self._guarded("storage.read", self._file)),
        ]

    def _guarded(self, scope: str, read: Callable[[web.Request], Any]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            await self._state.wait()
            token = bearer(request.headers.get("Authorization"))
            try:
                self._state.tokens.check(token, scope)
                answer = json_answer(read(request))
            except Refusal as refusal:
                answer = refused(refusal)
            return await deliver(request, answer)

        return handle

    def _projects(self, request: web.Request) -> dict[str, Any]:
        by_activity = _sorted_by_activity(request)
        limit, cursor = _limit(request), _cursor(request)
        world = self._state.world
        # One more than asked for tells whether there is another page.
        found = (world.latest if by_activity else world.newest)(cursor, limit + 1)
        page, more = found[:limit], len(found) > limit
        last = str(page[-1].activity if by_activity else page[-1].number) if more else None
        return {
            "projects": [self._listed(project) for project in page],
            "pagination": {"nextCursor": last, "hasMore": more},
        }

    def _listed(self, project: Project) -> dict[str, Any]:
        now = self._state.clock.monotonic()
        clips = project.clips(now)
        return {
            "projectId": project.project_id,
            "sourceTypeName": "VideoStorageFile",
            "sourceIdentifier": project.file,
            "title": project.title,
            "clipsCount": len(clips),
            "clipThumbnails": [_thumbnail(clip) for clip in clips[:3]],
            "generatingClipsNow": project.generating(now),
            "createdAt": iso_time(project.created_at),
        }

    def _project(self, request: web.Request) -> dict[str, Any]:
        project = self._state.world.project(request.match_info["project"])
        now = self._state.clock.monotonic()
        return {
            "generatingClipsNow": project.generating(now),
            "clips": [_clip(project, clip) for clip in project.clips(now)],
            "postedClips": [],
        }

    def _download(self, request: web.Request) -> dict[str, Any]:
        clip = request.match_info["clip"]
        if not self._state.world.has_clip(clip):
            raise refusals.not_found("ClipNotFound")
        # The field's name is undocumented; a client has to take the one address in the answer.
        return {"downloadUrl": f"{request.url.origin()}/simulator/clips/{clip}.mp4"}

    def _files(self, _: web.Request) -> dict[str, Any]:
        files = self._state.world.files()
        return {"files": [self._stored(file, seconds) for file, seconds in files.items()]}

    def _file(self, request: web.Request) -> dict[str, Any]:
        file = request.match_info["file"].lower()
        return self._stored(file, self._state.world.duration(file))

    def _stored(self, file: str, seconds: float) -> dict[str, Any]:
        return {
            "id": file,
            "title": f"Video {file}",
            "sizeBytes": int(seconds * _BYTES_A_SECOND),
            "durationSeconds": seconds,
            "status": "Ready",
            "createdAt": iso_time(self._state.world.started_at),
        }


def _clip(project: Project, clip: Clip) -> dict[str, Any]:
    return {
        "clipId": clip.clip_id,
        "name": f"{project.title} {clip.start:g}-{clip.end:g}",
        "viralityScore": 50,
        "viralityScoreExplanation": "Every simulated clip is of middling interest.",
        "transcriptText": "",
        "sourceStartSeconds": clip.start,
        "sourceEndSeconds": clip.end,
        "thumbnailUrl": _thumbnail(clip),
        "favouritedAt": None,
        "createdAt": iso_time(clip.made_at),
    }


def _thumbnail(clip: Clip) -> str:
    return f"https://thumbnails.invalid/{clip.clip_id}.jpg"


def _sorted_by_activity(request: web.Request) -> bool:
    order = request.query.get("sortBy", "CreatedAt")
    if order not in {"CreatedAt", "LastActivity"}:
        raise refusals.invalid_query("sortBy must be CreatedAt or LastActivity")
    return order == "LastActivity"


def _limit(request: web.Request) -> int:
    limit = _number(request, "limit")
    if limit is None:
        return _DEFAULT_PAGE
    if not 1 <= limit <= _LARGEST_PAGE:
        raise refusals.invalid_query(f"limit must be from 1 to {_LARGEST_PAGE}")
    return limit


def _cursor(request: web.Request) -> int | None:
    return _number(request, "cursor")


def _number(request: web.Request, key: str) -> int | None:
    text = request.query.get(key)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise refusals.invalid_query(f"{key} is invalid")
    return int(text)
