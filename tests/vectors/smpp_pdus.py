"""SMPP PDUs: each row proves reading, writing, and feeding byte by byte. Hex from the reference (section 9) and made
by its tables (section 2)."""

from typing import NamedTuple

from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.tlvs import Tag, Tlv


class Vector(NamedTuple):
    """``hex`` is the PDU on the wire; spaces are for the eye."""

    name: str
    hex: str
    pdu: Pdu

    @property
    def octets(self) -> bytes:
        return bytes.fromhex(self.hex)


def _message(**given: int | str | bytes) -> dict[str, int | str | bytes]:
    """The fields of a submit_sm or deliver_sm, all of them."""
    return {
        "service_type": "",
        "source_addr_ton": 0,
        "source_addr_npi": 0,
        "source_addr": "",
        "dest_addr_ton": 0,
        "dest_addr_npi": 0,
        "destination_addr": "",
        "esm_class": 0,
        "protocol_id": 0,
        "priority_flag": 0,
        "schedule_delivery_time": "",
        "validity_period": "",
        "registered_delivery": 0,
        "replace_if_present_flag": 0,
        "data_coding": 0,
        "sm_default_msg_id": 0,
        "short_message": b"",
        **given,
    }


_BIND: dict[str, Value] = {
    "system_id": "gw",
    "password": "secret",
    "system_type": "",
    "interface_version": 0x34,
    "addr_ton": 0,
    "addr_npi": 0,
    "address_range": "",
}
_TEXT = b"id:1780797 sub:001 dlvrd:001 submit date:2601021504 done date:2601021505 stat:DELIVRD err:000 text:Hello"

VECTORS: tuple[Vector, ...] = (
    # reference section 9
    Vector(
        "bind_transceiver",
        "0000001f000000090000000000000001677700736563726574000034000000",
        Pdu(command=Command.BIND_TRANSCEIVER, sequence=1, fields=_BIND),
    ),
    Vector(
        "bind_transceiver_resp with its version",
        "0000001a800000090000000000000001534d5343000210000134",
        Pdu(
            command=Command.BIND_TRANSCEIVER_RESP,
            sequence=1,
            fields={"system_id": "SMSC"},
            tlvs=(Tlv(Tag.SC_INTERFACE_VERSION, b"\x34"),),
        ),
    ),
    Vector(
        "submit_sm",
        "0000003600000004000000000000000200050041636d65000101343437373030393030313233000000000000010000000548656c6c6f",
        Pdu(
            command=Command.SUBMIT_SM,
            sequence=2,
            fields=_message(
                source_addr_ton=5,
                source_addr="Acme",
                dest_addr_ton=1,
                dest_addr_npi=1,
                destination_addr="447700900123",
                registered_delivery=1,
                short_message=b"Hello",
            ),
        ),
    ),
    Vector(
        "submit_sm_resp",
        "0000001780000004000000000000000231423243334400",
        Pdu(command=Command.SUBMIT_SM_RESP, sequence=2, fields={"message_id": "1B2C3D"}),
    ),
    Vector(
        "submit_sm_resp throttled, without its body",
        "00000010800000040000005800000003",
        Pdu(command=Command.SUBMIT_SM_RESP, status=0x58, sequence=3),
    ),
    Vector(
        "deliver_sm with a receipt",
        "000000b000000005000000000000000900010134343737303039303031323300050041636d65000400000000000000006869643a3137"
        "3830373937207375623a30303120646c7672643a303031207375626d697420646174653a3236303130323135303420646f6e65206461"
        "74653a3236303130323135303520737461743a44454c49565244206572723a30303020746578743a48656c6c6f001e00073142324333"
        "4400042700010204230003030000",
        Pdu(
            command=Command.DELIVER_SM,
            sequence=9,
            fields=_message(
                source_addr_ton=1,
                source_addr_npi=1,
                source_addr="447700900123",
                dest_addr_ton=5,
                destination_addr="Acme",
                esm_class=4,
                short_message=_TEXT,
            ),
            tlvs=(
                Tlv(Tag.RECEIPTED_MESSAGE_ID, b"1B2C3D\0"),
                Tlv(Tag.MESSAGE_STATE, b"\2"),
                Tlv(Tag.NETWORK_ERROR_CODE, b"\3\0\0"),
            ),
        ),
    ),
    Vector(
        "deliver_sm_resp",
        "0000001180000005000000000000000900",
        Pdu(command=Command.DELIVER_SM_RESP, sequence=9, fields={"message_id": ""}),
    ),
    Vector("enquire_link", "00000010000000150000000000000004", Pdu(command=Command.ENQUIRE_LINK, sequence=4)),
    Vector(
        "generic_nack",
        "00000010800000000000000300000005",
        Pdu(command=Command.GENERIC_NACK, status=3, sequence=5),
    ),
    # by the tables of section 2
    Vector(
        "bind_receiver",
        "0000001f000000010000000000000001677700736563726574000034000000",
        Pdu(command=Command.BIND_RECEIVER, sequence=1, fields=_BIND),
    ),
    Vector(
        "bind_receiver_resp",
        "00000015800000010000000000000001534d534300",
        Pdu(command=Command.BIND_RECEIVER_RESP, sequence=1, fields={"system_id": "SMSC"}),
    ),
    Vector(
        "bind_transmitter",
        "0000001f000000020000000000000001677700736563726574000034000000",
        Pdu(command=Command.BIND_TRANSMITTER, sequence=1, fields=_BIND),
    ),
    Vector(
        "bind_transmitter_resp refused, without its body",
        "0000001080000002 0000000e00000001",
        Pdu(command=Command.BIND_TRANSMITTER_RESP, status=0x0E, sequence=1),
    ),
    Vector(
        "outbind",
        "00000016 0000000b 00000000 00000001 534d00 707700",
        Pdu(command=Command.OUTBIND, sequence=1, fields={"system_id": "SM", "password": "pw"}),
    ),
    Vector("unbind", "00000010 00000006 00000000 00000007", Pdu(command=Command.UNBIND, sequence=7)),
    Vector("unbind_resp", "00000010 80000006 00000000 00000007", Pdu(command=Command.UNBIND_RESP, sequence=7)),
    Vector(
        "enquire_link_resp", "00000010 80000015 00000000 00000004", Pdu(command=Command.ENQUIRE_LINK_RESP, sequence=4)
    ),
    Vector(
        "submit_sm with a header, a validity and a vendor's TLV",
        "0000004a 00000004 00000000 7fffffff 00 0101 313233 00 0101 34343800 40 00 00 00"
        "3030303030333030303030303030305200"
        "01 00 08 00 0a 050003070201 00480069 1403 0005 3233343130",
        Pdu(
            command=Command.SUBMIT_SM,
            sequence=0x7FFFFFFF,
            fields=_message(
                source_addr_ton=1,
                source_addr_npi=1,
                source_addr="123",
                dest_addr_ton=1,
                dest_addr_npi=1,
                destination_addr="448",
                esm_class=0x40,
                validity_period="000003000000000R",
                registered_delivery=1,
                data_coding=8,
                short_message=bytes.fromhex("05000307020100480069"),
            ),
            tlvs=(Tlv(0x1403, b"23410"),),
        ),
    ),
    Vector(
        "submit_sm in message_payload, joined by SAR TLVs",
        "0000003b 00000004 00000000 00000002 00 0000 00 0000 3100 00 00 00 00 00 00 00 00 00 00"
        "0424 0005 48656c6c6f 020c 0002 0007 020e 0001 02 020f 0001 01",
        Pdu(
            command=Command.SUBMIT_SM,
            sequence=2,
            fields=_message(destination_addr="1"),
            tlvs=(
                Tlv(Tag.MESSAGE_PAYLOAD, b"Hello"),
                Tlv(Tag.SAR_MSG_REF_NUM, b"\0\7"),
                Tlv(Tag.SAR_TOTAL_SEGMENTS, b"\2"),
                Tlv(Tag.SAR_SEGMENT_SEQNUM, b"\1"),
            ),
        ),
    ),
    Vector(
        "data_sm",
        "00000028 00000103 00000000 00000003 00 0101 3100 0101 3200 04 00 00 001e 0003 414200 0427 0001 02",
        Pdu(
            command=Command.DATA_SM,
            sequence=3,
            fields={
                "service_type": "",
                "source_addr_ton": 1,
                "source_addr_npi": 1,
                "source_addr": "1",
                "dest_addr_ton": 1,
                "dest_addr_npi": 1,
                "destination_addr": "2",
                "esm_class": 4,
                "registered_delivery": 0,
                "data_coding": 0,
            },
            tlvs=(Tlv(Tag.RECEIPTED_MESSAGE_ID, b"AB\0"), Tlv(Tag.MESSAGE_STATE, b"\2")),
        ),
    ),
    Vector(
        "data_sm_resp",
        "00000013 80000103 00000000 00000003 414200",
        Pdu(command=Command.DATA_SM_RESP, sequence=3, fields={"message_id": "AB"}),
    ),
    Vector(
        "query_sm",
        "00000017 00000003 00000000 00000004 414200 0101 3100",
        Pdu(
            command=Command.QUERY_SM,
            sequence=4,
            fields={"message_id": "AB", "source_addr_ton": 1, "source_addr_npi": 1, "source_addr": "1"},
        ),
    ),
    Vector(
        "query_sm_resp",
        "00000016 80000003 00000000 00000004 414200 00 02 00",
        Pdu(
            command=Command.QUERY_SM_RESP,
            sequence=4,
            fields={"message_id": "AB", "final_date": "", "message_state": 2, "error_code": 0},
        ),
    ),
    Vector(
        "cancel_sm",
        "0000001c 00000008 00000000 00000005 00 414200 0101 3100 0101 3200",
        Pdu(
            command=Command.CANCEL_SM,
            sequence=5,
            fields={
                "service_type": "",
                "message_id": "AB",
                "source_addr_ton": 1,
                "source_addr_npi": 1,
                "source_addr": "1",
                "dest_addr_ton": 1,
                "dest_addr_npi": 1,
                "destination_addr": "2",
            },
        ),
    ),
    Vector("cancel_sm_resp", "00000010 80000008 00000000 00000005", Pdu(command=Command.CANCEL_SM_RESP, sequence=5)),
    Vector(
        "replace_sm",
        "0000001e 00000007 00000000 00000006 414200 0101 3100 00 00 01 00 02 4869",
        Pdu(
            command=Command.REPLACE_SM,
            sequence=6,
            fields={
                "message_id": "AB",
                "source_addr_ton": 1,
                "source_addr_npi": 1,
                "source_addr": "1",
                "schedule_delivery_time": "",
                "validity_period": "",
                "registered_delivery": 1,
                "sm_default_msg_id": 0,
                "short_message": b"Hi",
            },
        ),
    ),
    Vector("replace_sm_resp", "00000010 80000007 00000000 00000006", Pdu(command=Command.REPLACE_SM_RESP, sequence=6)),
    Vector(
        "alert_notification",
        "0000001d 00000102 00000000 00000008 0101 3100 0101 3200 0422 0001 00",
        Pdu(
            command=Command.ALERT_NOTIFICATION,
            sequence=8,
            fields={
                "source_addr_ton": 1,
                "source_addr_npi": 1,
                "source_addr": "1",
                "esme_addr_ton": 1,
                "esme_addr_npi": 1,
                "esme_addr": "2",
            },
            tlvs=(Tlv(Tag.MS_AVAILABILITY_STATUS, b"\0"),),
        ),
    ),
    Vector(
        "junk behind the TLVs",
        "0000001a 80000004 00000000 00000002 4100 1403 0001 05 ff0000",
        Pdu(
            command=Command.SUBMIT_SM_RESP,
            sequence=2,
            fields={"message_id": "A"},
            tlvs=(Tlv(0x1403, b"\5"),),
            rest=b"\xff\0\0",
        ),
    ),
)

LIBERAL: tuple[Vector, ...] = (
    # what carriers send and we would not write: read only
    Vector(
        "deliver_sm_resp without its body",
        "00000010 80000005 00000000 00000009",
        Pdu(command=Command.DELIVER_SM_RESP, sequence=9),
    ),
    Vector(
        "submit_sm_resp without a NUL",
        "00000013 80000004 00000000 00000002 414243",
        Pdu(command=Command.SUBMIT_SM_RESP, sequence=2, fields={"message_id": "ABC"}),
    ),
    Vector(
        "an id of 70 characters",
        "00000057 80000004 00000000 00000002" + "41" * 70 + "00",
        Pdu(command=Command.SUBMIT_SM_RESP, sequence=2, fields={"message_id": "A" * 70}),
    ),
    Vector(
        "query_sm_resp that ends early",
        "00000013 80000003 00000000 00000004 414200",
        Pdu(command=Command.QUERY_SM_RESP, sequence=4, fields={"message_id": "AB"}),
    ),
)
