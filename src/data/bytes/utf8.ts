/**
 * UTF-8 or nothing: bytes that are not UTF-8 are never turned into replacement characters.
 *
 * A Chinese text saved as GBK would otherwise become a corpus of question marks without anybody noticing.
 */
export const NOT_UTF8 = 'not UTF-8; convert the file first, for example with iconv -f gb18030 -t utf-8';

/** Text of the bytes; null if they are not UTF-8. A byte order mark stays. */
export function utf8Decoder(): (bytes: Uint8Array) => string | null {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (bytes) => {
    try {
      return utf8.decode(bytes);
    } catch {
      return null;
    }
  };
}
