from .reading import make_study as make_study
from .reading import read_study as read_study
from .study import Study as Study
