"""What is counted while people work, as Prometheus reads it."""

from bot.sandbox import sample
from core.caller import Scope
from tests.e2e.calling import Caller, made_token


async def test_a_day_s_work_in_numbers(api: Caller) -> None:
    story, url = api.story, f"http://127.0.0.1:{api.story.settings.port}/metrics"
    await story.posted(sample.HELP, "I cannot log in, my password is hunter2")
    card = await story.card(says="Reply draft")
    await story.click(sample.BEN, card, "approve")
    await story.settled()
    answer = await api.client.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    for line in (
        'ticketloop_events_total{action="opened"} 1.0',
        'ticketloop_events_total{action="approved"} 1.0',
        'ticketloop_ack_seconds_count{surface="block_actions"} 1.0',
        'ticketloop_job_tries_total{kind="reply",outcome="done"} 1.0',
        'ticketloop_job_tries_total{kind="card",outcome="failed"} 0.0',
        'ticketloop_model_calls_total{outcome="answered"} 1.0',
        'ticketloop_tickets{status="waiting"} 1.0',
        "ticketloop_queue_oldest_due_seconds 0.0",
    ):
        assert line in lines, answer.text
    # The bot's own messages are events, too.
    assert any(each.startswith('ticketloop_ack_seconds_count{surface="event"}') for each in lines)
    posts = [each for each in lines if 'method="chat.postMessage",outcome="ok"' in each]
    called = story.sandbox.traffic.calls("chat.postMessage")
    assert [float(each.split()[-1]) for each in posts] == [len(called)]
    assert "hunter2" not in answer.text
    assert sample.ANA not in answer.text


async def test_who_may_look(api: Caller) -> None:
    others = {"authorization": "Bearer " + made_token(api.story, "writer", (Scope.WRITE,))}
    url = f"http://127.0.0.1:{api.story.settings.port}/metrics"
    assert (await api.client.get(url, headers=others)).status_code == 403
    del api.client.headers["authorization"]
    assert (await api.client.get(url)).status_code == 401


async def test_the_queue_s_age_is_told_and_decides_nothing(api: Caller) -> None:
    story = api.story
    ready = f"http://127.0.0.1:{story.settings.port}/ready"
    await story.settled()
    answer = await api.client.get(ready)
    assert (answer.status_code, answer.json()["queue_age_seconds"]) == (200, 0)
