"""Row groups of Parquet files as arrays of numpy, for the loaders over pyarrow that are written here."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


class RowGroups:
    """All row groups of some files, numbered in the order of the files. Any thread may read them."""

    def __init__(self, files, columns):
        self.columns = columns
        self.files = [pq.ParquetFile(file, memory_map=True) for file in files]
        self.places = [(i, g) for i, file in enumerate(self.files) for g in range(file.metadata.num_row_groups)]
        self.rows = [self.files[i].metadata.row_group(g).num_rows for i, g in self.places]

    def __len__(self):
        return len(self.places)

    def table(self, number):
        file, group = self.places[number]
        return self.files[file].read_row_group(group, columns=list(self.columns), use_threads=False)

    def read(self, number):
        """Arrays by name, without a copy where Arrow's layout is numpy's. A list of one length is one value of as many
        bytes, so that whole lists are moved at once."""
        table = self.table(number)
        return {name: self.array_of(table[name], *self.columns[name]) for name in self.columns}

    def array_of(self, column, dtype, length):
        chunk = column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
        if chunk.null_count:
            raise ValueError("a column has nulls, which a tensor cannot hold")
        if length:
            return chunk.flatten().to_numpy().view(f"V{np.dtype(dtype).itemsize * length}")
        return chunk.to_numpy()


def plain(array, dtype, length):
    """The rows of an array as read() gives it, as numbers."""
    return array.view(dtype).reshape(len(array), length) if length else array
