"""A client of any SMSC: bind, submit one SMS, wait for its receipt. python smpp_client.py HOST PORT NUMBER"""

import socket
import sys
import time

from receipted.dialects.smpp.events import Answered, BindRefused, Bound, Requested
from receipted.dialects.smpp.pdus import Command
from receipted.dialects.smpp.receipt import DeliveryReceipt, read_receipt
from receipted.dialects.smpp.session import Role, Session, SessionSettings


def main(host: str, port: str, number: str) -> None:
    connection = socket.create_connection((host, int(port)))
    session = Session(Role.ESME, SessionSettings(window=10), now_ms())
    session.bind(Command.BIND_TRANSCEIVER, now_ms(), {"system_id": "gw", "password": "secret"})
    while session.closed is None:
        connection.sendall(session.data_to_send())
        connection.settimeout(max(0.0, (session.next_timer() or 1e12) - now_ms()) / 1000 + 0.001)
        try:
            events = session.receive(connection.recv(65_536), now_ms())
        except TimeoutError:
            events = session.tick(now_ms())
        for event in events:
            if isinstance(event, Bound):
                sms = {"source_addr": "Acme", "destination_addr": number, "short_message": b"Hello"}
                session.request(Command.SUBMIT_SM, now_ms(), {**sms, "registered_delivery": 1})
            elif isinstance(event, BindRefused):
                sys.exit(f"The bind was refused: {event.pdu.status:#x}")
            elif isinstance(event, Answered):
                if event.response.status:
                    sys.exit(f"The SMS was refused: {event.response.status:#x}")
                print("answered", event.response.text("message_id"), flush=True)
            elif isinstance(event, Requested):
                receipt = read_receipt(event.pdu)
                session.answer(event.pdu, now_ms())
                if isinstance(receipt, DeliveryReceipt):
                    print(receipt.status, receipt.id, flush=True)
                    session.unbind(now_ms())


def now_ms() -> int:
    return int(time.monotonic() * 1000)


if __name__ == "__main__":
    main(*sys.argv[1:])
