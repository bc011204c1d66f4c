"""theorycheck: certified checks of the theory of gradient EM on Gaussian mixtures.

The public names are listed in `__init__.pyi` and imported when first used, so that the command
line starts at once; everything else is reached through the modules named in the documentation.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
