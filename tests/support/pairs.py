"""A token endpoint at which every refresh kills the pair before it."""

from tests.support.standin import Reply, refused


class Pairs:
    """Gives `access-token-N` and `refresh-token-N`; `refresh-token-0` is there from the start."""

    def __init__(self) -> None:
        self.given = 0

    @property
    def living(self) -> str:
        """The one refresh token that is good."""
        return f"refresh-token-{self.given}"

    @property
    def authorization(self) -> str:
        """The one header that is good."""
        return f"Bearer access-token-{self.given}"

    def refresh(self, _: str, form: dict[str, str]) -> Reply:
        if form["refresh_token"] != self.living:
            return refused(400, "invalid_grant")
        self.given += 1
        pair = {"access_token": f"access-token-{self.given}", "refresh_token": self.living}
        return Reply(200, pair | {"expires_in": 3600})
