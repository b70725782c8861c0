"""The base of every error a user may see; knows nothing else. Only the command line catches it."""


class LongplayError(Exception):
    """Something the user can act on; the message is one line that says what to do next."""


class StudyError(LongplayError):
    """A study file, or a file it names, asks for something that cannot be done."""


# What a wrong number, shape or name raises in our code and in numpy, scipy, pandas and statsmodels, whose own errors
# derive from these. Caught only by `records.part`: there one of several independent parts is lost, and that is said.
DEFECTS: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
