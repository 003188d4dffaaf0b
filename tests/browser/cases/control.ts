/**
 * Cases that fail on purpose, and two that pass between them: the runner must tell them apart (tests/browser/control.ts).
 */
import type { PageCase } from '../page-case.ts';

export const cases: readonly PageCase[] = [
  { name: 'passes', run: () => 'with figures' },
  {
    name: 'throws',
    run: () => {
      throw new Error('thrown on purpose');
    },
  },
  { name: 'rejects', run: () => Promise.reject(new Error('rejected on purpose')) },
  {
    name: 'writes an error to the console',
    run: () => {
      console.error('logged on purpose');
      return undefined;
    },
  },
  {
    name: 'leaves an error uncaught',
    run: async () => {
      setTimeout(() => {
        throw new Error('uncaught on purpose');
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
      return undefined;
    },
  },
  {
    name: 'leaves a rejection unhandled',
    run: async () => {
      void Promise.reject(new Error('unhandled on purpose'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      return undefined;
    },
  },
  { name: 'never answers', run: () => new Promise(() => {}) },
  {
    name: 'blocks the page',
    run: () => {
      for (;;);
    },
  },
  { name: 'passes in a fresh page', run: () => undefined },
];
