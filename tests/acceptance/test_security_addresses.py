"""A token goes to the address that a person has named, and in the clear to this machine alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from batchclip.errors import UsageError
from batchclip.notation import is_loopback, safe_api_url
from batchclip.settings import read_settings
from tests.support.proof import size

TRICKS = [
    "http://127.0.0.1@evil.example",
    "http://127.0.0.1:80@evil.example",
    "http://127.0.0.1:80:x@evil.example/",
    "http://localhost@evil.example:1/",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://localhost.",
    "http://evil.example#127.0.0.1",
    "http://evil.example?@127.0.0.1",
    "http://evil.example\\@127.0.0.1",
    "http://127.0.0.1\t.evil.example",
    "http://127.0.0.1\n@evil.example",
    "http://127.0.0.1%2eevil.example",
    "http://127.0.0.1%00.evil.example",
    "http://[::1]@evil.example",
    "http://[::1].evil.example",
    "http://[::ffff:8.8.8.8]",
    "http://0x7f.1",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://2130706433",
    "http://127.1",
    "http://127.0.0.1.",
    "http://127.0.0.256",
    "http://127.0.0.\u0663",
    "http://127\u30020.0.1.evil.example",
    "http://\u24db\u24deocalhost.evil.example",
    "http://0.0.0.0",
    "http://[::]",
    "http://169.254.169.254",
    "HTTP://EVIL.EXAMPLE",
    "hTTp://evil.example",
    "//evil.example",
    "http:evil.example",
    "http:/evil.example",
    "http:///evil.example",
    "javascript://127.0.0.1/%0aevil",
    "file://127.0.0.1/etc/passwd",
    "https://user:password@evil.example",
    "https://evil.example/?token=",
]
PIECES = [
    "http", "https", "HTTP", ":", "/", "//", "://", "@", "#", "?", "\\", ".", "%", "%2e", "%40",
    "[", "]", "::1", "[::1]", "[::1]:80", "127.0.0.1", "127", "localhost", "LOCALHOST", "0", "80",
    "evil.example", "\t", "\n", " ", "\0", "\u3002", "\uff0e", "\u0663", "\uff20", "\u2100", "x",
]  # fmt: skip


@pytest.mark.parametrize("text", TRICKS)
def test_no_trick_makes_an_address_of_another_host_good(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_settings({"api_url": text})

    assert refused.value.exit_code == 2
    assert "password" not in str(refused.value)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.8.7", "[::1]"])
def test_this_machine_may_be_spoken_to_in_the_clear(host: str) -> None:
    assert read_settings({"api_url": f"http://{host}:8080"}).api_url == f"http://{host}:8080"


@settings(max_examples=size(1_000, 20_000), deadline=None, derandomize=True)
@given(
    st.sampled_from(["http://", "HTTP://", ""]),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join),
)
def test_who_connects_reads_an_address_as_who_checks_it(scheme: str, rest: str) -> None:
    try:
        address = URL(safe_api_url(scheme + rest) + "/oauth/token")
    except ValueError:
        return

    assert address.scheme == "https" or is_loopback(address.host or "")
    assert address.user is None
    assert address.password is None
