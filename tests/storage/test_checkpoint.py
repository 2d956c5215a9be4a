"""SQLite's log is written back while it is written to, and stays small."""

from pathlib import Path

import sqlalchemy as sa

from receipted.storage import migrate, sqlite

ROW = b"x" * 20_000
COMMITS = 3_000


def test_a_log_that_is_written_to_all_the_time_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "receipted.db"
    engine = sqlite.engine(path, writes=True)
    migrate.upgrade(engine, path)
    engine.dispose()
    session = sqlite.SqliteSession(path)
    session.connection.execute(sa.text("CREATE TABLE filler (n INTEGER PRIMARY KEY, row BLOB)"))
    for number in range(COMMITS):
        session.begin()
        session.insert("filler", ("n", "row"), [(number, ROW)])
        session.commit()
    session.sync()
    assert (tmp_path / "receipted.db-wal").stat().st_size < COMMITS * len(ROW) * 2 / 3
    count = session.connection.execute(sa.text("SELECT count(*) FROM filler")).scalar_one()
    session.close()
    assert count == COMMITS
    assert not (tmp_path / "receipted.db-wal").exists(), "the last one to close writes all back"
