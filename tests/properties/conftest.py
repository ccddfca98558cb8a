"""The profiles are in force before a test module is read: see ``profiles``."""

from tests.properties import profiles

__all__ = ["profiles"]
