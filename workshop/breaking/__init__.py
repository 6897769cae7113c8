"""Break it on purpose, in a cell: a full disk, a switchboard of faults, how a block ended."""
