"""The Python SDK of the Unistack API."""
