"""The one error of the image formats: a file that is not what its reader takes."""

from collections.abc import Generator
from contextlib import contextmanager


class FormatError(Exception):
    """A file is not what was expected; the message names the file, the field and the expectation.

    The file is named by its last path component. What a file says is quoted only where it is a number or a
    code of the format: an object's id may be personal data.
    """

    def __init__(self, file: str, field: str, expectation: str) -> None:
        super().__init__(f"{file}: {field}: {expectation}")
        self.file = file
        self.field = field
        self.expectation = expectation


@contextmanager
def reading(file: str, kind: str) -> Generator[None]:
    """Turn whatever a library makes of a broken file into a FormatError.

    Parsers of hostile bytes raise nearly anything (struct, recursion, memory, attribute and value errors),
    so this is the one place where everything is caught.
    """
    try:
        yield
    except FormatError:
        raise
    except OSError as error:
        raise FormatError(
            file, "file", f"expected to be readable: {error.strerror or 'it is cut short'}"
        ) from error
    except Exception as error:
        raise FormatError(file, "file", f"expected {kind}: {type(error).__name__}") from error
