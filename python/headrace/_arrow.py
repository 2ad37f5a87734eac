"""The Arrow of pyarrow, in memory before the core looks for it. The standalone wheel has its own and needs none."""

from headrace._flavour import STANDALONE

#: The minor version of pyarrow whose Arrow the core is linked with.
PYARROW = "26.0"

_INSTEAD = "or install headrace-standalone, which brings its own Arrow and works beside any pyarrow"

if not STANDALONE:
    try:
        import pyarrow
    except ImportError as error:
        raise ImportError(f'headrace needs pyarrow: pip install "pyarrow=={PYARROW}.*"; {_INSTEAD}') from error
    if not pyarrow.__version__.startswith(f"{PYARROW}."):
        raise ImportError(
            f"headrace is built for pyarrow {PYARROW}, whose Arrow it shares, and pyarrow {pyarrow.__version__} is "
            f'installed: pip install "pyarrow=={PYARROW}.*"; {_INSTEAD}'
        )
