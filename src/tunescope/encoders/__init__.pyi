from .catalogue import CatalogueEntry as CatalogueEntry
from .catalogue import catalogue as catalogue
from .catalogue import find_model as find_model
from .encoder import Encoder as Encoder
from .policy import Policy as Policy
from .representation import Representation as Representation
from .representation import Representations as Representations
