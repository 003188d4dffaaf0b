/** run.json, history.json and evaluation.json of every wrong form: a sentence, or something that both reports can show. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderPage } from '../../src/report/page.ts';
import { readEvaluation, readSessions, readSettings } from '../../src/report/run-files.ts';
import { put, refuses, temporaryFolder } from '../data/temporary.ts';
import { madeUp } from './made-up.ts';

const folder = temporaryFolder();
const file = (value: unknown) =>
  put(folder, 'file.json', typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

const settings = {
  preset: 'nano',
  stages: ['sft'],
  data: 'data',
  seed: 42,
  initFrom: null,
  changes: { beta: 0.1 },
};
const session = {
  started: '2026-01-01T00:00:00.000Z',
  seconds: { sft: 1.5 },
  commit: null,
  command: 'npx tsx src/train.ts',
};
const estimate = { value: 0.5, low: 0.4, high: 0.6, n: 10, chance: 0.25 };

test('what is there is read, what is missing has a default, other fields are passed over', () => {
  assert.equal(readSettings(file({ ...settings, more: 1 })), {
    ...settings,
    deterministic: false,
    quick: false,
  });
  const [read] = readSessions(file([session]));
  assert.equal([read!.seconds, read!.backend, read!.command], [{ sft: 1.5 }, '', session.command]);
  assert.equal(readEvaluation(file({ sft: { task: estimate } })), { sft: { task: estimate } });
});

test('the forms of the issue: each is one sentence that names file and field', () => {
  const cases: [(path: string) => unknown, unknown, string][] = [
    [readSettings, {}, 'file.json: "preset" must be a text, but it is missing'],
    [readSettings, [], 'file.json must be an object, but it is an empty list'],
    [readSettings, null, 'file.json must be an object, but it is null'],
    [readSettings, 5, 'file.json must be an object, but it is 5'],
    [readSettings, { ...settings, data: 5 }, '"data" must be a text, but it is 5'],
    [
      readSettings,
      { ...settings, changes: { beta: [] } },
      '"changes.beta" must be a number or a text or true or false',
    ],
    [readSettings, '', 'file.json is not valid JSON: it is empty'],
    [readSessions, {}, 'file.json must be a list, but it is an object'],
    [
      readSessions,
      [{ ...session, seconds: { sft: -1 } }],
      '"[0].seconds.sft" must be a number of at least 0',
    ],
    [readSessions, [{ ...session, command: 5 }], '"[0].command" must be a text or null, but it is 5'],
    [readEvaluation, [], 'must be an object'],
    [readEvaluation, { sft: 3 }, '"sft" must be an object, but it is 3'],
    [
      readEvaluation,
      { sft: { task: { ...estimate, low: '0' } } },
      '"sft.task.low" must be a number, but it is "0"',
    ],
    [readEvaluation, { sft: { task: { ...estimate, value: null } } }, '"sft.task.value" must be a number'],
  ];
  for (const [read, value, sentence] of cases) refuses(() => read(file(value)), sentence);
});

test('any value at any place: a sentence, or a report', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', '\u001b[2J', '</script>', '`|\n'),
  );
  const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, 1e308, -1));
  const any = fc.oneof(fc.jsonValue({ maxDepth: 2 }), text, number);
  const estimates = fc.record(
    { value: number, low: number, high: number, n: fc.oneof(fc.nat(), any) },
    { requiredKeys: [] },
  );
  const inputs = fc.record({
    settings: fc.oneof(
      any,
      fc.dictionary(fc.constantFrom(...Object.keys(settings)), any).map((part) => ({ ...settings, ...part })),
    ),
    sessions: fc.oneof(
      any,
      fc.array(
        fc
          .dictionary(fc.constantFrom('started', 'seconds', 'node'), any)
          .map((part) => ({ ...session, ...part })),
      ),
    ),
    evaluation: fc.oneof(any, fc.dictionary(text, fc.dictionary(text, estimates))),
  });
  let shown = 0;
  fc.assert(
    fc.property(inputs, (input) => {
      const attempt = <T>(read: (path: string) => T, value: unknown): T | null => {
        try {
          return read(file(JSON.stringify(value)));
        } catch (error) {
          assert.instance(error, UserError);
          assert.not.match((error as Error).message, /\p{Cc}/u);
          return null;
        }
      };
      const data = {
        ...madeUp,
        ...{ metrics: null, attention: null, answers: null, drawn: null },
        settings: attempt(readSettings, input.settings),
        sessions: attempt(readSessions, input.sessions) ?? [],
        evaluation: attempt(readEvaluation, input.evaluation),
      };
      if (data.settings !== null || data.sessions.length > 0 || data.evaluation !== null) shown++;
      assert.ok(renderPage(data).includes('<html'));
      assert.ok(renderMarkdown(data).length > 0);
    }),
    { numRuns: 200 },
  );
  assert.ok(shown > 10, `${shown} were shown`);
});

test.run();
