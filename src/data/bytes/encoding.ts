/**
 * What bytes that are not UTF-8 are instead, as far as they show it, and what to do about it.
 *
 *   UTF-16, GBK, Big5   read as such, the bytes are 汉字 that people use; UTF-16 may begin with a mark
 *   binary              NUL and other control bytes: a picture, a packed file
 *   nothing of it       damaged, or an encoding that is not known here
 *
 * GBK is written as what it became a part of, GB 18030: whoever reads the one can read the other.
 */

/** Bytes that are looked at. */
const SAMPLE = 1 << 16;
/** In text of any kind and century some of these stand on every page; simplified and traditional. */
const FREQUENT = new Set('的一是不了在人有我他这这個来來大上中国國说說为為之以而也无無天地，。、：；');

/** A share of them that is no accident. */
const CERTAIN = 0.05;

/** A clause that follows "not UTF-8": "; it looks like GBK, so convert the file first: iconv -f gb18030 -t utf-8". */
export function adviceOnEncoding(line: Uint8Array, start: Uint8Array = line): string {
  const encoding = encodingOf(line, start);
  if (encoding === 'binary')
    return '; the file looks binary (a picture, an archive, a document of an office program): save its text as UTF-8, with iconv or an editor';
  if (encoding === null) return '; convert the file first, for example with iconv -f gb18030 -t utf-8';
  const [name, code] = encoding;
  return ` but looks like ${name}; convert the file first: iconv -f ${code} -t utf-8`;
}

/** Name and iconv's code of an encoding; "binary"; null where nothing speaks for one. `start` is how the file begins. */
export function encodingOf(
  line: Uint8Array,
  start: Uint8Array = line,
): readonly [string, string] | 'binary' | null {
  const head = start.subarray(0, SAMPLE);
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff))
    return ['UTF-16', 'utf-16'];
  for (const code of ['utf-16le', 'utf-16be'] as const)
    if (frequentShare(head.subarray(0, head.length & ~1), code) >= CERTAIN) return ['UTF-16', code];
  if (isBinary(head) || isBinary(line.subarray(0, SAMPLE))) return 'binary';
  const sample = line.subarray(0, SAMPLE);
  const readings = (
    [
      ['GBK', 'gb18030'],
      ['Big5', 'big5'],
    ] as const
  ).map((encoding) => ({ encoding, share: frequentShare(sample, encoding[1]) }));
  const [best] = readings.sort((a, b) => b.share - a.share);
  return best !== undefined && best.share >= 0 ? best.encoding : null;
}

/** Share of frequent characters among those that are not ASCII, read in this encoding; -1 where it cannot be read. */
function frequentShare(bytes: Uint8Array, encoding: string): number {
  // The sample may end within a character.
  for (let end = bytes.length; end >= Math.max(0, bytes.length - 3); end--) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, end));
      const others = [...text].filter((character) => character > '\x7F');
      if (others.length === 0) return -1;
      const common = others.filter((character) => character >= '\u3000' && character <= '\uFFEF').length;
      if (common < 0.9 * others.length) return -1; // Greek, lines and private signs are no page of Chinese
      return others.filter((character) => FREQUENT.has(character)).length / others.length;
    } catch {
      if (bytes.length <= SAMPLE - 1) return -1; // the whole line: it has no business ending within a character
    }
  }
  return -1;
}

/** Control bytes that no text has, one in fifty or more, or any NUL. */
function isBinary(bytes: Uint8Array): boolean {
  let controls = 0;
  for (const byte of bytes) {
    if (byte === 0) return true;
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13) controls++;
  }
  return 50 * controls > bytes.length;
}
