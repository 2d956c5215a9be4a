"""SQLite's log is written back while it is written to, and stays small."""

from pathlib import Path

import sqlalchemy as sa

from receipted.storage import migrate, sqlite

ROW = b"x" * 20_000
SMALL = 60_000_000
"""Octets of log; without restarts it would grow for as long as there are commits."""
MOST_COMMITS = 30_000


def test_a_log_that_is_written_to_all_the_time_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "receipted.db"
    engine = sqlite.engine(path, writes=True)
    migrate.upgrade(engine, path)
    engine.dispose()
    session = sqlite.SqliteSession(path)
    session.connection.execute(sa.text("CREATE TABLE filler (n INTEGER PRIMARY KEY, row BLOB)"))
    log = tmp_path / "receipted.db-wal"
    written = 0
    while written < 2 * log.stat().st_size or written < SMALL:
        session.begin()
        session.insert("filler", ("n", "row"), [(written // len(ROW), ROW)])
        session.commit()
        written += len(ROW)
        assert written < MOST_COMMITS * len(ROW), f"the log has grown to {log.stat().st_size} octets"
    count = session.connection.execute(sa.text("SELECT count(*) FROM filler")).scalar_one()
    session.close()
    assert count == written // len(ROW)
    assert not log.exists(), "the last one to close writes all back"
