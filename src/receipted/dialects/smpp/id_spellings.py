"""How a carrier spells the ids of its submit_sm_resp: case, zeros in front. Seen, not set.

Needed only for an id that was forgotten: one that is remembered is found however it is spelled.
"""

from receipted.dialects.smpp.id_forms import HEX_DECIMAL, SAME, decimal, folded, hexadecimal


class Spellings:
    """What the ids look like, so that a number can be spelled as they are."""

    def __init__(self) -> None:
        self._upper = False
        self._width = 0
        """The length of the latest id with zeros in front."""
        self._zeros_differ = False
        self._case_differs = False

    def saw(self, stored_id: str) -> None:
        """An id that is remembered from now on."""
        if stored_id[0] == "0":
            self._width = len(stored_id)
        if stored_id.isupper() or stored_id.islower():
            self._upper = stored_id.isupper()

    def matched(self, stored_id: str, text: str) -> None:
        """A receipt's ``text`` stood for ``stored_id``: notes whether case or leading zeros differ at this carrier."""
        if text != stored_id and folded(text) == folded(stored_id):
            self._zeros_differ |= len(text) != len(stored_id)
            self._case_differs |= text.lstrip("0") != stored_id.lstrip("0")

    def computed(self, relation: str, text: str) -> str:
        """The id that a receipt's ``text`` most likely stands for, when it is not remembered."""
        if relation != SAME:
            value = decimal(text) if relation == HEX_DECIMAL else hexadecimal(text)
            if value is None:
                return text
            return self._padded(self._cased(f"{value:x}") if relation == HEX_DECIMAL else str(value))
        cased = self._cased(text.lower()) if self._case_differs else text
        return self._padded(cased.lstrip("0")) if self._zeros_differ else cased

    def _cased(self, lower: str) -> str:
        return lower.upper() if self._upper else lower

    def _padded(self, bare: str) -> str:
        return bare.rjust(self._width, "0")
