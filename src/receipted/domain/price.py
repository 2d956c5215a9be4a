"""What a part costs, by the longest prefix of the number. Decimal all the way: money is never a float."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from receipted.domain.errors import InvalidRequest

DECIMALS = 8
"""As many as Vonage writes (reference vonage-sms 1.4)."""
MOST = Decimal(1_000_000)
_SMALLEST = Decimal(1).scaleb(-DECIMALS)


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """The price of one part to numbers that begin with ``prefix`` ("" = all others).

    ``network`` is MCC+MNC, as an answer and a receipt show it; "" where the prefix does not tell.
    """

    prefix: str
    price: Decimal
    country: str = ""
    network: str = ""
    network_name: str = ""


class PriceList:
    """Prices, to be asked by number. ``PriceList(rows)``; a prefix given twice means the later row."""

    def __init__(self, rows: Iterable[Price] = ()) -> None:
        self.rows: Mapping[str, Price] = {row.prefix: row for row in rows}
        self._longest = max(map(len, self.rows), default=0)

    def __bool__(self) -> bool:
        return bool(self.rows)

    def of(self, number: str) -> Price | None:
        """The row with the longest prefix of an MSISDN; None if none fits."""
        for length in range(min(self._longest, len(number)), -1, -1):
            if (row := self.rows.get(number[:length])) is not None:
                return row
        return None


def written(amount: Decimal) -> str:
    """An amount as it stands in answers: eight decimals, never an exponent."""
    return f"{amount:.{DECIMALS}f}"


def amount(field: str, text: str) -> Decimal:
    """An amount from text. Raises InvalidRequest naming ``field``: no number, too large, too many decimals."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise InvalidRequest(field, f"{text.strip()[:40]!r} is no amount; write it as 0.0333") from None
    if not value.is_finite() or abs(value) > MOST:
        raise InvalidRequest(field, f"must lie between -{MOST} and {MOST}")
    if value != value.quantize(_SMALLEST):
        raise InvalidRequest(field, f"has more than {DECIMALS} decimals")
    return value.quantize(_SMALLEST)
