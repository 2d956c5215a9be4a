"""Which message a receipt's id means, at one carrier account (reference smpp 7, candidate keys).

What is stored for a message never changes: under an explicit form it is the form's normal spelling, under ``auto`` the
id of the submit_sm_resp as given. ``auto`` remembers the ids in flight, looks up what a receipt's id could stand for,
and takes the one that is known. After a few receipts that agree it knows the carrier's form, and from then on can also
say what is stored for an id that it does not remember.
"""

from collections.abc import Iterable, Iterator

import msgspec

from receipted.dialects.smpp.id_forms import (
    AUTO,
    DECIMAL_HEX,
    HEX_DECIMAL,
    ID_FORMS,
    MOST_CHARACTERS,
    SAME,
    IdForm,
    decimal,
    hexadecimal,
    trimmed,
)
from receipted.dialects.smpp.id_spellings import Spellings

CAPACITY = 200_000
ENOUGH = 3
"""So many messages in a row whose receipts agree make a form certain, or a certain one doubtful."""
_WORDS = {
    SAME: "the same id in both",
    HEX_DECIMAL: "submit hex, receipt decimal",
    DECIMAL_HEX: "submit decimal, receipt hex",
}


class Resolved(msgspec.Struct, frozen=True):
    """What a receipt's id means.

    ``stored_id`` is the id that its message is stored under, known or computed; None if that cannot be told.
    ``settled`` False says that waiting may help: the form is not certain and no such id is known, so the submit_sm_resp
    may still be on its way. ``as_given`` is what to file the receipt under where nothing else is found.
    """

    stored_id: str | None
    settled: bool
    as_given: str


class IdBook:
    """The ids of one carrier account. Bounded: the oldest of ``capacity`` ids is forgotten first."""

    def __init__(self, form: str = AUTO, capacity: int = CAPACITY) -> None:
        """``form``: ``auto`` or one of ``ID_FORMS``; raises KeyError for another."""
        self._fixed: IdForm | None = None if form == AUTO else ID_FORMS[form]
        self._capacity = capacity
        self._known: dict[str, str] = {}
        self._spellings = Spellings()
        self._learners: dict[int, _Learner] = {}

    def __len__(self) -> int:
        return len(self._known)

    def learn(self, stored: Iterable[tuple[str, str]]) -> None:
        """Remembers ids that are stored and still await their receipts, with their recipients, the oldest first."""
        for stored_id, recipient in stored:
            self._remember(stored_id, recipient)

    def submitted(self, message_id: str, recipient: str = "") -> str:
        """What to store for the id of a submit_sm_resp; it is remembered. An empty id gives ""."""
        stored = self.stored(message_id)
        self._remember(stored, recipient)
        return stored

    def stored(self, message_id: str) -> str:
        """What to store for the id of a submit_sm_resp."""
        return trimmed(message_id) if self._fixed is None else self._fixed.of_submit(message_id)

    def recipient_of(self, stored_id: str) -> str | None:
        """Who the message with this id is for; None if no such id is remembered."""
        return self._known.get(stored_id)

    def resolve(self, *receipt_ids: str, learns: bool = True) -> Resolved:
        """Which message the ids of one receipt mean.

        A receipt may have two, in the TLV and in the text, and they may be written differently. Give both, always in
        the same order, "" for one that is missing: each place learns its own form. ``learns`` False: nothing is
        concluded from this one, since it may not be the carrier's.
        """
        ids = [(place, trim) for place, text in enumerate(receipt_ids) if (trim := trimmed(text))]
        if not ids:
            return Resolved(None, True, "")
        if self._fixed is not None:
            stored = self._by_form(self._fixed, [text for _, text in ids])
            return Resolved(stored, True, stored)
        return self._by_learning(ids, learns)

    @property
    def certain(self) -> bool:
        """Whether the form is known: it was set, or found out."""
        return self._fixed is not None or any(learner.form for learner in self._learners.values())

    @property
    def form(self) -> str:
        """The form in words, for ``receipted binds``."""
        if self._fixed is not None:
            return f"{self._fixed.meaning.rstrip('.')} (set)"
        found = {learner.form: learner.receipts for learner in self._learners.values() if learner.form}
        if found:
            return "; ".join(f"{_WORDS[form]}, found from {count} receipts" for form, count in found.items())
        seen = sum(learner.receipts for learner in self._learners.values())
        return f"not certain yet, {seen} receipts matched" if seen else "not known yet, no receipt matched"

    def _remember(self, stored_id: str, recipient: str) -> None:
        if not 0 < len(stored_id) <= MOST_CHARACTERS:
            return
        self._known.pop(stored_id, None)
        self._known[stored_id] = recipient
        self._spellings.saw(stored_id)
        if len(self._known) > self._capacity:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._spellings.forget(oldest)

    def _by_form(self, form: IdForm, ids: list[str]) -> str:
        """The id that both places agree on, else the only known one, else the first that has the form.

        An id may also stand in a receipt as the submit had it: the TLV often does.
        """
        as_receipt = list(dict.fromkeys(stored for text in ids if (stored := form.of_receipt(text)) is not None))
        as_submit = list(dict.fromkeys(form.of_submit(text) for text in ids))
        known = [stored for stored in dict.fromkeys(as_receipt + as_submit) if stored in self._known]
        agreed = [stored for stored in as_receipt if stored in as_submit]
        for choice in (agreed if len(ids) > 1 else [], known if len(known) == 1 else [], as_receipt, as_submit):
            if choice:
                return choice[0]
        return ids[0]

    def _by_learning(self, ids: list[tuple[int, str]], learns: bool) -> Resolved:
        given = ids[0][1]
        computed = None
        for place, text in ids:
            learner = self._learners.setdefault(place, _Learner())
            if not learner.form:
                continue
            known = self._related(learner.form, text)
            if learns:
                learner.saw(learner.form if known else _only_relation(self._candidates(text)), text)
            if len(known) == 1:
                return self._found(known[0], given, [text] if learns else [])
            computed = computed or self._spellings.computed(learner.form, text)
        if computed is not None:
            return Resolved(computed, True, given)
        candidates = {place: self._candidates(text) for place, text in ids}
        found = {stored for relations in candidates.values() for known in relations.values() for stored in known}
        if len(found) != 1:
            return Resolved(None, bool(found), given)
        learned = ids if learns else []
        for place, text in learned:
            self._learners[place].saw(_only_relation(candidates[place]), text)
        return self._found(found.pop(), given, [text for _, text in learned])

    def _found(self, stored_id: str, given: str, texts: Iterable[str]) -> Resolved:
        for text in texts:
            self._spellings.matched(stored_id, text)
        return Resolved(stored_id, True, given)

    def _candidates(self, text: str) -> dict[str, tuple[str, ...]]:
        """The known ids that a receipt's id can stand for, by what relates the two."""
        relations = {relation: self._related(relation, text) for relation in _WORDS}
        return {relation: known for relation, known in relations.items() if known}

    def _related(self, relation: str, text: str) -> tuple[str, ...]:
        """The known ids that stand in this relation to a receipt's id."""
        if relation == SAME:
            return (text,) if text in self._known else self._known_of(self._spellings.same(text))
        value = decimal(text) if relation == HEX_DECIMAL else hexadecimal(text)
        return () if value is None else self._known_of(self._spellings.number(relation, value))

    def _known_of(self, spelled: Iterator[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for text in spelled if text in self._known))


class _Learner:
    """What relates the ids in one place of a receipt to those of the submits.

    Certain after ``ENOUGH`` messages in a row that agree; each contradiction met before that asks for as many more. A
    certain form decides alone, since numbers that happen to be known in another base are coincidences; it falls when
    ``ENOUGH`` messages in a row say otherwise. Several receipts of one message count once.
    """

    def __init__(self) -> None:
        self.form = ""
        self.receipts = 0
        self._latest = ""
        self._agree: set[str] = set()
        self._wanted = ENOUGH

    def saw(self, relation: str, text: str) -> None:
        """A receipt with the id ``text`` was matched, by this relation; "" where several explain it."""
        if not relation:
            return
        self.receipts += 1
        if relation == self.form:
            self._agree.clear()
            return
        if relation != self._latest:
            self._wanted = min(self._wanted + ENOUGH, 10 * ENOUGH) if self._agree else ENOUGH
            self._latest, self._agree = relation, set()
        self._agree.add(text)
        if len(self._agree) >= self._wanted:
            self.form, self.receipts = relation, len(self._agree)
            self._agree.clear()


def _only_relation(candidates: dict[str, tuple[str, ...]]) -> str:
    return next(iter(candidates)) if len(candidates) == 1 else ""
