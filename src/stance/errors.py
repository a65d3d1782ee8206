"""Expected failures, and warnings: one line that says where, what, and what to do about it."""


class StanceError(Exception):
    """A failure that the user can mend. ``str(error)`` reads ``place: what: remedy``.

    >>> str(StanceError("no column 'text'", place="votes.csv:1", remedy="name it with --text-column"))
    "votes.csv:1: no column 'text': name it with --text-column"
    """

    exit_code = 1

    def __init__(self, what: str, *, place: str | None = None, remedy: str | None = None) -> None:
        self.what, self.place, self.remedy = what, place, remedy
        super().__init__(": ".join(part for part in (place, what, remedy) if part))


class InputError(StanceError):
    """A file or row that cannot be used: missing, empty, binary, wrongly labelled."""


class ModelError(StanceError):
    """A model that cannot be found, read or trusted."""


class TrackingError(StanceError):
    """The tracking store cannot be reached or is locked; whatever was computed is kept."""


class UsageError(StanceError):
    """A wrong option or combination of options."""

    exit_code = 2


class StanceWarning(UserWarning):
    """Nothing failed, but what is made of the result may mislead. Worded as a StanceError is."""
