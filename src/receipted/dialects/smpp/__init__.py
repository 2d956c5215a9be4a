"""SMPP 3.4, both ends of it, without I/O: PDUs, their bytes, the session, and the receipts that carriers write.

``pdus`` and ``tlvs`` are the specification's field tables, ``codec`` turns bytes into PDUs and back, ``operations``
says who may send what when, ``session`` holds a conversation together, ``receipt`` and ``ids`` read what carriers
report.
"""
