"""What every store keeps, whatever database is below it: the tests of the port ``hub.ports.Store``.

A store's own test makes a class of ``StoreContract`` with the fixture ``place``: an empty database, opened.
"""

from tests.contracts.store_carriers import CarrierContract
from tests.contracts.store_gateway import GatewayContract
from tests.contracts.store_queue import QueueContract
from tests.contracts.store_reading import ReadingContract
from tests.contracts.store_receipts import ReceiptContract


class StoreContract(ReceiptContract, QueueContract, ReadingContract, CarrierContract, GatewayContract):
    """All of it."""
