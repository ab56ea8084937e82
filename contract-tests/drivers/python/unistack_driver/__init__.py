"""Does with the Python SDK what the contract runner says, and writes down what came back."""

__all__: list[str] = []
