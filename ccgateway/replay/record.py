"""A call's record as plain JSON values: what a recording is expected to tell, and what is compared.

What is as it is by itself (an empty list, no end) is left out: so a record that was written before
a field was added says the same as one that was written after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccgateway.calls.call import Call

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = Mapping[str, Any]


def record_of(call: Call) -> Record:
    """The call's record. Times are ISO 8601 in UTC."""
    return _fields(call)


def _fields(value: DataclassInstance) -> dict[str, Any]:
    told = ((one, getattr(value, one.name)) for one in fields(value))
    return {
        one.name: _plain(content)
        for one, content in told
        if content != (one.default_factory() if one.default_factory is not MISSING else one.default)
    }


def _plain(value: object) -> object:
    plain: object = value
    if isinstance(value, datetime):
        plain = value.isoformat()
    elif isinstance(value, Enum):
        plain = value.value
    elif isinstance(value, UUID):
        plain = str(value)
    elif isinstance(value, Mapping):
        plain = {str(key): _plain(one) for key, one in value.items()}
    elif isinstance(value, tuple):
        plain = [_plain(one) for one in value]
    elif is_dataclass(value) and not isinstance(value, type):
        plain = _fields(value)
    return plain
