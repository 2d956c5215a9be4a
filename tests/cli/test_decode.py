"""``receipted decode``: hex in every dress, files, captures; for people, pipes and programs; and what is neither."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.cli.hex_text import NoHex, cut, octets_of, pdus_in
from tests.cli.capture_file import ESME, SMSC, capture, ip_packet, written
from tests.cli.command import on_terminal, receipted
from tests.vectors.smpp_pdus import VECTORS

BIND, BIND_RESP, SUBMIT, SUBMIT_RESP, THROTTLED = (vector.octets for vector in VECTORS[:5])


@pytest.mark.parametrize(
    "text",
    ["00000010 00000015 00000000 00000004", "00:00:00:10:00:00:00:15:00:00:00:00:00:00:00:04",
     "0x00000010,0x00000015,0x00000000,0x00000004", r"\x00\x00\x00\x10" + r"\x00\x00\x00\x15" + r"\x00" * 7 + r"\x04",
     '"00000010-00000015-00000000-00000004"', "00000010000000150000000000000004".upper()],
)  # fmt: skip
def test_hex_in_any_dress(text: str) -> None:
    assert octets_of(text) == bytes.fromhex("00000010000000150000000000000004")


@pytest.mark.parametrize(("text", "said"), [("00g0", "'g' is no hex digit"), ("001", "3 hex digits")])
def test_what_is_no_hex_says_where(text: str, said: str) -> None:
    with pytest.raises(NoHex, match=f"line 2: {said}"):
        list(pdus_in(f"# a comment\n{text}"))


def test_lines_stand_for_themselves_or_go_together() -> None:
    text = "\n".join([SUBMIT.hex(), "", BIND[:10].hex(), BIND[10:].hex(), SUBMIT[:9].hex(), BIND.hex(), "0000"])
    assert list(pdus_in(text)) == [SUBMIT, BIND, SUBMIT[:9], BIND, b"\0\0"]


def test_many_lines_of_garbage_take_linear_time() -> None:
    started = time.process_time()
    for line in ("ff" * 30, "00000100" + "ab" * 26, "00" * 30, "00"):
        assert b"".join(pdus_in(f"{line}\n" * 20_000)) == bytes.fromhex(line) * 20_000
    assert time.process_time() - started < 20


def test_what_is_glued_together_is_cut() -> None:
    assert list(cut(BIND + SUBMIT + b"\0\0")) == [BIND, SUBMIT, b"\0\0"]
    assert list(cut(SUBMIT[:20])) == [SUBMIT[:20]]


@given(st.binary(max_size=200))
def test_any_octets_are_cut_without_loss(octets: bytes) -> None:
    assert b"".join(cut(octets)) == octets


async def test_a_pipe_gets_a_line_for_each_field(tmp_path: Path) -> None:
    ran = await receipted("decode", (BIND + SUBMIT_RESP).hex(" ", 4), home=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "bind_transceiver  sequence 1  31 octets"
    assert "16\t677700\tsystem_id\tgw" in lines
    assert "19\t** ** ** ** ** ** **\tpassword\t********\tnever shown" in lines
    assert "submit_sm_resp  sequence 2  23 octets" in lines
    assert "16\t31423243334400\tmessage_id\t1B2C3D\tdecimal 1780797 if it is hex" in lines
    assert "secret" not in ran.out


async def test_several_arguments_are_one_hex_text(tmp_path: Path) -> None:
    ran = await receipted("decode", *THROTTLED.hex(" ").split(), home=tmp_path)
    assert ran.code == 0
    assert ran.out.startswith("submit_sm_resp  sequence 3  16 octets  ESME_RTHROTTLED\n")


async def test_a_person_gets_a_table_that_fits(tmp_path: Path) -> None:
    shown = (await on_terminal("decode", SUBMIT.hex(), home=tmp_path, columns=100)).err
    assert "Meaning" in shown
    assert "alphanumeric" in shown
    assert "\x1b[" in shown


async def test_a_message_cannot_steer_the_terminal(tmp_path: Path) -> None:
    evil = SUBMIT.replace(b"Acme", b"\x1b[2J")
    for ran in (
        await receipted("decode", evil.hex(), home=tmp_path),
        await on_terminal("decode", evil.hex(), home=tmp_path),
    ):
        assert "\x1b[2J" not in ran.out + ran.err
        assert r"\x1b[2J" in ran.out + ran.err


async def test_json_has_one_object_a_pdu(tmp_path: Path) -> None:
    ran = await receipted("decode", "--json", (BIND + SUBMIT).hex(), home=tmp_path)
    bind, submit = map(json.loads, ran.out.splitlines())
    assert (bind["name"], submit["name"], submit["sequence"]) == ("bind_transceiver", "submit_sm", 2)
    rows = {row["name"]: row for row in submit["rows"]}
    assert rows["source_addr"] == {
        "offset": 19, "hex": "41636d6500", "name": "source_addr", "value": "Acme", "meaning": "", "inside": False,
    }  # fmt: skip
    assert b"secret".hex() not in ran.out


async def test_a_pdu_that_cannot_be_read_is_explained_as_far_as_it_goes(tmp_path: Path) -> None:
    ran = await receipted("decode", SUBMIT[:30].hex(), home=tmp_path)
    assert ran.code == 1
    assert ran.out.startswith("submit_sm  sequence 2  30 octets  command_length says 54, there are 30 octets\n")
    assert "19\t41636d6500\tsource_addr\tAcme" in ran.out


async def test_a_file_of_hex_lines(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(f"# from the log\n{BIND.hex()}\n{SUBMIT.hex(':')}\n")
    ran = await receipted("decode", str(file), home=tmp_path)
    assert ran.code == 0
    assert ran.out.count("command_id") == 2


async def test_a_capture_has_times_directions_and_round_trips(tmp_path: Path) -> None:
    packets = [
        ip_packet(ESME, SMSC, 0, flags=2),
        ip_packet(ESME, SMSC, 1, SUBMIT),
        ip_packet(SMSC, ESME, 1, SUBMIT_RESP),
        ip_packet(ESME, SMSC, 1 + len(SUBMIT), BIND),
        ip_packet(ESME, SMSC, 900, SUBMIT),
    ]
    file = written(tmp_path / "trace.pcap", capture(packets))
    ran = await receipted("decode", file, home=tmp_path)
    assert ran.code == 0
    assert "2026-11-23T16:37:33.002000Z  10.0.0.2:2775 → 10.0.0.1:40000  after 1.000 ms\nsubmit_sm_resp" in ran.out
    assert "octets are missing in the capture" in ran.out
    assert ran.err == "4 PDUs in 1 connection; 2 requests without an answer in it.\n"
    objects = [json.loads(line) for line in (await receipted("decode", "--json", file, home=tmp_path)).out.splitlines()]
    assert [one.get("name", one.get("remark", "")[:4]) for one in objects][:3] == [
        "submit_sm", "submit_sm_resp", "bind_transceiver",
    ]  # fmt: skip
    assert objects[1]["round_trip_ms"] == 1.0
    assert (objects[1]["from"], objects[1]["at"]) == ("10.0.0.2:2775", "2026-11-23T16:37:33.002000Z")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00binary", "is neither a capture (pcap, pcapng) nor hex."),
        (b"hello", "is neither a capture (pcap, pcapng) nor hex: line 1: 'h' is no hex digit."),
        (capture([]), "There is no SMPP in it."),
        (capture([], link=147), "Its link type 147 is not read"),
        (b"", "There is no SMPP in it."),
    ],
)
async def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    ran = await receipted("decode", written(tmp_path / "f", content), home=tmp_path)
    assert ran.code == 1
    assert said in ran.err
    assert "Traceback" not in ran.err


async def test_what_is_neither_hex_nor_a_file_is_refused(tmp_path: Path) -> None:
    ran = await receipted("decode", "trace.pcap", home=tmp_path)
    assert (ran.code, ran.err) == (1, "trace.pcap is neither a file nor hex: line 1: 't' is no hex digit.\n")
