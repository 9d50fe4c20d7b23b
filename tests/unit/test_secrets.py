"""Nothing that is shown holds a secret."""

import pytest
from pydantic import SecretStr

from batchclip.api.credentials import Credentials
from batchclip.api.secrets import LONG, Secrets
from batchclip.api.tokenfile import TokenPair
from batchclip.outcome import Answer, Kind, Outcome, Silence
from batchclip.settings import SECRETS, Settings

SECRET = "a-secret-of-some-length"  # noqa: S105 -- made up
SHORT = "hush"


def knowing(*secrets: str) -> Secrets:
    known = Secrets()
    known.add(*secrets)
    return known


@pytest.mark.parametrize(
    "shown",
    [
        Credentials(SECRET, SECRET, SECRET),
        TokenPair(access_token=SECRET, refresh_token=SECRET, seed=SECRET),
        knowing(SECRET),
        Settings(**dict.fromkeys(SECRETS, SecretStr(SECRET))),  # type: ignore[arg-type]
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_what_holds_a_secret_does_not_show_it(shown: object) -> None:
    assert SECRET not in repr(shown)
    assert SECRET not in str(shown)
    assert SECRET not in f"{[shown]}"


def test_a_pair_that_is_no_pair_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="refresh_token") as caught:
        TokenPair.model_validate({"access_token": SECRET, "refresh_token": [SECRET]})

    assert SECRET not in str(caught.value)


def test_secrets_are_taken_out_of_every_text_of_an_outcome() -> None:
    text = f"a {SECRET} b {SHORT} c"
    outcome = Outcome(Kind.REFUSED, error_name=text, error=text, project_id=text)

    cleaned = knowing(SECRET, SHORT).out_of_outcome(outcome)

    assert {cleaned.error_name, cleaned.error, cleaned.project_id} == {"a *** b *** c"}


def test_texts_that_are_not_there_stay_so() -> None:
    outcome = Outcome(Kind.CREATED, error="")

    assert knowing(SECRET).out_of_outcome(outcome) == outcome


def test_an_answer_loses_long_secrets_only() -> None:
    body = f"{SECRET} {SHORT}".encode()

    cleaned = knowing(SECRET, SHORT).out_of_answer(Answer(200, {"a": "b"}, body))

    assert cleaned == Answer(200, {"a": "b"}, b"*** hush")


def test_a_silence_loses_its_secrets() -> None:
    silence = Silence(True, "OSError", f"{SHORT}, {SECRET}", timed_out=True)

    cleaned = knowing(SECRET, SHORT).out_of_silence(silence)

    assert cleaned == Silence(True, "OSError", "***, ***", timed_out=True)


def test_of_a_secret_that_begins_with_another_nothing_stays() -> None:
    longer = [SECRET + "x" * rest for rest in range(20)]
    known = knowing(*longer)

    for secret in longer:
        assert known.out_of_answer(Answer(200, {}, secret.encode())).body == b"***"
        assert known.out_of_outcome(Outcome(Kind.REFUSED, error=secret)).error == "***"


@pytest.mark.parametrize("word", ["", "a", "abc"])
def test_what_is_too_short_for_a_secret_stays(word: str) -> None:
    outcome = Outcome(Kind.REFUSED, error="abc abc")

    assert knowing(word).out_of_outcome(outcome) == outcome


def test_the_border_between_short_and_long() -> None:
    secret = "s" * LONG

    assert knowing(secret).out_of_answer(Answer(200, {}, secret.encode())).body == b"***"
    assert knowing(secret[1:]).out_of_answer(Answer(200, {}, secret[1:].encode())).body != b"***"


def test_credentials_make_a_basic_header() -> None:
    assert Credentials("id", "se:cret").basic == "Basic aWQ6c2U6Y3JldA=="


def test_a_seed_is_known_by_its_digest() -> None:
    one, other = Credentials("a", "b", "seed-1"), Credentials("a", "b", "seed-2")

    assert one.seed_digest is not None
    assert one.seed_digest != other.seed_digest
    assert "seed" not in one.seed_digest
    assert Credentials("a", "b").seed_digest is None
