"""Answers byte by byte over a socket: each has just one end that is true."""

import gzip
import logging
import zlib

import pytest

from batchclip.outcome import Kind
from tests.support.asking import GOOD, TOKEN, created
from tests.support.hostile import bomb, chunked
from tests.support.rawserver import RawServer, ending, http

MADE, DOUBT = Kind.CREATED, Kind.UNKNOWN
GZIPPED = gzip.compress(GOOD)


def headed(*lines: str, body: bytes = GOOD) -> bytes:
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def packed(body: bytes, encoding: str) -> bytes:
    return http(body, "201 Created", f"Content-Encoding: {encoding}")


RAW: dict[str, tuple[bytes, Kind]] = {
    "status 000": (http(GOOD, "000 x"), DOUBT),
    "status 99": (http(GOOD, "99 x"), DOUBT),
    "status 199": (http(GOOD, "199 x"), DOUBT),
    "status 600": (http(GOOD, "600 x"), DOUBT),
    "status 999": (http(GOOD, "999 x"), DOUBT),
    "status 2011": (http(GOOD, "2011 x"), DOUBT),
    "status -201": (http(GOOD, "-201 x"), DOUBT),
    "status in words": (http(GOOD, "Created"), DOUBT),
    "no reason": (http(GOOD, "201"), MADE),
    "a long reason": (http(GOOD, "201 " + "r" * 100_000), DOUBT),
    "no content with a body": (http(GOOD, "204 No Content"), DOUBT),
    "not modified": (http(GOOD, "304 Not Modified"), DOUBT),
    "an upgrade": (headed("HTTP/1.1 101 x", "Upgrade: x", "Connection: upgrade"), DOUBT),
    "HTTP/0.9": (GOOD, DOUBT),
    "HTTP/1.0 to the end": (headed("HTTP/1.0 201 x"), MADE),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", DOUBT),
    "HTTP/2 settings": (b"\0\0\x12\4\0\0\0\0\0" * 9, DOUBT),
    "HTTP/3.0": (headed("HTTP/3.0 201 x"), DOUBT),
    "TLS alert": (b"\x15\x03\x01\x00\x02\x02\x28", DOUBT),
    "a request": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", DOUBT),
    "no line end": (b"HTTP/1.1 201 Created", DOUBT),
    "length below": (headed("HTTP/1.1 201 x", "Content-Length: 5"), DOUBT),
    "length beyond": (headed("HTTP/1.1 201 x", "Content-Length: 9999999999999999"), DOUBT),
    "length too large": (headed("HTTP/1.1 201 x", "Content-Length: " + "9" * 40), DOUBT),
    "length negative": (headed("HTTP/1.1 201 x", "Content-Length: -9"), DOUBT),
    "length twice": (headed("HTTP/1.1 201 x", "Content-Length: 9", "Content-Length: 3"), DOUBT),
    "length a list": (headed("HTTP/1.1 201 x", "Content-Length: 9, 9"), DOUBT),
    "length and chunks": (
        headed("HTTP/1.1 201 x", "Content-Length: 9", "Transfer-Encoding: chunked"),
        DOUBT,
    ),
    "chunks": (chunked(b"%x;a=b\r\n%b\r\n0\r\nT: x\r\n\r\n" % (len(GOOD), GOOD)), MADE),
    "chunks without an end": (chunked(b"%x\r\n%b\r\n" % (len(GOOD), GOOD)), DOUBT),
    "a negative chunk": (chunked(b"-5\r\nhello\r\n0\r\n\r\n"), DOUBT),
    "a huge chunk": (chunked(b"f" * 40 + b"\r\nhello"), DOUBT),
    "a chunk size with 0x": (chunked(b"0x5\r\nhello\r\n0\r\n\r\n"), DOUBT),
    "a chunk longer than said": (chunked(b"5\r\nhello world\r\n0\r\n\r\n"), DOUBT),
    "no chunks at all": (chunked(GOOD), DOUBT),
    "a long trailer": (chunked(b"0\r\nT: " + b"x" * (1 << 20) + b"\r\n\r\n"), DOUBT),
    "many trailers": (chunked(b"0\r\n" + b"T: x\r\n" * 50_000 + b"\r\n"), DOUBT),
    "many headers": (http(GOOD, "201 x", *(f"X-{n}: y" for n in range(5_000))), DOUBT),
    "a long header": (http(GOOD, "201 x", "X: " + "y" * (1 << 20)), DOUBT),
    "a header with NUL": (http(GOOD, "201 x", "X: a\0b"), DOUBT),
    "a header with CR": (http(GOOD, "201 x", "X: a\rb"), DOUBT),
    "a header in no charset": (http(GOOD, "201 x", "X\u00e9: y", "Y: \xff\xfe"), DOUBT),
    "a value in no charset": (http(GOOD, "201 x", "Retry-After: \xff\xfe", "Date: \xff"), MADE),
    "a header without a colon": (http(GOOD, "201 x", "nonsense"), DOUBT),
    "a cookie that is none": (
        http(GOOD, "201 x", f"Set-Cookie: a b={TOKEN}\x1b[31m; =; Expires=?", "Set-Cookie: ,"),
        MADE,
    ),
    "a charset that is none": (http(GOOD, "201 x", "Content-Type: a/b; charset=x\x1b"), MADE),
    "early hints first": (b"HTTP/1.1 103 x\r\nLink: </x>\r\n\r\n" * 999 + http(GOOD), MADE),
    "gzip": (packed(GZIPPED, "gzip"), MADE),
    "gzip cut": (packed(GZIPPED[:-4], "gzip"), DOUBT),
    "gzip and more": (packed(GZIPPED + b"more", "gzip"), DOUBT),
    "gzip twice": (packed(GZIPPED * 2, "gzip"), DOUBT),
    "gzip in gzip": (packed(gzip.compress(GZIPPED), "gzip, gzip"), DOUBT),
    "gzip in gzip, said once": (packed(gzip.compress(GZIPPED), "gzip"), DOUBT),
    "a gzip bomb": (packed(bomb(64), "gzip"), DOUBT),
    "a deflate bomb": (packed(zlib.compress(b" " * (8 << 20)), "deflate"), DOUBT),
    "no gzip": (packed(GOOD, "gzip"), DOUBT),
    "br": (packed(b"\x0b\x02\x80{}\x03", "br"), DOUBT),
    "zstd": (packed(b"\x28\xb5\x2f\xfd\x04\x00\x11\x00\x00{}", "zstd"), DOUBT),
    "two in one body": (http(GOOD * 2, "201 x"), DOUBT),
    "a mark before it": (http(b"\xef\xbb\xbf" + GOOD, "201 x"), DOUBT),
    "UTF-16": (http(GOOD.decode().encode("utf-16"), "201 x"), DOUBT),
    "deep": (http(b"[" * 100_000, "201 x"), DOUBT),
    "deep inside": (http(GOOD[:-1] + b', "x": ' + b'{"a":' * 50_000, "201 x"), DOUBT),
    "a number without end": (http(GOOD[:-1] + b', "x": ' + b"9" * 10_000 + b"}"), DOUBT),
    "an id twice, last a number": (http(GOOD[:-1] + b', "projectId": 7}', "201 x"), DOUBT),
    "an id that no text is": (http(b'{"projectId": "\\ud800\\u0000"}', "201 x"), MADE),
    "an id of spaces": (http(b'{"projectId": " \\u200b\\u202e "}', "201 x"), DOUBT),
}


@pytest.mark.parametrize("name", RAW)
async def test_an_answer_has_just_the_end_that_it_tells(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    raw, kind = RAW[name]
    with caplog.at_level(logging.INFO):
        async with RawServer(ending(raw)) as server:
            outcome = await created(server.url)

    assert outcome.kind is kind
    assert (server.connections, len(server.requests)) == (1, 1)
    assert TOKEN not in repr(outcome)
    # A library's warning would go to the terminal as the server has worded it.
    assert [record.getMessage() for record in caplog.records] == []
