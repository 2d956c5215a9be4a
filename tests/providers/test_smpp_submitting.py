"""What becomes of a message whose carrier is slow or silent: its bounds in time and in memory."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeAlias, cast

from receipted.dialects.smpp.events import Answered, Unanswered
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.status import CommandStatus, Statuses
from receipted.dialects.smpp.submit import Submit
from receipted.dialects.smpp.tlvs import Tlv
from receipted.domain.message import Content, Kind
from receipted.hub.ports import Ambiguous, Submission
from receipted.hub.ports import Answered as Decided
from receipted.providers.smpp.bind import Bind
from receipted.providers.smpp.queueing import Queue
from receipted.providers.smpp.submitting import Submitting

Reply: TypeAlias = Answered | Unanswered
PIECE = Submit({}, ())


class OneBind:
    """A bind without a connection: ``says`` answers each submit, or says that no answer came."""

    sends = True

    def __init__(self, says: Callable[[Pdu, int], Reply]) -> None:
        self.requests: list[Pdu] = []
        self.well = 0
        self._says = says

    def free(self) -> int:
        return 1

    def submit(self, fields: Mapping[str, Value], tlvs: tuple[Tlv, ...]) -> asyncio.Future[Reply]:
        request = Pdu(command=Command.SUBMIT_SM)
        self.requests.append(request)
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        reply.set_result(self._says(request, len(self.requests)))
        return reply

    def slow_down(self, reason: str) -> int:
        return 1

    def went_well(self) -> None:
        self.well += 1


def submitting(bind: OneBind, **bounds: float) -> Submitting:
    return Submitting(Queue([cast("Bind", bind)]), Statuses(), lambda message_id, _: message_id, **bounds)  # type: ignore[arg-type]


def submission(message_id: str) -> Submission:
    content = Content(kind=Kind.TEXT, text="Hello")
    return Submission(
        message_id=message_id, recipient="447700900123", sender="Acme", content=content, part_count=2, client_ref="our"
    )


async def test_the_rest_of_a_message_is_not_tried_for_ever() -> None:
    def only_the_first(request: Pdu, number: int) -> Reply:
        first = number == 1
        status = CommandStatus.ESME_ROK if first else CommandStatus.ESME_RTHROTTLED
        fields: dict[str, Value] = {"message_id": "1"} if first else {}
        return Answered(request, Pdu(command=Command.SUBMIT_SM_RESP, status=status, fields=fields))

    bind = OneBind(only_the_first)
    outcome = await submitting(bind, later_parts_s=0.05)(submission("m1"), [PIECE, PIECE])
    assert isinstance(outcome, Decided)
    sent, given_up = outcome.parts
    assert sent.provider_message_id == "1"
    assert given_up.refused
    assert "the parts before it were sent" in (given_up.reason or "")
    assert len(bind.requests) > 2
    assert bind.well == 1


async def test_of_messages_that_were_given_up_only_so_many_are_remembered() -> None:
    bind = OneBind(lambda request, _: Unanswered(request, "no answer within 60 s", written=True))
    submit = submitting(bind, given_up_kept=2)
    for message_id in ("m1", "m2", "m3"):
        assert isinstance(await submit(submission(message_id), [PIECE]), Ambiguous)
    assert [submit.whose(request) for request in bind.requests] == [None, "m2", "m3"]
    assert submit.whose(bind.requests[1]) is None
