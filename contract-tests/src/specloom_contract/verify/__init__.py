"""``specloom verify``: holds any live server to its OpenAPI document."""

from .command import VerifyCommand, command
from .model import Check, Finding, Outcome, Report

__all__ = ["Check", "Finding", "Outcome", "Report", "VerifyCommand", "command"]
