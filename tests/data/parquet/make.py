# Writes crc-v1.parquet, crc-v2.parquet and deltas.parquet beside it with PyArrow, which can put a checksum on every page and has
# encodings that DuckDB does not choose for so little data. The rows are those of make.mjs.
#
#   pip install pyarrow && python tests/data/parquet/make.py          (made with PyArrow 25.0.1)
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

folder = Path(__file__).parent
rows = range(40)
message = pa.struct([("role", pa.string()), ("content", pa.string())])
columns = {
    "prompt": pa.array([f"问题{i}" for i in rows]),
    "note": pa.array([None if i % 7 == 0 else f"好的，第{i}个" for i in rows]),
    "chosen": pa.array(
        [
            []
            if i % 11 == 0
            else [{"role": "user", "content": f"问题{i}"}, {"role": "assistant", "content": f"答{i}"}]
            for i in rows
        ],
        pa.list_(message),
    ),
    "n": pa.array(rows, pa.int64()),
    "score": pa.array([i / 4 for i in rows], pa.float64()),
}
table = pa.table(columns)
options = {"write_page_checksum": True, "store_schema": False, "compression": "none", "write_statistics": False}
for version in ("1", "2"):
    pq.write_table(table, folder / f"crc-v{version}.parquet", data_page_version=f"{version}.0", **options)
encodings = {
    "prompt": "DELTA_BYTE_ARRAY",
    "note": "DELTA_LENGTH_BYTE_ARRAY",
    "n": "DELTA_BINARY_PACKED",
    "score": "BYTE_STREAM_SPLIT",
}
pq.write_table(table, folder / "deltas.parquet", use_dictionary=False, column_encoding=encodings, **options)
