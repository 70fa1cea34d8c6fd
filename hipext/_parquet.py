"""Tables as Parquet files: the same columns make the same bytes."""

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

_MISSING = (
    "Sweeps are kept as Parquet files, which needs pyarrow. Install it with: "
    "pip install 'hipext[sweep]'."
)


def parquet_bytes(columns: Mapping[str, np.ndarray | Sequence]) -> bytes:
    """Return columns as a Parquet file; what is no number or text becomes JSON."""
    pyarrow, parquet = _libraries()
    table = pyarrow.table({name: _typed(values) for name, values in columns.items()})
    stream = BytesIO()
    parquet.write_table(
        table, stream, compression="snappy", use_dictionary=False, store_schema=False
    )
    return stream.getvalue()


def read_parquet(
    paths: Sequence[Path], columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return some columns of files that stand one below the other."""
    pyarrow, parquet = _libraries()
    names = None if columns is None else list(columns)
    parts = [parquet.ParquetFile(path).read(columns=names) for path in paths]
    return pyarrow.concat_tables(parts).to_pandas()


def _typed(values: np.ndarray | Sequence) -> np.ndarray | list:
    if isinstance(values, np.ndarray) and values.dtype != object:
        return values
    kinds = {type(one) for one in values}
    if len(kinds) == 1 and kinds <= {int, float, str, bool}:
        return list(values)
    if kinds <= {int, float}:
        return [float(one) for one in values]
    return [json.dumps(one, ensure_ascii=False, default=list) for one in values]


def _libraries() -> tuple:
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise ModuleNotFoundError(_MISSING) from None
    return pyarrow, parquet
