"""Which event loop a command runs on."""

import sys

import pytest
import uvloop

from batchclip.cli.execute import faster_loop


def test_the_faster_one_is_used_where_it_is_installed() -> None:
    assert faster_loop() is uvloop.new_event_loop


def test_it_does_without_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)

    assert faster_loop() is None
