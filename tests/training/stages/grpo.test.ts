/** GRPO: groups that do not come out even are refused, with both numbers. */
import { test } from 'uvu';
import { valuesOf } from '../../../src/knobs.ts';
import { grpo, grpoKnobs } from '../../../src/training/stages/grpo.ts';
import { refuses } from '../../data/temporary.ts';

test('settings that contradict each other are refused', () => {
  const own = valuesOf(grpoKnobs, { rollouts: 30, groupSize: 8 });
  const place = { files: {} as never, willHave: () => true, willRun: () => true, directoryOf: () => '', own };
  refuses(() => grpo.check?.(place), '30 answers', 'groups of 8');
});

test.run();
