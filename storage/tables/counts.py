"""What all processes counted together."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class Count(Base):
    """A number that only grows: what each process counted is added every few seconds.

    ``labels`` are JSON, with sorted names.
    """

    __tablename__ = "counts"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    labels: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[float]
