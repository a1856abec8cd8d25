from .encoders import Encoder as Encoder
from .encoders import Representation as Representation
from .errors import InputError as InputError
from .errors import TunescopeError as TunescopeError
from .evidence import suspects as suspects
from .geometry import DirectProbe as DirectProbe
from .geometry import Separation as Separation
from .geometry import separation as separation
from .geometry import separations as separations
from .geometry import spatial_similarity as spatial_similarity
from .probes import ClassifierProbe as ClassifierProbe
from .results import Result as Result
from .results import compare as compare
from .results import inspect as inspect
from .results import open_run as open_run
from .results import run as run
from .tasks import Task as Task
from .tasks import load_task as load_task
from .tuning import SnapshotCallback as SnapshotCallback
from .tuning import finetune as finetune
from .watching import Diverging as Diverging
from .watching import GeometryCallback as GeometryCallback
from .watching import watch as watch

__version__: str
