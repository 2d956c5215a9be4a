"""Signature vectors of the SMS API: reference 3.3 (V1-V7), 3.4 (Python SDK 4.9.1) and providers 16, as data."""

from typing import NamedTuple


class Signed(NamedTuple):
    name: str
    secret: str
    fields: dict[str, str]
    base: str
    sigs: dict[str, str]


SECRET = "my_secret"
_V1 = {"api_key": "abcd1234", "from": "AcmeInc", "text": "Hello", "timestamp": "1700000000", "to": "447700900000"}
_BASE = "&api_key=abcd1234{ref}&from=AcmeInc&text={text}&timestamp=1700000000&to=447700900000"

V1 = Signed(
    "V1 OUT",
    SECRET,
    _V1,
    _BASE.format(ref="", text="Hello"),
    {
        "md5hash": "2ff8d3646900472a927d2b076550bf6d",
        "md5": "ebaa5055d55500057903b3ddcc6e8613",
        "sha1": "656a4c9999d1605a5267bbce676ac6728b0e6d07",
        "sha256": "6e64107080ce3944fa0bae234164894490ef45214f637d99f41628e6d89ec199",
        "sha512": "b6d1aab6408265646b46efbd3dba014c64c90575ab23c9f58827076a3eb6fe77"
        "78a894e67fffe71153e9e1bed42a013fd4e46d618fe22e6b10e817c9d75c1714",
    },
)
V2 = Signed(
    "V2 AMP",
    SECRET,
    {**_V1, "text": "A & B = C"},
    _BASE.format(ref="", text="A _ B _ C"),
    {
        "md5hash": "bc3489388b06c05eafca6fe2ce69a10b",
        "md5": "7801a638551833119bf7cd8259934c9e",
        "sha1": "4f47a2efc8565482709b27f11d31b5e2781c3bf6",
        "sha256": "1a53f358aeff6d149b949a05880e1e5595791aebaf7d72723aecf6291699a786",
        "sha512": "563bfadd05ea092aa7c448a258748a099785b2a80900c431157742973949188e"
        "dcbc57f267e0802256bea3694f0653e196da5e28fe50d9f6be4c7cc90ed09d98",
    },
)
V3 = Signed(
    "V3 UTF-8",
    SECRET,
    {**_V1, "text": "A & B = C é €", "client-ref": "a=b&c"},
    _BASE.format(ref="&client-ref=a_b_c", text="A _ B _ C é €"),
    {
        "md5hash": "8533eb00f52f079ad456ca6191e188b3",
        "md5": "0fa184eff3c14216534406013b797c4a",
        "sha1": "44d195efb2be5e0e8105c379835bc31d7f3b80f2",
        "sha256": "e53546eb1831f8e267308e953ffa841276563aecd7469e48e06635c131923d08",
        "sha512": "6124029b76dbf07adbd20170c923c00eb4b224d7aed0466725b8903c899e3e64"
        "4e242fbd30a28394a47241844515c56d8db8f086cb1285fa77c33824e62befe2",
    },
)
V4 = Signed(
    "V4 DLR",
    SECRET,
    {
        "msisdn": "447700900000",
        "to": "AcmeInc",
        "network-code": "23410",
        "messageId": "0A0000001234567B",
        "price": "0.03330000",
        "status": "delivered",
        "scts": "2311142213",
        "err-code": "0",
        "api-key": "abcd1234",
        "client-ref": "order-42",
        "message-timestamp": "2023-11-14 22:13:20",
        "timestamp": "1700000000",
        "nonce": "ec11dd3e-1e7f-4db5-9467-82b02cd223b9",
    },
    "&api-key=abcd1234&client-ref=order-42&err-code=0&message-timestamp=2023-11-14 22:13:20"
    "&messageId=0A0000001234567B&msisdn=447700900000&network-code=23410&nonce=ec11dd3e-1e7f-4db5-9467-82b02cd223b9"
    "&price=0.03330000&scts=2311142213&status=delivered&timestamp=1700000000&to=AcmeInc",
    {
        "md5hash": "3dac6f1e66da303847d8ec4336ea3b08",
        "md5": "6053890d8457e121c4f862d3326f6745",
        "sha1": "09cca75b0342b2f3dc4d67e058f265f5295913a5",
        "sha256": "a1181ba19bb29858e841f3bea837f01bfa3d47b2b938be98ba4ae43cbc318c33",
        "sha512": "3952c2cb2968b1bf3e399a6d225c59ba2af5c15277c18782bc87b343778b7dd6"
        "4ac5a4cab937d63ba29373e7736900f75d0ce69c384179d02bc67863d189eb31",
    },
)
V5 = Signed(
    "V5 EMPTY",
    SECRET,
    {**_V1, "client-ref": ""},
    _BASE.format(ref="&client-ref=", text="Hello"),
    {
        "md5hash": "55e97c93c1dce7772e1e3692e260fbee",
        "sha256": "147ae911c1615d5ca2c061313022cfaa1e7471025e62447a8829e193d9f691c8",
    },
)
V6 = Signed(
    "V6 inbound",
    "my_secret_key_for_testing",
    {
        "message-timestamp": "2013-11-21 15:27:30",
        "messageId": "020000001B0FE827",
        "msisdn": "14843472194",
        "text": "Test again",
        "timestamp": "1385047698",
        "to": "13239877404",
        "type": "text",
    },
    "&message-timestamp=2013-11-21 15:27:30&messageId=020000001B0FE827&msisdn=14843472194&text=Test again"
    "&timestamp=1385047698&to=13239877404&type=text",
    {
        "md5hash": "d2e7b1dc968737c5998ad624e02f90b7",
        "md5": "DDEBD46008C2D4E93CCE578A332A52D5",
        "sha1": "27D0D05C2876C7CB1720DBCDBA4D492E1E55C09A",
        "sha256": "DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330",
    },
)
V7 = Signed(
    "V7 inbound",
    "my_secret_key_for_testing",
    {
        "keyword": "TEST",
        "message-timestamp": "2017-04-04 22:57:47",
        "messageId": "0B00000042AC53BD",
        "msisdn": "14843472194",
        "nonce": "929d6744-bd28-42c8-b6cf-31d5b4f43732",
        "text": "Test with & and =",
        "timestamp": "1491346667",
        "to": "12192259404",
        "type": "text",
    },
    "&keyword=TEST&message-timestamp=2017-04-04 22:57:47&messageId=0B00000042AC53BD&msisdn=14843472194"
    "&nonce=929d6744-bd28-42c8-b6cf-31d5b4f43732&text=Test with _ and _&timestamp=1491346667&to=12192259404&type=text",
    {"md5hash": "e06d9763e3fd0b9c31beb5fc2fcb011c"},
)
PROVIDERS_16 = Signed(
    "providers 16",
    "my-signature-secret-0123456789ab",
    {
        "msisdn": "447700900000",
        "to": "AcmeInc",
        "network-code": "23410",
        "messageId": "0A0000001234567B",
        "price": "0.03330000",
        "status": "delivered",
        "scts": "2001011400",
        "err-code": "0",
        "api-key": "abcd1234",
        "client-ref": "a=b&c",
        "message-timestamp": "2020-01-01 12:00:00",
        "timestamp": "1577880000",
        "nonce": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
    },
    "&api-key=abcd1234&client-ref=a_b_c&err-code=0&message-timestamp=2020-01-01 12:00:00&messageId=0A0000001234567B"
    "&msisdn=447700900000&network-code=23410&nonce=aaaaaaaa-bbbb-cccc-dddd-0123456789ab&price=0.03330000"
    "&scts=2001011400&status=delivered&timestamp=1577880000&to=AcmeInc",
    {
        "md5hash": "6093482e3b0b656612c4ac66b2635240",
        "md5": "e3c8197a59a0cfc6d239344ac6af9263",
        "sha1": "371e389c8122b2b2bb623dabdcbbb4263f3c8c15",
        "sha256": "d089705bbcdd94f5938e2be3cab56e4d35df214af2546767a313998da789b517",
        "sha512": "0de3160c47ec9b8af984b63a1f581b1507fd651e41a609afa11f06cd09af3a84"
        "3a79e002fdacb2f516126a9083304e4556926fbd090261f094ed6f34fa252775",
    },
)
ROWS: tuple[Signed, ...] = (V1, V2, V3, V4, V5, V6, V7, PROVIDERS_16)

PY4_FIELDS = {
    "api_key": "abcd1234",
    "from": "AcmeInc",
    "text": "A & B = C",
    "timestamp": "1795418834",
    "to": "447700900000",
}
PY4_SIGS = {
    "md5": "62539d120379359311971066f6279adc",
    "sha256": "3cd0b0b94cd096a1ae02bdb2b7ba19b863a806d818addd57cf3d8f2a032f6b86",
}
"""What the SDK sends for PY4_FIELDS; ``35730853ec1b35e65fbae87d7f1c6f99`` would be the documented md5."""
PY4_DOCUMENTED_MD5 = "35730853ec1b35e65fbae87d7f1c6f99"
