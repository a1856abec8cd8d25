from .calls import compare as compare
from .calls import inspect as inspect
from .calls import open_run as open_run
from .calls import run as run
from .result import Result as Result
