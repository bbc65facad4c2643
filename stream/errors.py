"""Errors meant for the person at the keyboard."""

from __future__ import annotations


class UsageError(Exception):
    """What was asked for cannot be done; the text is one line that says what to change. Exit code 2."""
