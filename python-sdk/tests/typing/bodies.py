"""What a user's editor knows of bodies: nested objects, lists, files."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from unistack import Unistack
from unistack.types import File, Order, OrderItemParam, UserCreateParams

client = Unistack()


def nested() -> None:
    item: OrderItemParam = {"product_id": "prod_1", "quantity": 2, "unit_price": 5}
    assert_type(client.orders.create(customer_id="cus_1", items=[item]), Order)
    client.orders.create(
        customer_id="cus_1",
        items=[{"product_id": "prod_1", "quantity": 2, "unit_price": 5}],
    )
    wrong: OrderItemParam = {"product_id": "prod_1", "quantity": "2", "unit_price": 5}  # type: ignore[typeddict-item]
    short: OrderItemParam = {"product_id": "prod_1", "quantity": 2}  # type: ignore[typeddict-item]
    item["colour"] = "red"  # type: ignore[typeddict-unknown-key]
    client.orders.create(customer_id="cus_1", items=[5])  # type: ignore[list-item]
    client.orders.create(customer_id="cus_1", items=item)  # type: ignore[arg-type]
    _ = wrong, short


def parameters_as_a_dict() -> None:
    params: UserCreateParams = {"name": "Ada", "email": "ada@example.com"}
    client.users.create(**params)
    wrong: UserCreateParams = {"name": "Ada"}  # type: ignore[typeddict-item]
    _ = wrong


def files() -> None:
    for content in (b"bytes", Path("a.pdf"), ("a.txt", b"bytes"), ("a", b"bytes", "text/csv")):
        assert_type(client.files.upload("proj_1", file=content), File)
    with Path("a.pdf").open("rb") as opened:
        client.files.upload("proj_1", file=opened)
    with Path("a.txt").open() as text:
        client.files.upload("proj_1", file=text)  # type: ignore[arg-type]
    client.files.upload("proj_1", file="a.pdf")  # type: ignore[arg-type]
    with client.files.download("proj_1", "file_1") as download:
        assert_type(download.read(), bytes)
        download.write_to_file("a.pdf")
