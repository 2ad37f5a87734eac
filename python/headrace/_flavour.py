"""Which wheel this is. tools/wheel.py writes another one of these into the wheel headrace-standalone."""

#: What pip calls the package.
DISTRIBUTION = "headrace"
#: Whether the package brings an Arrow of its own, under names that no other has, instead of sharing pyarrow's.
STANDALONE = False
