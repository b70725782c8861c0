"""The base of every error a user may see; knows nothing else. Only the command line catches it."""


class LongplayError(Exception):
    """Something the user can act on; the message is one line that says what to do next."""


class StudyError(LongplayError):
    """A study file, or a file it names, asks for something that cannot be done."""
