/** Packages of a GPU mode that are not there, or that do not load: one sentence each. */
import { test } from 'uvu';
import { loadOptional } from '../../src/platform/gpu.ts';
import { refusesLater } from '../data/temporary.ts';

test('a package that is not installed: what was to be said of it', () =>
  refusesLater(() => loadOptional('not-installed-here', 'it does not load', 'add it'), 'add it'));

test('a package that does not load: why, in its first line', () =>
  refusesLater(
    () =>
      loadOptional('data:text/javascript,throw new Error("no GLIBCXX\\nmore")', 'it does not load', 'add it'),
    'it does not load (no GLIBCXX)',
  ));

test.run();
