"""Flask-SQLAlchemy's session and engines; models inherit our own typed Base, never db.Model."""
import os
import threading
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column

from tenants import clock

_last, _lock = 0, threading.Lock()


def uuid7() -> UUID:
    """RFC 9562 version 7, rising within the process also inside one millisecond; Python has its own from 3.14."""
    global _last
    value = (int(clock.now().timestamp() * 1000) << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) & ~(0x3 << 62) | (0x7 << 76) | (0x2 << 62)
    with _lock:
        if _last >> 80 == value >> 80 and value <= _last:
            value = _last + 1
        _last = value
    return UUID(int=value)


Key = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]


class Base(DeclarativeBase):
    """Naming convention for constraints, aware timestamps, text without a length."""
    metadata = MetaData(naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s", "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s"})
    type_annotation_map: ClassVar = {datetime: DateTime(timezone=True), str: Text}


db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True)
