"""No request, however odd, is answered 500, or in a way that the documentation does not name."""

import os

import pytest

from tests.e2e.conftest import OpenApi
from tests.e2e.fuzzing import fuzz

# make fuzz sets them.
EXAMPLES, PHASES = (
    int(os.environ.get("FUZZ_EXAMPLES", "3")),
    os.environ.get("FUZZ_PHASES", "fuzzing"),
)
SEED = int(os.environ.get("FUZZ_SEED", "1"))


@pytest.mark.timeout(3600 if "FUZZ_EXAMPLES" in os.environ else 120)
async def test_odd_requests(open_api: OpenApi, capsys: pytest.CaptureFixture[str]) -> None:
    api = await open_api(api_requests_per_minute=1_000_000, pace_scale=0.001)
    await api.open()
    await api.post("/tickets/1/process", wait=30)
    fuzzed = await fuzz(api, examples=EXAMPLES, seed=SEED, phases=PHASES)
    with capsys.disabled():
        print(f"\n{fuzzed.cases} requests to the API, seed {SEED}")  # noqa: T201
    assert fuzzed.code == 0, fuzzed.said
    assert fuzzed.cases >= 25 * EXAMPLES
