"""Scrapy with JOBDIR: `scrapy runspider scrapy_spider.py -s JOBDIR=FOLDER -a ids=IDS`."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import scrapy
from scrapy.http import JsonRequest, TextResponse

from bench.address import create_url
from bench.peers.body import HEADERS, TIMEOUT_SECONDS, create_body


class Creates(scrapy.Spider):
    """One request for each id."""

    name = "creates"
    custom_settings: ClassVar[dict[str, Any]] = {
        "CONCURRENT_REQUESTS": 128,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 128,
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_TIMEOUT": TIMEOUT_SECONDS,
        "REDIRECT_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "WARNING",
    }

    async def start(self) -> AsyncIterator[JsonRequest]:
        """Ask for all of them."""
        for file_id in Path(self.ids).read_text(encoding="utf-8").split():
            yield JsonRequest(create_url(0), data=create_body(file_id), headers=HEADERS)

    def parse(self, response: TextResponse) -> None:
        """Look that the answer is one."""
        if "projectId" not in response.json():
            self.logger.error("no project in the answer")
