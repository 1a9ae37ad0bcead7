"""Runs the bot for as long as the demo lives; started as a file, not imported.

The demo holds the other end of its stdin. That end closes however the demo ends, SIGKILL too, and
the bot must not outlive it: it would go on working on a database that is not its own any more.
"""

import os
import runpy
import threading

_STDIN = 0


def _end_with_the_demo() -> None:
    while os.read(_STDIN, 1):
        pass
    os._exit(1)  # nobody is left who could want a farewell


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_demo, daemon=True).start()
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
