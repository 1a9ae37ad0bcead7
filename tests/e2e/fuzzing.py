"""Schemathesis against a desk that runs: it sends what the served OpenAPI allows, and what not.

https://schemathesis.readthedocs.io
"""

import asyncio
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.e2e.calling import Caller

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
    "unsupported_method",
)


@dataclass(frozen=True)
class Fuzzed:
    """What came of it: all that was printed, and how many cases were tried."""

    code: int
    said: str

    @property
    def cases(self) -> int:
        """How many requests were made up."""
        found = re.search(r"([\d,]+) generated", self.said)
        return int(found[1].replace(",", "")) if found else 0


async def fuzz(api: Caller, *, examples: int, seed: int, phases: str) -> Fuzzed:
    """Try so many examples of each operation; the same seed tries the same ones."""
    origin = f"http://127.0.0.1:{api.story.settings.port}"
    with TemporaryDirectory() as folder:  # it leaves notes where it runs
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("st")),
            "run",
            f"{origin}/openapi.json",
            *("-H", f"Authorization: Bearer {api.secret}"),
            *("--checks", ",".join(CHECKS)),
            *("--phases", phases),
            *("--max-examples", str(examples)),
            *("--seed", str(seed)),
            *("--generation-database", "none"),
            *("--suppress-health-check", "all"),
            *("--request-timeout", "60"),
            "--continue-on-failure",
            "--no-color",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )
        try:
            said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
    return Fuzzed(process.returncode or 0, said.decode(errors="replace"))
