/**
 * The table of contents at the end of a parquet file: its schema, and where every column of every row group lies.
 *
 *   ... table of contents, its length in 4 bytes, "PAR1"
 *
 * Much of it stands there twice (the rows, and those of the row groups; names and types, in the schema and at every column), so
 * damage shows where the two differ. A damaged number of rows or place of a column would otherwise pass for a shorter file.
 */
import { type FileMetaData, parquetMetadata, parquetSchema, type RowGroup, type SchemaTree } from 'hyparquet';
import { isFlatColumn } from 'hyparquet/src/schema.js';
import { placeOf, type ReadAt } from './parquet-column.ts';
import { endOfStruct } from './parquet-thrift.ts';

const MAGIC = 'PAR1';
const TAIL_BYTES = 8; // length and magic
const MAX_BYTES = 256 << 20;
/** Levels of lists and structures; sets of conversations have four. */
const MAX_DEPTH = 32;
/** Types that the schema may name twice, in the new way and in the old one. */
const TWINS = [
  ['LIST', 'LIST'],
  ['MAP', 'MAP'],
  ['STRING', 'UTF8'],
  ['JSON', 'JSON'],
] as const;

interface Contents {
  readonly tree: SchemaTree;
  readonly groups: readonly RowGroup[];
}

/** Reads it from a file of `size` bytes. Throws an Error that says what is wrong with it. */
export function readFooter(size: number, readAt: ReadAt): Contents {
  if (size < TAIL_BYTES + MAGIC.length) throw new Error('it is too short for a parquet file');
  const tail = Buffer.from(readAt(size - TAIL_BYTES, TAIL_BYTES));
  const magic = tail.toString('latin1', 4);
  if (magic === 'PARE') throw new Error('it is encrypted');
  if (magic !== MAGIC) throw new Error('it does not end with PAR1, so it is cut off or not a parquet file');
  const length = tail.readUInt32LE(0);
  const start = size - TAIL_BYTES - length;
  if (start < MAGIC.length || length > MAX_BYTES)
    throw new Error(`its length of ${length} bytes makes no sense`);
  const bytes = readAt(start, length + TAIL_BYTES);
  if (endOfStruct(bytes.subarray(0, length)) !== length) throw new Error('it ends before its length says');
  const contents = parquetMetadata(bytes, { geoparquet: false });
  checkSchema(contents.schema);
  const tree = parquetSchema(contents);
  for (const group of contents.row_groups) checkGroup(group, tree, start);
  const rows = contents.row_groups.reduce((sum, { num_rows }) => sum + num_rows, 0n);
  if (rows !== contents.num_rows)
    throw new Error(`it has ${contents.num_rows} rows, and ${rows} in its row groups`);
  return { tree, groups: contents.row_groups };
}

/** Elements stand in the order of a walk through the tree, each with the number of its children. */
function checkSchema(elements: FileMetaData['schema']): void {
  let at = 0;
  const walk = (depth: number) => {
    const element = elements[at++];
    if (element === undefined || typeof element.name !== 'string') throw new Error('it has too few columns');
    const children = element.num_children ?? 0;
    const isLeaf = element.type !== undefined;
    if (isLeaf ? children > 0 : depth > 0 && children === 0)
      throw new Error(`the column "${element.name}" is neither a value nor a structure`);
    if (depth > 0 && element.repetition_type === undefined)
      throw new Error(`the column "${element.name}" does not say how often it comes`);
    if (!isOneType(element)) throw new Error(`the column "${element.name}" is of two types`);
    if (depth > MAX_DEPTH) throw new Error('its columns are nested too deeply');
    const first = at;
    const names = new Set<string>();
    for (let i = 0; i < children; i++) {
      names.add(elements[at]?.name ?? '');
      walk(depth + 1);
    }
    if (names.size < children) throw new Error(`two columns after the first ${first} have the same name`);
  };
  walk(0);
  if (at !== elements.length) throw new Error('it has more columns than it says');
}

function isOneType({
  logical_type: logical,
  converted_type: converted,
}: FileMetaData['schema'][number]): boolean {
  if (logical === undefined) return true;
  if (converted === undefined) return logical.type !== 'LIST' && logical.type !== 'MAP'; // the reader knows them by the old name
  return TWINS.every(([name, old]) => (logical.type === name) === (converted === old));
}

function leavesOf(tree: SchemaTree): SchemaTree[] {
  return tree.children.length === 0 ? [tree] : tree.children.flatMap(leavesOf);
}

function checkGroup(group: RowGroup, tree: SchemaTree, contentsStart: number): void {
  const { columns, num_rows } = group;
  const leaves = tree.children.flatMap(leavesOf);
  const rows = Number(num_rows);
  if (!(Number.isSafeInteger(rows) && rows >= 0))
    throw new Error(`${num_rows} rows in a row group make no sense`);
  if (columns.length !== leaves.length || leaves.length === 0)
    throw new Error(`a row group has ${columns.length} columns and the schema ${leaves.length}`);
  const places: { readonly start: number; readonly end: number }[] = [];
  for (const [i, column] of columns.entries()) {
    const { path, element } = leaves[i]!; // as many as columns
    const name = path.join('.');
    const { meta_data: meta, crypto_metadata } = column;
    if (crypto_metadata !== undefined) throw new Error(`its column "${name}" is encrypted`);
    if (meta === undefined) throw new Error(`its column "${name}" has no metadata`);
    if (meta.path_in_schema.join('.') !== name || meta.type !== element.type)
      throw new Error(`its column "${name}" is another one in a row group`);
    const entries = Number(meta.num_values);
    if (!(entries >= 0) || (isFlatColumn([tree, leaves[i]!]) && path.length === 1 && entries !== rows))
      throw new Error(`its column "${name}" has ${entries} values in a row group of ${rows} rows`);
    const place = placeOf(column);
    if (entries === 0 || column.file_path) continue;
    if (!(place.start >= MAGIC.length && place.start < place.end && place.end <= contentsStart))
      throw new Error(`its column "${name}" lies where no column can`);
    places.push(place);
  }
  places.sort((a, b) => a.start - b.start);
  if (places.some(({ end }, i) => end > (places[i + 1]?.start ?? contentsStart)))
    throw new Error('two of its columns lie in the same place');
}
