"""``receipted backup``: a copy that another hub can start on, and what is refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.command import receipted
from tests.cli.test_serve import served

SEND = ("send", "--to", "447700900000", "--from", "Acme", "--text", "Hi", "--wait")


async def test_a_copy_of_a_running_hub_is_whole_and_another_hub_starts_on_it(tmp_path: Path) -> None:
    async with served(tmp_path):
        sent = await receipted(*SEND, home=tmp_path)
        message_id = sent.out.splitlines()[0].split("\t")[2]
        ran = await receipted("backup", "copy.db", home=tmp_path)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == f"Copied {tmp_path}/data/receipted.db to copy.db.\n"
    copy = tmp_path / "copy.db"
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    restored = tmp_path / "restored"
    (restored / "data").mkdir(parents=True)
    copy.rename(restored / "data" / "receipted.db")
    async with served(restored):
        assert "✓✓ delivered" in (await receipted("show", message_id, home=restored)).out


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "receipted.db").write_text("")
    (tmp_path / "copy.db").write_text("mine")
    ran = await receipted("backup", "copy.db", home=tmp_path)
    assert (ran.code, ran.err) == (1, "copy.db is there already; choose another name.\n")
    assert (tmp_path / "copy.db").read_text() == "mine"


async def test_what_cannot_be_copied_leaves_no_file(tmp_path: Path) -> None:
    ran = await receipted("backup", "copy.db", home=tmp_path)
    assert ran.code == 1
    assert "no hub has run with this data folder" in ran.err
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "receipted.db").write_text("this is no database" * 100)
    ran = await receipted("backup", "copy.db", home=tmp_path)
    assert ran.code == 1
    assert "was not copied: file is not a database." in ran.err
    ran = await receipted("backup", "gone/copy.db", home=tmp_path)
    assert (ran.code, ran.err) == (1, "gone/copy.db cannot be written: No such file or directory.\n")
    assert not (tmp_path / "copy.db").exists()


async def test_postgresql_has_its_own_way(tmp_path: Path) -> None:
    env = {"RECEIPTED_DATABASE": "postgresql://me:s3cr3t@127.0.0.1:1/x"}
    ran = await receipted("backup", "copy.db", home=tmp_path, env=env)
    assert ran.code == 1
    assert "pg_dump" in ran.err
    assert not (tmp_path / "copy.db").exists()
