"""The calls that batchclip makes. One method an endpoint; it answers with an outcome."""

from batchclip.api.exchange import Exchange, Request
from batchclip.api.models import CreateProject
from batchclip.api.secrets import Secrets
from batchclip.clock import Clock
from batchclip.job import Range
from batchclip.outcome import Answer, Outcome, Silence, read_answer, read_silence


class RestreamClient:
    """Restream's API behind one token and one session."""

    def __init__(self, exchange: Exchange, clock: Clock, secrets: Secrets) -> None:
        self._exchange = exchange
        self._clock = clock
        self._secrets = secrets

    async def create_project(self, asked: Range, token: str) -> Outcome:
        """Ask for clips of a range: sends exactly one request, and never raises for its end."""
        request = Request(
            "POST",
            "/v2/user/clips/projects",
            json=CreateProject.of(asked).to_json(),
            authorization=f"Bearer {token}",
        )
        return self._read(await self._exchange.send(request))

    def _read(self, answer: Answer | Silence) -> Outcome:
        if isinstance(answer, Silence):
            return self._secrets.out_of_outcome(read_silence(self._secrets.out_of_silence(answer)))
        outcome = read_answer(self._secrets.out_of_answer(answer), self._clock.now())
        return self._secrets.out_of_outcome(outcome)
