"""Checks of creates that are sent twice: the same key and body are one row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from .inquiry import Inquiry, Untested
from .model import Finding
from .plan import Collection
from .probe import Answer
from .register import Register
from .schema import value_at

__all__ = ["check_idempotency"]


def check_idempotency(inquiry: Inquiry, register: Register, collection: Collection) -> None:
    """Make both checks of a collection that rows can be added to."""
    if collection.create is None:
        return
    twice = _Twice(inquiry, register, collection)
    why = "the header Idempotency-Key"
    create = [collection.create]
    inquiry.check("idempotency.replay", collection.path, create, why, twice.replay)
    inquiry.check("idempotency.mismatch", collection.path, create, why, twice.mismatch)


class _Twice:
    def __init__(self, inquiry: Inquiry, register: Register, collection: Collection) -> None:
        self._inquiry, self._register, self._c = inquiry, register, collection

    def _key(self) -> tuple[tuple[str, str], ...]:
        create = self._inquiry.need(self._c.create, "creates a row")
        header = create.operation.idempotency_header
        if header is None:
            raise Untested("the document declares no Idempotency-Key")
        key = f"verify-{self._inquiry.sampler.word()}{self._inquiry.sampler.word()}"
        return ((header.raw, key),)

    def replay(self) -> Iterator[Finding]:
        key = self._key()
        made = self._register.create(self._c, headers=key)
        assert self._c.create is not None
        again = self._inquiry.call(
            self._c.create, made.values, body=made.sent, headers=key, provoked=True
        )
        twin = value_at(again.body, self._c.payload.get(self._c.create.id, ""))
        if again.ok:
            other = self._register.keep(self._c, made.values, made.sent, again)
            if other.id == made.id:
                self._register.gone(other)
                return
            yield Finding(
                f"the same key and body created a second row, {other.id} beside {made.id}",
                f"the first answer again, with {made.id}",
                str(twin.get(self._c.id_field or "id") if isinstance(twin, Mapping) else twin),
                again.exchange,
            )
        elif again.status != made.answer.status:
            yield Finding(
                f"the same key and body were answered {made.answer.status}, then {_told(again)}",
                str(made.answer.status),
                _told(again),
                again.exchange,
            )

    def mismatch(self) -> Iterator[Finding]:
        key = self._key()
        made = self._register.create(self._c, headers=key)
        assert self._c.create is not None
        bodies = self._register.bodies(self._c.create)
        other = next((b for b in bodies if json.dumps(b) != json.dumps(made.sent)), None)
        if other is None:
            raise Untested("no second body can be made")
        answer = self._inquiry.call(
            self._c.create, made.values, body=other, headers=key, provoked=True
        )
        if answer.ok:
            twin = self._register.keep(self._c, made.values, other, answer)
            if twin.id == made.id:
                self._register.gone(twin)
            yield Finding(
                "the same key with another body was served",
                "a refusal (4xx)",
                _told(answer),
                answer.exchange,
            )


def _told(answer: Answer) -> str:
    return answer.failure if answer.status is None else str(answer.status)
