"""Preflight: no API request leaves unless the API will accept it."""

__version__ = "0.1.0"

__all__ = ["__version__"]
