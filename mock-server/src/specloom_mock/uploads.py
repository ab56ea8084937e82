"""Files that are sent and fetched."""

from __future__ import annotations

from specloom_mock.call import Call
from specloom_mock.crud import create
from specloom_mock.files import file_facts, sample_content
from specloom_mock.message import Response
from specloom_mock.names import words_of

__all__ = ["download", "upload"]


def upload(call: Call) -> Response:
    """A file, kept with its bytes."""
    filename, media_type, data = next(
        iter(call.files.values()), ("file", "application/octet-stream", b"")
    )
    body = call.body if isinstance(call.body, dict) else {}
    facts = {"name": body.get("name") or filename, **file_facts(filename, media_type, data)}
    collection = call.collection_plan()
    made = {
        name: facts[words]
        for name in call.schemas.properties(collection.row_schema)
        if (words := " ".join(words_of(name))) in facts
    }
    call.body = {name: value for name, value in body.items() if name not in call.files}
    response = create(call, made)
    rows = call.rows(collection)
    newest = rows.rows[-1]
    rows.replace(newest, newest.data, {**newest.hidden, "content": data, "media_type": media_type})
    return response


def download(call: Call) -> Response:
    """The bytes of a file; a seeded file's are made from its id, and its facts agree with them."""
    collection = call.collection_plan()
    _, row = call.row(collection)
    content = row.hidden.get("content")
    if content is None:
        content = sample_content(row.key)
    headers: dict[str, str] = {}
    for name in call.plan.success.headers:
        if name.lower() == "content-disposition":
            text = str(row.data.get("name") or row.data.get("filename") or row.key)
            safe = "".join(
                c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in text
            )
            headers[name] = f'attachment; filename="{safe}"'
    return Response(
        call.plan.success.status, headers, body=content, media_type=call.plan.success.media_type
    )
