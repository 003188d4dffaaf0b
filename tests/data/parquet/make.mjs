// Writes the .parquet files beside it with DuckDB, so that the reader is not only checked against files of its own family:
// 40 rows, nulls, a list of structures; every compression, both versions of the format; and 5,000 rows in row groups of 2,048.
//
//   npm install --no-save @duckdb/node-api && node tests/data/parquet/make.mjs          (made with DuckDB 1.5.6)
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';

const folder = fileURLToPath(new URL('.', import.meta.url));
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const rows = (count) => `
  select '问题' || i as prompt,
    case when i % 7 = 0 then null else '好的，第' || i || '个' end as note,
    case when i % 11 = 0 then [] else
      [{'role': 'user', 'content': '问题' || i}, {'role': 'assistant', 'content': '答' || i}] end as chosen,
    i::bigint as n, i / 4 as score
  from range(${count}) rows(i)`;

for (const codec of ['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4_raw']) {
  for (const version of ['v1', 'v2']) {
    const options = `format parquet, compression ${codec}, parquet_version ${version}`;
    await connection.run(`copy (${rows(40)}) to '${folder}${codec}-${version}.parquet' (${options})`);
  }
}
const groups = 'format parquet, compression zstd, row_group_size 2048';
await connection.run(`copy (${rows(5000)}) to '${folder}row-groups.parquet' (${groups})`);
