"""Where a worker, which has no port, is asked whether it lives: a Unix socket of its own.

It stands in a folder of the temporary one that nobody but the desk's user may look into, and is
named for its desk's database and its process, because any number of workers may share a machine.
"""

import hashlib
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from storage.url import normalise, shown

# How long a process may take to accept a connection; seconds.
PATIENCE = 3.0


class NotOurs(OSError):
    """The folder belongs to another user, who could answer in our place."""


def listen(database_url: str) -> tuple[socket.socket, Path]:
    """Make this process's socket, and clear away what dead ones left; return it and its place.

    Raises:
        OSError: it cannot be made.
    """
    folder = _folder()
    folder.mkdir(0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise NotOurs(f"{folder} is not this user's alone")
    for left in folder.glob("*.sock"):
        if not _has_owner(left):
            left.unlink(missing_ok=True)
    place = folder / f"{_desk(database_url)}-{os.getpid()}.sock"
    draft = place.with_suffix(".new")  # one that does not listen yet looks like a dead one's
    draft.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(draft))
        listener.listen()
        draft.rename(place)
    except OSError:
        listener.close()
        raise
    return listener, place


def of_living(database_url: str) -> Iterator[Path]:
    """Return where the workers of that desk on this machine listen, dead ones left out."""
    for place in sorted(_folder().glob(f"{_desk(database_url)}-*.sock")):
        if _has_owner(place):
            yield place


def _folder() -> Path:
    return Path(tempfile.gettempdir()) / f"ticketloop-{os.getuid()}"


def _desk(database_url: str) -> str:
    url = normalise(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        url = url.set(database=str(Path(url.database).resolve()))
    return hashlib.sha256(shown(url).encode()).hexdigest()[:12]


def _has_owner(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as tried:
        tried.settimeout(PATIENCE)
        try:
            tried.connect(str(place))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:  # it takes no more
            return True
    return True
