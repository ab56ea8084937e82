"""Reading OpenAPI documents: bytes in, one canonical OpenAPI 3.1 shaped document out."""

from .document import Document
from .errors import SpecError
from .load import load

__all__ = ["Document", "SpecError", "load"]
