/**
 * run.json, history.json and evaluation.json as a report shows them.
 *
 * It shows runs of other versions of this program too, so it asks only for what it prints; `--resume` asks for more
 * (training/run-settings.ts).
 */
import type { Results } from '../evaluation/intervals.ts';
import {
  boolean,
  either,
  type Infer,
  list,
  nullable,
  number,
  object,
  optional,
  parse,
  record,
  text,
  withDefault,
} from '../schema.ts';
import { readText } from '../storage/read-file.ts';

const knobValue = nullable(either(number(), either(text(), boolean())));

const settingsSchema = object({
  preset: text(),
  stages: list(text()),
  data: text(),
  seed: number(),
  initFrom: withDefault(nullable(text()), null),
  changes: withDefault(record(knobValue), {}),
  deterministic: withDefault(boolean(), false),
  quick: withDefault(boolean(), false),
});

const sessionsSchema = list(
  object({
    command: withDefault(nullable(text()), null),
    started: text(),
    package: withDefault(text(), ''),
    commit: withDefault(nullable(text()), null),
    node: withDefault(text(), ''),
    platform: withDefault(text(), ''),
    backend: withDefault(text(), ''),
    seconds: record(number({ min: 0 })),
    failed: optional(record(text())),
  }),
);

const estimate = object({
  value: number(),
  low: number(),
  high: number(),
  n: number({ min: 0 }),
  chance: optional(number()),
});
const evaluationSchema = record(record(estimate));

/** The part of a run's settings that a report shows. */
export type ShownSettings = Readonly<Infer<typeof settingsSchema>>;
export type ShownSession = Readonly<Infer<typeof sessionsSchema>[number]>;

export function readSettings(path: string): ShownSettings {
  return parse(settingsSchema, readText(path), path);
}

export function readSessions(path: string): ShownSession[] {
  return parse(sessionsSchema, readText(path), path);
}

/** Stage -> task -> what was measured. */
export function readEvaluation(path: string): Record<string, Results> {
  return parse(evaluationSchema, readText(path), path);
}
