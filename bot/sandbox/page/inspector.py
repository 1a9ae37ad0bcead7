"""The list of what passes between bot and Slack, and each exchange in full."""

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

from nicegui.element import Element

from bot.sandbox.page import exchanges
from bot.sandbox.page.exchanges import Choice
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import button, icon, tag
from bot.sandbox.traffic import Exchange

LISTED = 80

_WAYS = {"call": ("north_east", "bot to Slack"), "delivery": ("south_west", "Slack to bot")}


class Inspector:
    """The newest exchanges, newest first. While it is closed it costs nothing."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._traffic = seat.sandbox.traffic
        self._choice = Choice.ALL
        self._unsubscribe: Callable[[], None] | None = None
        self._chosen: Element | None = None
        with tag("section", "tl-traffic", aria_label="Traffic between the app and Slack"):
            with tag("div", "tl-traffic-head"):
                tag("h2", "tl-backstage-title", "Traffic")
                with tag("div", "tl-choices-row", role="group", aria_label="Show"):
                    self._choices = {
                        choice: button("tl-choice-button", partial(self._choose, choice), choice)
                        for choice in Choice
                    }
            with tag("div", "tl-traffic-body"):
                self._list = tag("div", "tl-exchanges", role="list")
                self._detail = tag("div", "tl-exchange-detail", aria_live="polite")

    def open(self) -> None:
        """List what was, and from now on what comes."""
        self.close()
        self._draw()
        self._unsubscribe = self._traffic.changes.subscribe(self._add)

    def close(self) -> None:
        """Look no more."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        for part in (self._list, self._detail):
            part.clear()

    def _draw(self) -> None:
        for choice, face in self._choices.items():
            face.props["aria-pressed"] = "true" if choice is self._choice else "false"
        self._list.clear()
        wanted = (each for each in reversed([*self._traffic]) if self._is_wanted(each))
        with self._list:
            for exchange in islice(wanted, LISTED):
                self._row(exchange)

    def _choose(self, choice: Choice) -> None:
        self._choice = choice
        self._draw()

    def _is_wanted(self, exchange: Exchange) -> bool:
        return exchanges.fits(exchange, self._choice)

    def _add(self, exchange: Exchange) -> None:
        if not self._is_wanted(exchange) or self._list.is_deleted:
            return
        with self._list:
            self._row(exchange).move(target_index=0)
        for old in self._list.default_slot.children[LISTED:]:
            old.delete()

    def _row(self, exchange: Exchange) -> Element:
        sign, way = _WAYS[exchange.direction]
        verdict = exchanges.verdict(exchange)
        clock = exchange.at.astimezone(self._seat.reader.moment(0).tzinfo)
        item = tag("div", role="listitem")
        css = "tl-exchange" if exchange.ok else "tl-exchange tl-failed"
        with item:
            line = button(css, lambda: self._choose_line(line, exchange))
        with line:
            tag("span", "tl-exchange-at", f"{clock:%H:%M:%S}")
            icon(sign)
            tag("span", "tl-hidden", way)
            tag("span", "tl-exchange-name", exchanges.name(exchange))
            tag("span", "tl-exchange-verdict", verdict)
            tag("span", "tl-exchange-ms", exchanges.duration(exchange))
        return item

    def _choose_line(self, line: Element, exchange: Exchange) -> None:
        if self._chosen is not None and not self._chosen.is_deleted:
            self._chosen.props.pop("aria-current", None)
        line.props["aria-current"] = "true"
        self._chosen = line
        self._show(exchange)

    def _show(self, exchange: Exchange) -> None:
        is_call = exchange.direction == "call"
        took = "answered" if is_call else exchange.status
        fault = f" · fault: {exchange.fault}" if exchange.fault else ""
        self._detail.clear()
        with self._detail:
            tag("h3", "tl-backstage-title", exchanges.name(exchange))
            _, way = _WAYS[exchange.direction]
            words = f"{way} · {took} after {exchanges.duration(exchange)}{fault}"
            tag("div", "tl-muted", words)
            self._json("What the bot sent" if is_call else "What Slack sent", exchange.payload)
            answered = "What Slack answered" if is_call else "What the bot put into its ack"
            self._json(answered, exchange.response)

    def _json(self, title: str, value: Any) -> None:
        tag("h4", "tl-json-title", title)
        tag("pre", "tl-json", exchanges.as_json(value), tabindex="0")
