"""An observer list: who wants to know that something changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Event = TypeVar("Event")


class Changes(Generic[Event]):
    """Calls every observer, in the event loop's thread, with each published event."""

    def __init__(self) -> None:
        self._observers: list[Callable[[Event], None]] = []

    def subscribe(self, observer: Callable[[Event], None]) -> Callable[[], None]:
        """Call `observer` from now on; the function returned ends that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    @contextmanager
    def observed_by(self, observer: Callable[[Event], None]) -> Iterator[None]:
        """Call `observer` inside the `with` block only."""
        unsubscribe = self.subscribe(observer)
        try:
            yield
        finally:
            unsubscribe()

    def publish(self, event: Event) -> None:
        for observer in tuple(self._observers):
            observer(event)
