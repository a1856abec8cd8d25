"""The files of DirectProbe, the authors' code: read, written, and their results verified."""

from tunescope.directprobe.folder import Examples, Published, read_folder
from tunescope.directprobe.result import VerifiedResult
from tunescope.directprobe.verification import verify
from tunescope.directprobe.writing import write_data, write_results

__all__ = [
    "Examples",
    "Published",
    "VerifiedResult",
    "read_folder",
    "verify",
    "write_data",
    "write_results",
]
