/**
 * npx tsx docs/figures/dpo-chosen.ts --from runs/default/sft --models A,B: how DPO moved the log-probabilities of chosen and
 * rejected answers of the held-out pairs, in nats per answer, over all and for each quality (docs/dpo-chosen.md).
 */
import { backendFlags, useBackend } from '../../src/cli/backend.ts';
import { runCommand } from '../../src/cli/command.ts';
import { readPreferences } from '../../src/data/preferences.ts';
import { encodePairs } from '../../src/data/rows/pairs.ts';
import { UserError } from '../../src/errors.ts';
import { scoreAnswers } from '../../src/scoring/log-probs.ts';
import { loadModelDirectory } from '../../src/storage/model-directory.ts';

await runCommand({
  usage:
    'npx tsx docs/figures/dpo-chosen.ts --from DIR --models A,B    what DPO did to both answers of held-out pairs',
  flags: {
    from: { type: 'text', value: 'DIR', help: 'the model that DPO started from (required)' },
    models: { type: 'list', value: 'A,B', help: 'models that DPO left (required)' },
    pairs: {
      type: 'text',
      value: 'FILE',
      help: 'pairs to look at',
      default: 'data/preferences-heldout.jsonl',
    },
    ...backendFlags,
  },
  async run({ from, models = [], pairs: path = 'data/preferences-heldout.jsonl', ...values }) {
    if (from === undefined || models.length === 0) throw new UserError('--from and --models are required');
    await useBackend({ ...values, gpuMode: values['gpu-mode'] });
    const { model, tokenizer } = loadModelDirectory(from);
    const { pairs } = encodePairs(readPreferences(path), tokenizer, model.config.maxPositionEmbeddings);
    const answers = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
    const before = await scoreAnswers(model.eval(), answers);
    const qualities = ['all', ...new Set(pairs.map(({ quality }) => quality))];
    for (const directory of models) {
      const after = await scoreAnswers(loadModelDirectory(directory).model.eval(), answers);
      for (const quality of qualities) {
        const own = pairs.flatMap((pair, i) => (quality === 'all' || pair.quality === quality ? [i] : []));
        const mean = (value: (i: number) => number) => own.reduce((sum, i) => sum + value(i), 0) / own.length;
        const change = (side: 0 | 1) => mean((i) => after[2 * i + side]! - before[2 * i + side]!).toFixed(2);
        const fell = mean((i) => (after[2 * i]! < before[2 * i]! ? 1 : 0));
        const cells = [change(0), change(1), `${(100 * fell).toFixed(0)}%`];
        process.stdout.write(
          `| ${directory} | ${quality} | ${mean((i) => before[2 * i]!).toFixed(2)} | ${cells.join(' | ')} |\n`,
        );
      }
    }
    return 0;
  },
});
