"""Questions to the SQLite database: quick ones use their index, slow ones are broken off."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from receipted.domain.status import Status
from receipted.hub.ports import Filter
from receipted.storage import migrate, queries, sqlite

FOR_EVER = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted) SELECT count(*) FROM counted"


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    path = tmp_path / "receipted.db"
    made = sqlite.engine(path, writes=True)
    migrate.upgrade(made, path)
    return made


@pytest.mark.parametrize("status", sorted(queries.TROUBLE_STATUSES))
def test_what_went_wrong_is_found_by_its_index(engine: sa.Engine, status: Status) -> None:
    asked: list[tuple[Any, ...]] = []
    with engine.connect() as connection:
        sa.event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call))
        assert queries.messages(connection, Filter(status=status)) == []
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0][2]}", asked[0][3]).all()
    engine.dispose()
    assert any("message_trouble" in step[3] for step in plan), plan


def test_a_question_that_takes_too_long_is_broken_off_and_the_connection_goes_on(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(sa.exc.OperationalError, match="interrupted"), sqlite.deadline(connection, 0.05):
            connection.execute(sa.text(FOR_EVER)).all()
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1
    engine.dispose()
