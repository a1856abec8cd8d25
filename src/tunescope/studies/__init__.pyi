from .study import Study as Study
from .study import make_study as make_study
from .study import read_study as read_study
