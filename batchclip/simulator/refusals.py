"""The ways in which the API says no, in Restream's error envelope."""

from __future__ import annotations


class Refusal(Exception):
    """A call that is answered with an error: its status, name and message."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.name = name
        self.message = message

    def envelope(self) -> dict[str, object]:
        """Return the error envelope, with the three status fields that Restream's pages show."""
        status = self.status
        error = {"statusCode": status, "status": status, "code": status}
        return {"error": {**error, "message": self.message, "name": self.name}}


def invalid_body(message: str) -> Refusal:
    """Say that a create's body is wrong (Restream's page Create Project: 400)."""
    return Refusal(400, "InvalidBodyParams", message)


def invalid_query(message: str) -> Refusal:
    """Say that a query parameter is wrong."""
    return Refusal(400, "InvalidQueryParams", message)


def invalid_token(message: str) -> Refusal:
    """Say that an access token is missing, dead or unknown."""
    return Refusal(401, "invalid_token", f"Invalid token: {message}")


def insufficient_scope() -> Refusal:
    """Say that the token's scopes do not allow the call."""
    return Refusal(403, "insufficient_scope", "Insufficient scope")


def feature_not_active() -> Refusal:
    """Say that the account's plan has no clips."""
    return Refusal(403, "FeatureNotActive", "The clips feature is not active")


def usage_limit_reached() -> Refusal:
    """Say that the account's clipping is used up."""
    return Refusal(403, "UsageLimitReached", "Usage limit reached")


def file_not_found() -> Refusal:
    """Say that video storage has no such file."""
    return Refusal(404, "FileNotFound", "Video storage file not found")


def not_found(name: str) -> Refusal:
    """Say that something else was not found, such as ProjectNotFound."""
    return Refusal(404, name, "Not found")


def already_processed() -> Refusal:
    """Say that the whole video was clipped before (Restream's page Create Project: 409)."""
    return Refusal(409, "ClipsInputAlreadyProcessed", "The video was already processed")


def slow_down() -> Refusal:
    """Say that requests come too fast."""
    return Refusal(429, "TooManyRequests", "Too many requests")


def internal_error() -> Refusal:
    """Say that something broke."""
    return Refusal(500, "InternalServerError", "Internal server error")


def unavailable() -> Refusal:
    """Say that the service is away for a while."""
    return Refusal(503, "ServiceUnavailable", "Service unavailable")
