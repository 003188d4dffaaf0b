/**
 * What the text of a kernel may not contain, because gpu.js compiles it wrongly or not at all on some mode:
 *
 *   __name           what tsx inserts around inner functions
 *   inner functions  the text must stand on its own
 *   loops            only `for (let i = 0 or 1; i < this.constants.NAME or a number; i++)`: others stop silently at 1000 steps
 *   Infinity, NaN    no such literals in shaders
 *   other names      nothing from outside but Math and the helpers that are registered
 */
import { allKernels } from '../../../../src/tensor/backends/gpu/kernel.ts';

const helperNames = new Set(allKernels.flatMap(({ helpers }) => helpers.map(({ name }) => name)));
const words = new Set(['const', 'let', 'if', 'else', 'for', 'return', 'this', 'break', 'function', 'Math']);

export function faults(text: string): string[] {
  const found: string[] = [];
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
  const body = code.slice(code.indexOf('{'));
  if (/__name/.test(code)) found.push('contains __name');
  if (/=>|\bfunction\b/.test(body)) found.push('contains an inner function');
  if (/\bwhile\b|\bdo\b/.test(body)) found.push('contains a while loop');
  if (/\bInfinity\b|\bNaN\b/.test(body)) found.push('contains Infinity or NaN');
  for (const [loop] of body.matchAll(/\bfor\s*\([^)]*\)/g)) {
    const good = /^for\(let(\w+)=[01];\1<(this\.constants\.\w+|\d+);\1\+\+\)$/.test(loop.replace(/\s+/g, ''));
    if (!good) found.push(`contains a loop bounded by ${/<=?\s*([\w.]+)/.exec(loop)?.[1]}`);
  }
  found.push(...foreignNames(code, body));
  return found;
}

function foreignNames(code: string, body: string): string[] {
  const parameters = /\(([^)]*)\)/
    .exec(code)![1]!
    .split(',')
    .map((name) => name.trim());
  const own = [...body.matchAll(/\b(?:const|let) (\w+)/g)].map(([, name]) => name!);
  const known = new Set([...parameters, ...own, ...words, ...helperNames]);
  const used = [...body.matchAll(/(?<![\w.$])[A-Za-z_$][\w$]*/g)].map(([name]) => name);
  return [...new Set(used)].filter((name) => !known.has(name)).map((name) => `uses ${name} from outside`);
}
