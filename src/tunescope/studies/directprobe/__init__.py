"""The files of DirectProbe, the authors' code: read, written, and their results verified."""

from tunescope.studies.directprobe.folder import Examples, Published, read_folder
from tunescope.studies.directprobe.writing import write_data, write_results

__all__ = ["Examples", "Published", "read_folder", "write_data", "write_results"]
