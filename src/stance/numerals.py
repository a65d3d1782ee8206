"""Numbers of things, as people write them."""


def counted(n: int, noun: str) -> str:
    """
    >>> counted(1, "file"), counted(0, "file"), counted(1200, "file")
    ('1 file', '0 files', '1,200 files')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
