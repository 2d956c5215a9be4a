"""What a writer writes through: the one write connection of an engine, and the shape of what is written."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from receipted.domain.errors import ReceiptedError


class Session(Protocol):
    """The write connection of one engine. Any exception of ``unavailable`` means that the database cannot write now."""

    unavailable: tuple[type[Exception], ...]
    synced_by_commit: bool
    """Whether a commit is durable when it returns; otherwise only what was committed before a ``sync`` is."""

    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def sync(self) -> None:
        """Make everything durable that is committed. Called from a thread of its own; raises OSError."""
        ...

    def close(self) -> None: ...


S = TypeVar("S", bound=Session)
Item = TypeVar("Item")
Result = TypeVar("Result")
Bulk: TypeAlias = Callable[[S, Sequence[Item]], Sequence[Result | ReceiptedError]]
"""Writes many items inside the transaction that is open; one result (or ReceiptedError to be raised) an item."""
Waiting: TypeAlias = tuple[Callable[..., Sequence[Any]], Any, "asyncio.Future[Any]"]
