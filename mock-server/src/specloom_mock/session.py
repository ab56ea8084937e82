"""A session: one isolated world with its state, clock, quotas, faults, journal and webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from specloom_mock.adoption import Adoption, adopt_rows
from specloom_mock.auth import Credential, Keyring, credential_of
from specloom_mock.clock import Clock, parse_instant
from specloom_mock.console import Console
from specloom_mock.faults import FaultQueue
from specloom_mock.generate import rng_for
from specloom_mock.idempotency import IdempotencyStore
from specloom_mock.journal import Journal
from specloom_mock.message import Response
from specloom_mock.names import words_of
from specloom_mock.options import Options
from specloom_mock.plan import ApiPlan, CollectionPlan, OperationPlan
from specloom_mock.profiles import profile_faults
from specloom_mock.ratelimit import Algorithm, Quota, RateLimiter
from specloom_mock.schemas import Schemas
from specloom_mock.seeding import RowMaker
from specloom_mock.store import Row, Rows, Store
from specloom_mock.webhooks import Deliveries

if TYPE_CHECKING:
    from specloom_mock.call import Call

__all__ = ["Options", "Session", "Snapshot"]

_SHOWN_SECRETS = ("key", "token", "secret")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows, credentials, counters and time, kept under a name."""

    at: float
    rows: Rows
    keyring: Keyring
    limiter: RateLimiter


class Session:
    """One isolated world.

    Args:
        name: The session's name.
        plan: The document's plan.
        schemas: Its schemas.
        options: How the server was started.
        recorded: Whether the state is written down somewhere.

    Attributes:
        recorded_before: Whether what is written down is this state's past, and not another one.
    """

    def __init__(
        self,
        name: str,
        plan: ApiPlan,
        schemas: Schemas,
        options: Options,
        *,
        recorded: bool = False,
    ) -> None:
        self.name = name
        self.recorded = recorded
        self.plan = plan
        self.schemas = schemas
        self.options = options
        self.snapshots: dict[str, Snapshot] = {}
        self.clock = Clock(virtual=options.virtual, start=options.start)
        self.journal = Journal()
        self.faults = FaultQueue()
        self.limiter = RateLimiter()
        self.idempotency: IdempotencyStore[Response] = IdempotencyStore()
        self.overrides: dict[str, Quota] = {}
        self.deliveries = Deliveries(self)
        self.seed = options.seed
        self.start_rows = options.rows
        self._requests = 0
        self._begin(options.seed, options.rows, None)

    def _begin(self, seed: int, rows: int, now: float | None) -> None:
        self.seed = seed
        self.start_rows = rows
        self.clock.reset(now if now is not None else self.options.start)
        start = self.clock.now() if self.options.virtual else self.options.start
        self.rows = RowMaker(self.plan, self.schemas, seed, rows, start)
        self.store = Store(self.rows.seed_rows, recorded=self.recorded)
        self.recorded_before = False
        self.keyring = Keyring(seed, any_bearer=not _has_login(self.plan))
        self.keyring.find_key = self._find_key
        for raw in (self.plan.mock.get("auth") or {}).get("credentials") or ():
            self.seed_credential(raw)
        self.faults = FaultQueue(rng_for(seed, "faults").random)
        self.latency = rng_for(seed, "latency")
        self.use_profile(self.options.profile)
        self.limiter.clear()
        self.idempotency.clear()
        self.overrides.clear()
        self.limits_enabled = self.options.limits
        self.consoles: dict[str, Console] = {}
        self.rng = rng_for(seed, "headers")
        self.retry_after_form = "seconds"
        self._requests = 0

    def reset(
        self, *, seed: int | None = None, rows: int | None = None, now: float | None = None
    ) -> None:
        """Put everything back to the beginning; snapshots stay.

        Args:
            seed: Default: the server's.
            rows: Default: the server's.
            now: Where virtual time begins, in epoch seconds.
        """
        self.deliveries.clear()
        self.clock.virtual = self.options.virtual
        self.journal.restart()
        self._begin(
            self.options.seed if seed is None else seed,
            self.options.rows if rows is None else rows,
            now,
        )

    def adopt(self, plan: ApiPlan, schemas: Schemas) -> Adoption:
        """Go on with another version of the document; what still fits of the state stays."""
        self.plan, self.schemas = plan, schemas
        start = self.clock.start if self.options.virtual else self.options.start
        self.rows = RowMaker(plan, schemas, self.seed, self.start_rows, start)
        former = self.store.snapshot()
        self.store = Store(self.rows.seed_rows, recorded=self.recorded)
        self.recorded_before = False
        told = self.bring_back(former)
        self.snapshots = {
            name: replace(kept, rows=self._adopted(kept.rows)[0])
            for name, kept in self.snapshots.items()
        }
        self.keyring.any_bearer = not _has_login(plan)
        for raw in (plan.mock.get("auth") or {}).get("credentials") or ():
            self.seed_credential(raw)
        self.consoles = {}
        return told

    def bring_back(self, rows: Rows) -> Adoption:
        """Make rows of another time the state; they are held to the present document."""
        fitted, told = self._adopted(rows)
        self.store.restore(fitted)
        return told

    def _adopted(self, rows: Rows) -> tuple[Rows, Adoption]:
        plans = {plan.name: plan for plan in self.plan.collections.values()}
        return adopt_rows(rows, plans, self.schemas, self.rows, self.clock.now())

    @property
    def faulty(self) -> bool:
        """Whether anything may go wrong that no request asked for."""
        return bool(self.faults) or self.profile is not None

    def use_profile(self, name: str | None) -> None:
        """Begin a chaos profile anew; None for a chaos port without one.

        Raises:
            KeyError: There is no such profile.
        """
        mixture = FaultQueue(rng_for(self.seed, "profile", name or "").random, prefix=name or "")
        if name is not None:
            mixture.add(profile_faults(name))
        self.profile, self.mixture = name, mixture

    def request_id(self) -> str:
        """The next request id that the server makes."""
        self._requests += 1
        return f"req_{self._requests:08}"

    def keep(self, name: str) -> Snapshot:
        """Take a snapshot."""
        snapshot = Snapshot(
            self.clock.now(), self.store.snapshot(), self.keyring.copy(), self.limiter.copy()
        )
        self.snapshots[name] = snapshot
        return snapshot

    async def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot."""
        self.store.restore(snapshot.rows)
        self.keyring = snapshot.keyring.copy()
        self.keyring.find_key = self._find_key
        self.limiter = snapshot.limiter.copy()
        if self.clock.virtual:
            await self.clock.set(snapshot.at)

    def seed_credential(self, raw: Mapping[str, Any]) -> Credential:
        """Make a credential known from its JSON form."""
        expires = raw.get("expires_at")
        return self.keyring.add(
            credential_of(raw, None if expires is None else parse_instant(expires))
        )

    def quota(self, policy: Quota) -> Quota:
        """The quota in force for a policy of the document."""
        return self.overrides.get(policy.policy, policy)

    def override(self, policy: str, limit: int, window: float, algorithm: Algorithm) -> None:
        """Replace a policy's quota; its counters start anew."""
        self.overrides[policy] = Quota(policy, limit, window, algorithm)
        self.limiter.forget(policy)

    def policies(self) -> dict[str, Quota]:
        """The quotas in force, by policy."""
        found: dict[str, Quota] = {}
        for operation in self.plan.operations.values():
            for quota in operation.quotas.values():
                found.setdefault(quota.policy, quota)
        return {**found, **self.overrides}

    def user_row(self, credential: Credential | None, *, make: bool = False) -> Row | None:
        """The user that a credential stands for: its own, else the first administrator.

        Args:
            credential: The credential.
            make: Make a user when there is none at all.
        """
        users = self.plan.users
        if users is None:
            return None
        collection = self.store.collection(users.name)
        if credential is not None and credential.user is not None:
            return collection.get(credential.user)
        rows = collection.rows
        if not rows and make:
            data, hidden = self.rows.seeded(users, (), 0, self.clock.now(), {})
            admin = {"role": "admin", "active": True}
            data |= {name: value for name, value in admin.items() if name in data}
            return collection.add(self.rows.key_of(users, data, 0), data, hidden)
        for row in rows:
            if row.data.get("role") == "admin" and row.data.get("active", True) is True:
                return row
        return rows[0] if rows else None

    @property
    def max_body(self) -> int | None:
        """The largest body in bytes that the overlay allows; None for the defaults."""
        found = (self.plan.mock.get("server") or {}).get("max_body")
        return int(found) if found is not None else None

    def role_scopes(self, user: Row) -> frozenset[str] | None:
        """What a user may do by its role: administrators everything, viewers read."""
        role = user.data.get("role")
        roles = (self.plan.mock.get("auth") or {}).get("roles") or {}
        if role in roles:
            return frozenset(roles[role])
        if role is None or role in {"admin", "owner"}:
            return None
        if role in {"viewer", "guest", "readonly"}:
            return frozenset({"read"})
        return frozenset({"read", "write", "delete"})

    def scopes_of(self, credential: Credential | None) -> list[str]:
        """The scopes of a credential, among those that the document knows."""
        known: set[str] = set()
        for operation in self.plan.operations.values():
            known |= operation.scopes
        usual = ["read", "write", "delete", "admin"]
        ordered = [scope for scope in usual if scope in known]
        ordered += sorted(known - set(usual))
        if credential is None or credential.scopes is None:
            return ordered
        return [scope for scope in ordered if scope in credential.scopes]

    def methods_below(self, path: str) -> list[str]:
        """The methods that a collection and its items answer."""
        found: list[str] = []
        for operation in self.plan.operations.values():
            head = operation.path.rpartition("/")[0]
            of_item = head == path and operation.path.endswith("}")
            if (operation.path == path or of_item) and operation.method not in found:
                found.append(operation.method)
        return found

    def quota_for(
        self, operation: OperationPlan, credential: Credential | None, *, failed: bool = False
    ) -> Quota | None:
        """The quota that meters a request; None when nothing does.

        Args:
            operation: What is asked for.
            credential: By whom.
            failed: Whether a needed credential is missing or no good.
        """
        if not operation.metered:
            return None
        if self.options.limit is not None:
            return self.options.limit
        quotas = operation.quotas
        if not quotas:
            return None
        if failed:
            quota = quotas.get("anonymous", quotas["base"])
        elif credential is None:
            quota = quotas["base"]
            if operation.security:
                quota = quotas.get("anonymous", quota)
        else:
            quota = quotas.get(credential.tier, quotas["base"])
        return self.quota(quota)

    def changed(self, call: Call, collection: CollectionPlan, row: Row, what: str) -> None:
        """Something was created, updated, deleted or acted upon: tell whoever wants to know."""
        if what == "deleted" and collection is self.plan.api_keys:
            for value in _secrets(collection, row):
                self.keyring.revoked.add(value)
        self._audit(call, collection, row, what)
        event = call.plan.event
        if event is None and collection.singular:
            event = f"{collection.singular}.{what}"
        if event in self.plan.events:
            self.deliveries.emit(event, row.data)

    def _audit(self, call: Call, collection: CollectionPlan, row: Row, what: str) -> None:
        """Write a change down in the collections that the overlay calls audit logs."""
        for log in self.plan.collections.values():
            if not log.overlay.get("audit"):
                continue
            rows = self.store.collection(log.name)
            credential = call.credential
            user = self.user_row(credential)
            by_key = credential is not None and credential.tier == "api_key"
            actor = credential.key_id if credential is not None and by_key else None
            facts: dict[str, Any] = {
                "action": call.plan.event or f"{collection.singular}.{what}",
                "actor type": "api_key" if by_key else "user" if user is not None else "system",
                "actor id": actor or (user.key if user is not None else None),
                "resource type": collection.singular,
                "resource id": row.key,
                "request id": call.request_id,
                "ip address": call.request.client,
                "metadata": {},
            }
            names = self.schemas.properties(log.row_schema)
            made = {n: facts[w] for n in names if (w := " ".join(words_of(n))) in facts}
            index = rows.next_seq
            data, hidden = self.rows.completed(
                log, (), {}, now=call.now, index=index, user=None, made=made
            )
            rows.add(self.rows.key_of(log, data, index), data, hidden)

    def decoded(self, body: bytes) -> Any:
        """A JSON body as a value."""
        return orjson.loads(body)

    def _find_key(self, value: str) -> Credential | None:
        """The credential of an API key that was created through the API."""
        keys = self.plan.api_keys
        if keys is None:
            return None
        for row in self.store.collection(keys.name):
            if value in _secrets(keys, row):
                expires = row.data.get("expires_at") or row.data.get("expiresAt")
                scopes = row.data.get("scopes")
                return Credential(
                    "api_key",
                    value,
                    scopes=frozenset(scopes) if isinstance(scopes, list) else None,
                    expires_at=parse_instant(expires) if isinstance(expires, str) else None,
                    key_id=row.key,
                )
        return None


def _secrets(keys: CollectionPlan, row: Row) -> list[str]:
    """What a row of API keys is sent as: its hidden secrets, else a shown `key` or `token`."""
    values = [row.hidden.get(name) for name in keys.secrets]
    values = values or [row.data.get(name) for name in _SHOWN_SECRETS]
    return [value for value in values if isinstance(value, str)]


def _has_login(plan: ApiPlan) -> bool:
    return any(operation.kind.value == "login" for operation in plan.operations.values())
