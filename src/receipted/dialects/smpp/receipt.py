"""A carrier's delivery receipt, read from a deliver_sm or data_sm (Appendix B, 5.2.12; reference smpp 3, 6 and 7).

What a carrier does otherwise is a field of its ``ReceiptForm`` or a grammar, never a branch here for that carrier.
``receipt_writing`` is the other direction.
"""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Final, TypeAlias

import msgspec

from receipted.dialects.smpp.addresses import destination_of, number_of, source_of
from receipted.dialects.smpp.codings import Alphabet, coding_of
from receipted.dialects.smpp.grammars import GRAMMARS, Words
from receipted.dialects.smpp.headers import body_of
from receipted.dialects.smpp.id_forms import MOST_CHARACTERS, trimmed
from receipted.dialects.smpp.pdus import Pdu
from receipted.dialects.smpp.states import BEFORE_THE_END, BY_NUMBER, State, state_of
from receipted.dialects.smpp.times import read_time
from receipted.dialects.smpp.tlvs import Tag
from receipted.domain.status import Status

TYPE_BITS: Final = 0x3C
RECEIPT_BIT: Final = 0x04
INTERMEDIATE_BIT: Final = 0x20
_NO_ERROR = "0"
_UNKNOWN_ERROR = "1"
_LONGEST_SHOWN = 1_000
_LONGEST_WORD = 40


class ReceiptForm(msgspec.Struct, frozen=True, kw_only=True):
    """How one carrier writes its receipts.

    ``grammars``: names of ``GRAMMARS``, tried in this order; a name that is not there raises KeyError.
    ``zone``: the time zone of the dates. ``look_inside``: whether a deliver_sm that esm_class calls an ordinary message
    is taken for a receipt when its text or TLVs have the whole shape of one (deviation 18). ``text_id_first``: believe
    the id of the text before that of the TLV. ``err_codes``: the carrier's ``err``, in any case and without leading
    zeros, to an err-code of Vonage's table. ``words``: words of ``stat`` that no table has, or means otherwise, in
    capitals. ``network_tag``: the vendor TLV that holds the network (MCC and MNC) as text.
    """

    grammars: tuple[str, ...] = tuple(GRAMMARS)
    zone: tzinfo = UTC
    look_inside: bool = True
    text_id_first: bool = False
    err_codes: Mapping[str, str] = {}
    words: Mapping[str, Status] = {}
    network_tag: int | None = None

    def __post_init__(self) -> None:
        for name in self.grammars:
            GRAMMARS[name]
        msgspec.structs.force_setattr(self, "err_codes", {_err_key(err): code for err, code in self.err_codes.items()})
        msgspec.structs.force_setattr(self, "words", {word.upper(): status for word, status in self.words.items()})


USUAL: Final = ReceiptForm()


class DeliveryReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt in our words.

    ``ids`` is for ``IdBook.resolve``: the id in the TLV and the one in the text, or the reverse, "" for one that is
    missing; ``id`` is the first there is, as given. ``err_code`` is from Vonage's table by the carrier's own
    (``0`` unless it failed, ``1`` where no table knows), ``raw_err`` what the carrier wrote. The addresses are swapped
    back: ``recipient`` is the handset. Times are milliseconds since 1970. ``notes`` say what was decided against the
    letter. ``marked`` False: esm_class says an ordinary message, so anybody with a phone may have written it (5.2.12).
    """

    ids: tuple[str, str]
    status: Status
    raw_status: str
    err_code: str
    raw_err: str = ""
    carrier_ms: int | None = None
    submitted_ms: int | None = None
    sub: str = ""
    dlvrd: str = ""
    text: str = ""
    intermediate: bool = False
    recipient: str = ""
    sender: str = ""
    network_error: tuple[int, int] | None = None
    mccmnc: str | None = None
    notes: tuple[str, ...] = ()
    marked: bool = True

    @property
    def id(self) -> str:
        return self.ids[0] or self.ids[1]


class NotAReceipt(msgspec.Struct, frozen=True):
    """An ordinary message, or an acknowledgement by a handset. ``why`` in a few words."""

    why: str


class UnreadableReceipt(msgspec.Struct, frozen=True):
    """It says that it is a receipt, and not of what, or not what became of it. ``raw``: its text, 1,000 characters."""

    problem: str
    raw: str


Reading: TypeAlias = DeliveryReceipt | NotAReceipt | UnreadableReceipt


class _Tlvs(msgspec.Struct, frozen=True):
    """What the TLVs say."""

    id: str
    state: int | None
    network_error: tuple[int, int] | None
    mccmnc: str | None


def read_receipt(pdu: Pdu, form: ReceiptForm = USUAL) -> Reading:
    """What a deliver_sm or data_sm says, by its carrier's form. Never raises, and takes linear time for any text."""
    kind = pdu.number("esm_class") & TYPE_BITS
    marked = kind & ~(RECEIPT_BIT | INTERMEDIATE_BIT) == 0 and kind != 0
    if not marked and not (form.look_inside and kind == 0):
        return NotAReceipt("esm_class says an ordinary message" if kind == 0 else "esm_class says an acknowledgement")
    tlvs = _tlvs(pdu, form)
    text, words = _words(pdu, form)
    if not marked and not (tlvs.id and tlvs.state is not None) and not _has_the_shape(words, form):
        return NotAReceipt("neither esm_class nor the text says a receipt")
    if not (tlvs.id or words.id):
        return UnreadableReceipt("it has no message id", text[:_LONGEST_SHOWN])
    if max(len(tlvs.id), len(words.id)) > MOST_CHARACTERS:
        return UnreadableReceipt("its message id is longer than any", text[:_LONGEST_SHOWN])
    if tlvs.state is None and not words.stat:
        return UnreadableReceipt("it says no status", text[:_LONGEST_SHOWN])
    return _receipt(pdu, form, tlvs, words, kind)


def _receipt(pdu: Pdu, form: ReceiptForm, tlvs: _Tlvs, words: Words, kind: int) -> DeliveryReceipt:
    notes: list[str] = []
    intermediate = bool(kind & INTERMEDIATE_BIT)
    status, word = _status(form, tlvs, words, notes)
    if intermediate and BEFORE_THE_END[status] is not status:
        notes.append(f"{word} in an intermediate notification is not the end: taken as {BEFORE_THE_END[status]}")
    status = BEFORE_THE_END[status] if intermediate else status
    raw_err = words.err or (str(tlvs.network_error[1]) if tlvs.network_error else "")
    carrier_ms = read_time(words.done_date, form.zone)
    if carrier_ms is None and words.done_date.strip("0"):
        notes.append(f"done date {words.done_date[:_LONGEST_WORD]} is no date")
    return DeliveryReceipt(
        ids=(words.id, tlvs.id) if form.text_id_first else (tlvs.id, words.id),
        status=status,
        raw_status=word,
        err_code=_err_code(status, raw_err, form),
        raw_err=raw_err[:_LONGEST_WORD],
        carrier_ms=carrier_ms,
        submitted_ms=read_time(words.submit_date, form.zone),
        sub=words.sub[:_LONGEST_WORD],
        dlvrd=words.dlvrd[:_LONGEST_WORD],
        text=words.text[:_LONGEST_SHOWN],
        intermediate=intermediate,
        recipient=number_of(source_of(pdu)),
        sender=number_of(destination_of(pdu)),
        network_error=tlvs.network_error,
        mccmnc=tlvs.mccmnc,
        notes=tuple(notes),
        marked=kind != 0,
    )


def _status(form: ReceiptForm, tlvs: _Tlvs, words: Words, notes: list[str]) -> tuple[Status, str]:
    """The status, and the word for it as given. The TLV is the better source where the two disagree (reference 6)."""
    said = _meaning(words.stat, form) if words.stat else None
    state = BY_NUMBER.get(tlvs.state) if tlvs.state is not None else None
    if state is None:
        shown = words.stat[:_LONGEST_WORD] or f"message_state {tlvs.state}"
        if said is None:
            notes.append(f"{shown} is in no table")
        return said or Status.UNKNOWN, shown
    if said is None and words.stat:
        notes.append(f"stat:{words.stat[:_LONGEST_WORD]} is in no table, message_state says {state.word}")
    elif said not in (None, state.status):
        notes.append(f"message_state says {state.word}, against stat:{words.stat[:_LONGEST_WORD]}")
    return state.status, words.stat[:_LONGEST_WORD] if said is state.status else state.word


def _meaning(word: str, form: ReceiptForm) -> Status | None:
    state: State | None = state_of(word)
    return form.words.get(word.upper()) or (state.status if state else None)


def _err_code(status: Status, raw_err: str, form: ReceiptForm) -> str:
    if status in (Status.DELIVERED, Status.ACCEPTED, Status.BUFFERED):
        return _NO_ERROR
    return form.err_codes.get(_err_key(raw_err), _UNKNOWN_ERROR)


def _err_key(err: str) -> str:
    return err.strip().lstrip("0").upper() or "0"


def _tlvs(pdu: Pdu, form: ReceiptForm) -> _Tlvs:
    if not pdu.tlvs:
        return _NO_TLVS
    state, error = pdu.tlv(Tag.MESSAGE_STATE), pdu.tlv(Tag.NETWORK_ERROR_CODE)
    network = pdu.tlv(form.network_tag) if form.network_tag is not None else None
    mccmnc = trimmed((network or b"").decode("latin-1"))
    return _Tlvs(
        id=trimmed((pdu.tlv(Tag.RECEIPTED_MESSAGE_ID) or b"").split(b"\0", 1)[0].decode("latin-1")),
        state=state[-1] if state else None,
        network_error=(error[0], int.from_bytes(error[1:3])) if error is not None and len(error) >= 3 else None,
        mccmnc=mccmnc if mccmnc.isascii() and mccmnc.isdigit() and len(mccmnc) <= 6 else None,
    )


_NO_TLVS = _Tlvs("", None, None, None)


def _words(pdu: Pdu, form: ReceiptForm) -> tuple[str, Words]:
    """The text and what it says, by the first grammar that finds an id or a status in it."""
    texts = _texts(body_of(pdu).octets, pdu.number("data_coding"))
    for text in texts:
        for name in form.grammars:
            words = GRAMMARS[name].read(text)
            if words is not None and (words.id or words.stat):
                return text, words
    return texts[0], Words()


def _texts(octets: bytes, data_coding: int) -> list[str]:
    """What the octets may say, the likeliest first.

    Keys, ids and words are letters and digits, the same in ASCII, Latin-1 and nearly in GSM; so only UCS-2 matters.
    Carriers declare it for a text that is not (deviation 17), and the reverse.
    """
    may_be_ucs2 = coding_of(data_coding).alphabet is Alphabet.UCS2 or octets[:1] == b"\0"
    wide = [octets.decode("utf-16-be", "replace").strip("\0")] if may_be_ucs2 else []
    return [*wide, _narrow(octets)]


_GSM_ONLY = bytes.maketrans(b"\x00\x02\x11", b"@$_")
"""What ASCII has elsewhere, and ids use: no text of a receipt holds these octets for anything else."""


def _narrow(octets: bytes) -> str:
    return octets.strip(b"\0").translate(_GSM_ONLY).decode("latin-1")


def _has_the_shape(words: Words, form: ReceiptForm) -> bool:
    """Whether a text that nothing else calls a receipt must be one: id, a known status, and a date or the two counts.

    A person may write "id:" in an SMS; nobody writes the rest. Someone who wants to deceive can: whoever believes such
    a receipt has to compare its numbers with those of the message.
    """
    if not words.id or not words.stat or _meaning(words.stat, form) is None:
        return False
    dates = [date for date in (words.submit_date, words.done_date) if date]
    dated = bool(dates) and all(read_time(date, form.zone) is not None or not date.strip("0") for date in dates)
    return dated or (words.sub.isdigit() and words.dlvrd.isdigit())
