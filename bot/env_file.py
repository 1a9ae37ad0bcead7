"""``.env``: read as it is, and written so that nobody else reads it."""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values, set_key

from core.errors import ConfigurationError
from core.settings import unreadable

PATH = Path(".env")
_PLAIN = re.compile(r"[^\s'\"`\\$]*\Z")


def values(path: Path = PATH) -> dict[str, str]:
    """Return what is set there, as the settings will read it; nothing where there is no file.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return {name: value for name, value in dotenv_values(path).items() if value}
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(error) from None


def write(changes: Mapping[str, str], path: Path = PATH) -> None:
    """Set these, and leave every other line as it is. All of it or nothing; mode 600.

    Raises:
        ConfigurationError: the file cannot be written, or would not be read as it was meant.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=".env.", dir=path.resolve().parent)  # mode 600
        os.close(handle)
        draft = Path(name)
        try:
            if path.exists():
                shutil.copyfile(path, draft)
            for key, value in changes.items():
                # Quoted only where it must be: not everything that reads such files knows quotes.
                set_key(draft, key, value, quote_mode="never" if _PLAIN.match(value) else "always")
            _refuse_misread(changes, values(draft))
            draft.replace(path.resolve())
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}") from None


def _refuse_misread(meant: Mapping[str, str], read: Mapping[str, str]) -> None:
    wrong = [name for name, value in meant.items() if read.get(name, "") != value]
    if wrong:
        raise ConfigurationError(
            f"{', '.join(wrong)} cannot be written to .env, where ${{…}} stands for another "
            "variable: set it in the environment instead"
        )
