"""Transactions, as both databases keep them."""

from sqlalchemy import insert, select

from storage.database import Database
from storage.tables import Workspace


def test_what_is_read_is_of_one_moment(database: Database) -> None:
    names = select(Workspace.name).order_by(Workspace.id)
    with database.reading() as reader:
        before = reader.scalars(names).all()
        with database.writing() as writer:
            writer.execute(insert(Workspace).values(team_id="T0LATER", name="Later"))
        assert reader.scalars(names).all() == before
    with database.reading() as reader:
        assert reader.scalars(names).all() == [*before, "Later"]
