/** Bugs in training: what is left between steps, micro-batches of unequal length, modes, what a resume brings back. */
import type { Area } from '../bug.ts';

export const training: Area = {
  name: 'training',
  tests:
    'training/checkpoint training/run training/alignment-run training/rollouts/ training/stages/ training/toy-stage training/batch-padding',
  bugs: {
    'early-stop-gradients': {
      file: 'training/rollouts/policy-update.ts',
      find: '        trained.zeroGrad(); // this minibatch only showed that it is enough\n',
      replace: '',
      breaks: 'the gradients of a minibatch that ended the updates are added to those of the next step',
    },
    'micro-batch-weights': {
      file: 'training/rollouts/policy-update.ts',
      find: '    at += tokens;\n',
      replace: '',
      breaks: 'every micro-batch of PPO and GRPO is weighted like the first',
    },
    'micro-batch-total': {
      file: 'training/supervised.ts',
      find: 'const result = compute(batch(micro), total);',
      replace: 'const result = compute(batch(micro), micro.reduce((sum, item) => sum + weight(item), 0));',
      breaks: 'accumulated gradients are a sum over micro-batches, not a mean over targets',
    },
    'held-out-in-training-mode': {
      file: 'training/supervised.ts',
      find: '\n    model.eval();\n',
      replace: '\n',
      breaks: 'held-out loss is measured with dropout on',
    },
    'held-out-stays-in-eval': {
      file: 'training/supervised.ts',
      find: '  if (wasTraining) model.train();\n',
      replace: '',
      breaks: 'after the first held-out loss dropout is off for good',
    },
    'accumulation-rows': {
      file: 'training/supervised.ts',
      find: 'rows.row(step * rowsPerStep + i)',
      replace: 'rows.row(step * settings.batchSize + i)',
      breaks: 'with several micro-batches rows are seen again in the next step',
    },
    'resume-kl-price': {
      file: 'training/rollouts/prepare.ts',
      find: 'if (klCoefficient !== undefined) kl.coefficient = klCoefficient;',
      replace: 'if (klCoefficient === undefined) kl.coefficient = 0;',
      breaks: 'an adapted price of divergence is lost on resume',
      tests: 'training/alignment-run training/rollouts/step',
    },
    'resume-random': {
      file: 'training/checkpoint.ts',
      find: '  training.random.restore(state.random);\n',
      replace: '',
      breaks: 'dropout draws the numbers of the first steps again after a resume',
    },
    'resume-value-head': {
      file: 'training/checkpoint.ts',
      find: '    restore(name, (tensors) => module.loadState(tensors));\n',
      replace: '    void [module, name];\n',
      breaks: 'the value head is zero after a resume',
    },
    'metrics-rewind': {
      file: 'training/metrics.ts',
      find: 'entry.step > step',
      replace: 'entry.step >= step',
      breaks: 'a resume removes the line of the step it continues from',
    },
    'means-not-cleared': {
      file: 'training/loop.ts',
      find: '    if (logged) since.clear();\n',
      replace: '',
      breaks: 'logged means run over the whole stage',
    },
    'resume-pending-means': {
      file: 'training/loop.ts',
      find: 'const since = new Means(pending);',
      replace: 'const since = new Means();\n  void pending;',
      breaks: 'after a resume the first logged mean covers the steps since then only',
    },
    'schedule-one-ahead': {
      file: 'training/loop.ts',
      find: 'learningRateAt(step, { ...settings',
      replace: 'learningRateAt(step + 1, { ...settings',
      breaks: 'the learning rate is that of the next step',
    },
    'stop-without-saving': {
      file: 'training/loop.ts',
      find: 'if (done === steps || stopping || done % settings.saveEvery === 0) {',
      replace: 'if (done === steps || done % settings.saveEvery === 0) {',
      breaks: 'Ctrl-C loses the steps since the last checkpoint',
    },
    'last-steps-rounded': {
      file: 'training/settings.ts',
      find: 'Math.ceil(rows / (settings.batchSize * settings.gradAccum))',
      replace: 'Math.floor(rows / (settings.batchSize * settings.gradAccum))',
      breaks: 'the last rows of an epoch that do not fill a batch are never seen',
    },
    'same-prompts': {
      file: 'training/rollouts/step.ts',
      find: 'source.row(Math.floor((step * count + i) / each))',
      replace: 'source.row(Math.floor(i / each))',
      breaks: 'every step asks the same prompts',
    },
    'reward-margin-unused': {
      file: 'training/stages/reward.ts',
      find: 'rewardLoss(chosen, rejected, { margin, centring })',
      replace: 'rewardLoss(chosen, rejected, { margin: 0 * margin, centring })',
      breaks: '--reward-margin does nothing',
    },
    'dpo-reference-dropout': {
      file: 'training/stages/dpo.ts',
      find: '  model.eval();\n',
      replace: '',
      breaks: 'the reference of DPO is asked with dropout on',
    },
    'grpo-average': {
      file: 'training/stages/grpo.ts',
      find: "average: 'answer',",
      replace: "average: 'token',",
      breaks: 'GRPO weights answers by their length',
    },
    'ppo-whitening': {
      file: 'training/stages/ppo.ts',
      find: 'white.slice(at - returns.length, at)',
      replace: 'white.slice(0, returns.length)',
      breaks: 'every answer gets the advantages of the first',
    },
    'cut-off-reward': {
      file: 'training/rollouts/rewards.ts',
      find: 'rollouts[i]!.finished ? (r - mean) / (deviation + 1e-6) : CUT_OFF',
      replace: '(r - mean) / (deviation + 1e-6)',
      breaks: 'an answer cut off by the limit is scored like any other',
    },
    'plan-forgotten': {
      file: 'training/run-stage.ts',
      find: 'run.settings.minutes !== null && saved !== null ? saved.steps : training.steps',
      replace: 'training.steps',
      breaks: 'a resumed run with --minutes has another number of steps than it had planned',
      tests: 'training/time-plan',
    },
    'plan-with-cold-steps': {
      file: 'training/time-plan.ts',
      find: 'this.seconds.slice(COLD)',
      replace: 'this.seconds.slice(0, COLD)',
      breaks: 'steps are counted by the first ones, which are slower',
    },
  },
};
