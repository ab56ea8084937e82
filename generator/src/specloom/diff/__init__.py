"""What a new version of a document changes for the users of its generated SDKs."""

from specloom.diff.changes import Change, Level, bump, next_version
from specloom.diff.compare import Edition, compare

__all__ = ["Change", "Edition", "Level", "bump", "compare", "next_version"]
