/** The fixed beginning of every vocabulary: names, ids, and what they stand for. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  BOS,
  byteOfPiece,
  bytePiece,
  CONTROL_TOKENS,
  EOS,
  FIRST_BYTE_ID,
  FIRST_PIECE_ID,
  ROLES,
  roleToken,
} from '../../src/tokenizer/special-tokens.ts';

test('byte pieces: 256 names there and back', () => {
  for (let byte = 0; byte < 256; byte++) assert.is(byteOfPiece(bytePiece(byte)), byte);
  for (const text of ['<0x0a>', '<0x123>', '0x0A', '<0xG0>']) assert.is(byteOfPiece(text), undefined);
});

test('the control tokens in the order of their ids, then the bytes, then the pieces', () => {
  assert.equal([...CONTROL_TOKENS], [BOS, EOS, '<|system|>', '<|user|>', '<|assistant|>']);
  assert.equal(ROLES.map(roleToken), CONTROL_TOKENS.slice(2));
  assert.equal([FIRST_BYTE_ID, FIRST_PIECE_ID], [6, 262]);
});

test.run();
