"""What an event says: the change, and the whole message as it is now."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from receipted.domain.event import Event
from receipted.domain.message import Message


def write(event: Event, message: Message) -> bytes:
    """The body of the request."""
    return msgspec.json.encode(
        {
            "type": f"message.{event.status}",
            "timestamp": _time(event.at_ms),
            "data": {
                "event_id": event.id,
                "message_id": message.id,
                "version": event.version,
                "status": event.status,
                "previous": event.previous,
                "err_code": event.err_code,
                "reason": event.reason,
                "message": _message(message),
            },
        }
    )


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "version": message.version,
        "status": message.status,
        "to": message.recipient,
        "from": message.sender,
        "client_ref": message.client_ref,
        "country": message.country,
        "provider": message.provider,
        "part_count": message.part_count,
        "err_code": message.err_code,
        "reason": message.reason,
        "created_at": _time(message.created_ms),
        "updated_at": _time(message.updated_ms),
        "parts": [
            {
                "seq": part.seq,
                "status": part.status,
                "provider_message_id": part.provider_message_id,
                "err_code": part.err_code,
                "network": part.network or part.submit_network,
                "price": part.price or part.submit_price,
            }
            for part in message.parts
        ],
    }


def _time(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
