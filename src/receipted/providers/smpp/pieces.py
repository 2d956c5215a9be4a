"""A message as the submit_sm of this carrier: cut, coded, addressed as its settings say."""

from typing import Final

import msgspec

from receipted.dialects.smpp.addresses import of_recipient, of_sender
from receipted.dialects.smpp.codings import Alphabet
from receipted.dialects.smpp.submit import HEADER_OCTETS, Coded, Submit, SubmitForm, submits
from receipted.domain.message import Content, Kind
from receipted.hub.ports import Submission
from receipted.providers.smpp.settings import SmppSettings
from receipted.text.gsm import encode_gsm
from receipted.text.segments import octets, segments

ALPHABETS: Final = {"gsm7": Alphabet.GSM7, "latin-1": Alphabet.LATIN_1, "ascii": Alphabet.ASCII}
REFERENCES: Final = 0x10000


class Pieces:
    """Makes them, and counts the references that join parts."""

    def __init__(self, settings: SmppSettings, first_reference: int) -> None:
        self._settings = settings
        self._reference = first_reference % REFERENCES
        self._default = ALPHABETS[settings.default_alphabet]
        self._form = SubmitForm(
            long=settings.long_messages,
            codings=_codings(settings, self._default),
            wanted=settings.receipts,
            service_type=settings.service_type,
        )

    def of(self, submission: Submission) -> list[Submit]:
        """One submit_sm for each part. Raises Unencodable for what this carrier's way cannot say."""
        of, options = self._settings, submission.options
        form = self._form
        if options.protocol_id is not None:
            form = msgspec.structs.replace(form, protocol_id=options.protocol_id)
        self._reference = (self._reference + 1) % REFERENCES
        return submits(
            msgspec.structs.replace(self._coded(submission.content), message_class=options.message_class),
            source=of_sender(submission.sender, of.source_ton, of.source_npi),
            destination=of_recipient(submission.recipient, of.destination_ton, of.destination_npi),
            reference=self._reference,
            ttl_ms=submission.ttl_ms,
            form=form,
        )

    def _coded(self, content: Content) -> Coded:
        parts = segments(content, HEADER_OCTETS[self._form.long])
        match content.kind:
            case Kind.BINARY:
                return Coded(
                    alphabet=Alphabet.BINARY,
                    parts=[part for part in parts if isinstance(part, bytes)],
                    udh=octets("udh", content.udh),
                )
            case Kind.UNICODE:
                coded = [part.encode("utf-16-be", "surrogatepass") for part in parts if isinstance(part, str)]
                return Coded(alphabet=Alphabet.UCS2, parts=coded)
            case Kind.TEXT:
                return Coded(
                    alphabet=self._default, parts=[self._text(part) for part in parts if isinstance(part, str)]
                )

    def _text(self, text: str) -> bytes:
        if self._default is Alphabet.GSM7:
            return encode_gsm(text)
        return text.encode("latin-1" if self._default is Alphabet.LATIN_1 else "ascii", "replace")


def _codings(settings: SmppSettings, default: Alphabet) -> dict[Alphabet, int]:
    """The carrier's own data_codings, where the settings give them. Its default alphabet is what 0 stands for."""
    given = {default: settings.text_coding, Alphabet.UCS2: settings.unicode_coding,
             Alphabet.BINARY: settings.binary_coding}  # fmt: skip
    return {default: 0} | {alphabet: coding for alphabet, coding in given.items() if coding is not None}
