"""Reading OpenAPI documents: bytes in, one canonical OpenAPI 3.1 shaped document out."""

from specloom.spec.document import Document
from specloom.spec.errors import SpecError
from specloom.spec.load import load

__all__ = ["Document", "SpecError", "load"]
