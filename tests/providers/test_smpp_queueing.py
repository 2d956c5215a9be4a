"""Whose turn it is: a piece whose caller has gone is not submitted for it."""

import asyncio
from collections.abc import Mapping
from typing import cast

from receipted.dialects.smpp.events import Answered, Unanswered
from receipted.dialects.smpp.pdus import Value
from receipted.dialects.smpp.submit import Submit
from receipted.dialects.smpp.tlvs import Tlv
from receipted.providers.smpp.bind import Bind
from receipted.providers.smpp.queueing import Queue


class OneBind:
    """A bind without a connection: it takes ``room`` submits and answers none."""

    sends = True
    room = 0

    def __init__(self) -> None:
        self.sent: list[Value] = []

    def free(self) -> int:
        return self.room

    def wait_ms(self) -> int:
        return 0

    def submit(self, fields: Mapping[str, Value], tlvs: tuple[Tlv, ...]) -> "asyncio.Future[Answered | Unanswered]":
        self.room -= 1
        self.sent.append(fields["short_message"])
        return asyncio.get_running_loop().create_future()


async def test_a_piece_whose_caller_has_gone_is_not_submitted() -> None:
    bind = OneBind()
    queue = Queue([cast("Bind", bind)])
    gone, here = (asyncio.create_task(queue.send(Submit({"short_message": text}, ()), 10)) for text in (b"1", b"2"))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    bind.room = 5
    queue.go_on()
    assert bind.sent == [b"2"]
    here.cancel()


async def test_a_piece_that_had_no_turn_in_time_is_not_submitted_later() -> None:
    bind = OneBind()
    queue = Queue([cast("Bind", bind)])
    assert await queue.send(Submit({"short_message": b"1"}, ()), 0) is None
    bind.room = 5
    queue.go_on()
    assert bind.sent == []
