"""Stance and tone of diplomatic statements: conciliatory, hawkish or neutral, and why."""

__version__ = "0.1.0"
