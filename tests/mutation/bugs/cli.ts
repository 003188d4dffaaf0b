/** Bugs in flags and commands. */
import type { Area } from '../bug.ts';

export const cli: Area = {
  name: 'cli',
  tests: 'cli/',
  bugs: {
    'flag-limit-itself': {
      file: 'cli/flags.ts',
      find: 'number <= above',
      replace: 'number < above',
      breaks: '--lr 0 is accepted',
    },
    'flag-switched-off': {
      file: 'cli/train-flags.ts',
      find: "knob.type === 'boolean' ? !knob.default :",
      replace: "knob.type === 'boolean' ? true :",
      breaks: '--no-shuffle does nothing',
    },
    'flag-foreign-architecture': {
      file: 'cli/train-flags.ts',
      find: 'if (architectures.length > 0 && !architectures.includes(own))',
      replace: 'if (architectures.length > 1 && !architectures.includes(own))',
      breaks: 'a flag of one other architecture is ignored in silence',
    },
    'resume-other-knob': {
      file: 'training/run-settings.ts',
      find: 'refuseChange(out, knob, saved.changes[knob], wanted);',
      replace: 'if (knob in saved.changes) refuseChange(out, knob, saved.changes[knob], wanted);',
      breaks: 'a flag given with --resume that the run did not have is ignored in silence',
      tests: 'cli/train-flags',
    },
    'time-left-after-resume': {
      file: 'cli/progress.ts',
      find: '/ (done - first));',
      replace: '/ done);',
      breaks: 'after a resume the time left is far too short',
    },
    'exit-code': {
      file: 'cli/command.ts',
      find: 'return known.exitCode;',
      replace: 'return 1;',
      breaks: 'a mistake of the user and a failed run have one exit code',
      tests: 'cli/commands',
    },
    'evaluate-limit': {
      file: 'evaluate.ts',
      find: 'const limit = values.limit ?? Infinity;',
      replace: 'const limit = Infinity;',
      breaks: 'evaluate ignores --limit',
      tests: 'cli/commands',
    },
    'chat-stop': {
      file: 'cli/chat-flags.ts',
      find: 'stop: values.stop === undefined ? [] : [values.stop],',
      replace: 'stop: [],',
      breaks: 'chat ignores --stop',
    },
    'chat-repetition-penalty': {
      file: 'cli/chat-flags.ts',
      find: "repetitionPenalty: values['repetition-penalty'] ?? 1,",
      replace: 'repetitionPenalty: 1,',
      breaks: 'chat ignores --repetition-penalty',
    },
  },
};
