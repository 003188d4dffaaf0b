/**
 * How the run was made, as names and values: for both the page and the Markdown file.
 */
import type { ReportData } from './collect.ts';

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export function factsOf({ settings, model, sessions, metrics, family }: ReportData): Fact[] {
  const last = sessions.at(-1);
  const commands = distinct(sessions.map(({ command }) => command));
  const backends = distinct([...sessions.map(({ backend }) => backend), ...(metrics?.backends ?? [])]);
  const facts: [string, string | undefined][] = [
    [commands.length > 1 ? 'commands' : 'command', commands.join('\n')],
    ['seed', settings?.seed?.toString()],
    ['model', model ?? undefined],
    ['preset', settings?.preset],
    ['stages', settings?.stages?.join(', ')],
    ['made from', family.join('; ')],
    ['data', settings?.data],
    ['started from', settings?.initFrom ?? undefined],
    ['changed settings', changed(settings?.changes ?? {})],
    ['backend', backends.join(', ') + (settings?.deterministic ? ', deterministic' : '')],
    ['tiny-llm-ts', last === undefined ? undefined : distinct(sessions.map(version)).join(' / ')],
    ['Node', distinct(sessions.map(({ node, platform }) => `${node} on ${platform}`)).join(' / ')],
    ['started', sessions[0]?.started.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')],
    ['sessions', sessions.length > 1 ? `${sessions.length} (resumed or continued)` : undefined],
  ];
  return facts.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [{ name, value }]));
}

const version = (session: { readonly package: string; readonly commit: string | null }) =>
  session.commit === null ? session.package : `${session.package}, commit ${session.commit}`;

function distinct(values: readonly (string | null | undefined)[]): string[] {
  return [...new Set(values.filter((value) => typeof value === 'string' && value !== ''))] as string[];
}

function changed(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** Stage -> seconds, added up over sessions, in the order in which they ran. */
export function stageSeconds({ sessions }: ReportData): Map<string, number> {
  const seconds = new Map<string, number>();
  for (const session of sessions) {
    for (const [stage, more] of Object.entries(session.seconds))
      if (typeof more === 'number') seconds.set(stage, (seconds.get(stage) ?? 0) + more);
  }
  return seconds;
}

/** 8.4 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Last step of a stage in metrics.jsonl. */
export function lastStep({ metrics }: ReportData, stage: string): number | null {
  const curves = [...(metrics?.stages.get(stage)?.values() ?? [])];
  const steps = curves.flatMap((points) => points.slice(-1).map(({ step }) => step));
  return steps.length === 0 ? null : Math.max(...steps);
}
