"""How a carrier spells the ids of its submit_sm_resp: case, zeros in front. Seen, not set; bounded."""

from collections.abc import Iterator

from receipted.dialects.smpp.id_forms import HEX_DECIMAL, SAME, decimal, folded, hexadecimal

_MOST_WIDTHS = 8


class Spellings:
    """What the remembered ids look like, so that a number can be spelled as they are."""

    def __init__(self) -> None:
        self._upper = False
        self._widths: list[int] = []
        """Lengths of ids with zeros in front, the latest last."""
        self._zeros_differ = False
        self._case_differs = False
        self._mixed: dict[str, str] = {}
        """Ids of both cases, by their folded form: those cannot be spelled from another form of theirs."""

    def saw(self, stored_id: str) -> None:
        """An id that is remembered from now on."""
        if stored_id[0] == "0" and self._widths[-1:] != [len(stored_id)]:
            self._widths = [width for width in self._widths if width != len(stored_id)][1 - _MOST_WIDTHS :]
            self._widths.append(len(stored_id))
        is_upper, is_lower = stored_id.isupper(), stored_id.islower()
        if is_upper or is_lower:
            self._upper = is_upper
        elif stored_id.casefold() not in (stored_id, stored_id.upper()):
            self._mixed[folded(stored_id)] = stored_id

    def forget(self, stored_id: str) -> None:
        """An id that is no longer remembered."""
        if self._mixed.get(key := folded(stored_id)) == stored_id:
            del self._mixed[key]

    def same(self, text: str) -> Iterator[str]:
        """The ids that differ from ``text`` in case and leading zeros only."""
        yield from self._spelled(text.lower(), text.lower().lstrip("0"))
        mixed = self._mixed.get(folded(text))
        if mixed is not None:
            yield mixed

    def number(self, relation: str, value: int) -> Iterator[str]:
        """The ids that say a number: in hex for HEX_DECIMAL, in decimal for DECIMAL_HEX."""
        digits = _digits(relation, value)
        yield from self._spelled(digits, digits)

    def matched(self, stored_id: str, text: str) -> None:
        """A receipt's ``text`` stood for ``stored_id``: notes whether case or leading zeros differ at this carrier."""
        if text != stored_id and folded(text) == folded(stored_id):
            self._zeros_differ |= len(text) != len(stored_id)
            self._case_differs |= text.lstrip("0") != stored_id.lstrip("0")

    def computed(self, relation: str, text: str) -> str:
        """The id that a receipt's ``text`` most likely stands for, when it is not remembered."""
        if relation != SAME:
            value = decimal(text) if relation == HEX_DECIMAL else hexadecimal(text)
            return text if value is None else self._padded(self._cased(_digits(relation, value)))
        cased = self._cased(text.lower()) if self._case_differs else text
        return self._padded(cased.lstrip("0")) if self._zeros_differ else cased

    def _cased(self, lower: str) -> str:
        return lower.upper() if self._upper else lower

    def _padded(self, bare: str) -> str:
        return bare.rjust(self._widths[-1], "0") if self._widths else bare

    def _spelled(self, text: str, bare: str) -> Iterator[str]:
        padded = (bare.rjust(width, "0") for width in reversed(self._widths) if width > len(bare))
        for spelled in (text, bare, *padded):
            yield spelled
            yield spelled.upper()


def _digits(relation: str, value: int) -> str:
    return f"{value:x}" if relation == HEX_DECIMAL else str(value)
