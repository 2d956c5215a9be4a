"""Which message a receipt's id means, at one carrier account (reference smpp 7, candidate keys).

What is stored for a message never changes: under an explicit form it is the form's normal spelling, under ``auto`` the
id of the submit_sm_resp as given. ``auto`` remembers the ids in flight, looks up what a receipt's id could stand for,
and takes the one that is known, in whatever form. After a few receipts that agree it knows the carrier's form, and from
then on can also choose among several that are known. It never makes up an id, unless it had to forget some.
"""

from collections.abc import Iterable

import msgspec

from receipted.dialects.smpp.id_forms import (
    AUTO,
    DECIMAL_HEX,
    HEX_DECIMAL,
    ID_FORMS,
    MOST_CHARACTERS,
    SAME,
    IdForm,
    folded,
    meant,
    trimmed,
)
from receipted.dialects.smpp.id_spellings import Spellings

CAPACITY = 200_000
ENOUGH = 3
"""So many messages in a row whose receipts agree make a form certain, or a certain one doubtful."""
_MOST_ALIKE = 8
"""So many ids that differ in case and zeros only are told apart, so that a strange carrier costs no more."""
_WORDS = {
    SAME: "the same id in both",
    HEX_DECIMAL: "submit hex, receipt decimal",
    DECIMAL_HEX: "submit decimal, receipt hex",
}


class Resolved(msgspec.Struct, frozen=True):
    """What a receipt's id means.

    ``stored_id`` is the id that its message is stored under, known or computed; None if that cannot be told.
    ``settled`` False says that waiting may help: no such id is known, so the submit_sm_resp may still be on its way.
    ``as_given`` is what to file the receipt under where nothing else is found.
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
        self._folded: dict[str, tuple[str, ...]] = {}
        """The remembered ids by their folded form, by which numbers are found too: it is one for each number."""
        self._spellings = Spellings()
        self._learners: dict[int, _Learner] = {}
        self._has_forgotten = False

    def __len__(self) -> int:
        return len(self._known)

    def learn(self, stored: Iterable[tuple[str, str]]) -> None:
        """Remembers ids that are stored and still await their receipts, with their recipients, the oldest first."""
        for stored_id, recipient in stored:
            self._remember(stored_id, recipient)
        self._has_forgotten |= len(self._known) >= self._capacity

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
        return self._fixed is not None or bool(self.forms)

    @property
    def forms(self) -> dict[int, str]:
        """What was found out, by the place in a receipt."""
        return {place: learner.form for place, learner in self._learners.items() if learner.form}

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
        if self._known.pop(stored_id, None) is None:
            key = folded(stored_id)
            self._folded[key] = (*self._folded.get(key, ())[-_MOST_ALIKE:], stored_id)
        self._known[stored_id] = recipient
        self._spellings.saw(stored_id)
        if len(self._known) > self._capacity:
            self._forget(next(iter(self._known)))

    def _forget(self, stored_id: str) -> None:
        del self._known[stored_id]
        self._has_forgotten = True
        key = folded(stored_id)
        if left := tuple(other for other in self._folded.pop(key, ()) if other != stored_id):
            self._folded[key] = left

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
        candidates = {place: self._candidates(text) for place, text in ids}
        stored_id = self._choice(candidates)
        if stored_id is None:
            found = any(candidates.values())
            computed = None if found else self._computed(ids)
            return Resolved(computed, found or computed is not None, given)
        if learns:
            for place, text in ids:
                self._spellings.matched(stored_id, text)
                self._learner(place).saw(
                    [relation for relation, known in candidates[place].items() if stored_id in known], text
                )
        return Resolved(stored_id, True, given)

    def _choice(self, candidates: "dict[int, dict[str, tuple[str, ...]]]") -> str | None:
        """The known id that is meant: the one on which both places agree, or the form says so, or there is no other."""
        some = [
            {one for known in relations.values() for one in known} for relations in candidates.values() if relations
        ]
        if len(some) > 1 and len(agreed := set.intersection(*some)) == 1:
            return agreed.pop()
        for place, relations in candidates.items():
            known = relations.get(self._learner(place).form, ())
            if len(known) == 1:
                return known[0]
        every = set[str]().union(*some)
        return every.pop() if len(every) == 1 else None

    def _computed(self, ids: list[tuple[int, str]]) -> str | None:
        """What the form makes of an id that is not known, if it may have been forgotten and the form had no exception.

        Otherwise the carrier's own id is kept: it is somebody else's message, or one whose submit is not answered yet.
        """
        if not self._has_forgotten:
            return None
        found = ((self._learner(place), text) for place, text in ids)
        return next((self._spellings.computed(one.form, text) for one, text in found if one.form and one.alone), None)

    def _learner(self, place: int) -> "_Learner":
        return self._learners.setdefault(place, _Learner())

    def _candidates(self, text: str) -> dict[str, tuple[str, ...]]:
        """The known ids that a receipt's id can stand for, by what relates the two."""
        found = {relation: self._folded[key] for relation, key in meant(text).items() if key in self._folded}
        if text in self._known:
            found[SAME] = (text,)
        return found


class _Learner:
    """What relates the ids in one place of a receipt to those of the submits.

    Certain after ``ENOUGH`` messages in a row that agree; each contradiction met before that asks for as many more. A
    certain form decides among several known ids, since numbers that happen to be known in another base are
    coincidences; it falls when ``ENOUGH`` messages in a row say otherwise. Several receipts of one message count once.
    """

    def __init__(self) -> None:
        self.form = ""
        self.receipts = 0
        self.alone = True
        """Whether every receipt had the form since it was found."""
        self._latest = ""
        self._agree: set[str] = set()
        self._wanted = ENOUGH

    def saw(self, relations: list[str], text: str) -> None:
        """A receipt with the id ``text`` was matched, and these relations explain it; several teach nothing."""
        if self.form in relations:
            self.receipts += 1
            self._agree.clear()
            return
        if len(relations) != 1:
            return
        self.receipts += 1
        self.alone = False
        (relation,) = relations
        if relation != self._latest:
            self._wanted = min(self._wanted + ENOUGH, 10 * ENOUGH) if self._agree else ENOUGH
            self._latest, self._agree = relation, set()
        self._agree.add(text)
        if len(self._agree) >= self._wanted:
            self.form, self.receipts, self.alone = relation, len(self._agree), True
            self._agree.clear()
