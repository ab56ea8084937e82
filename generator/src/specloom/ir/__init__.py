"""The language-neutral reading of an API."""
