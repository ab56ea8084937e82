"""Plays contract scenarios against SDK drivers and mock servers, over processes and HTTP only."""

__all__: list[str] = []
