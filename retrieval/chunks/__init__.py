"""Map work over chunks: in this process, in several, or on a Dask cluster; the results are the same and in order."""
