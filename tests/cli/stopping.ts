/** A command that does nothing but wait for a stop: what stop.test.ts sends signals to. `block` makes it deaf for a while. */
import { runCommand } from '../../src/cli/command.ts';
import { stopOnSignals } from '../../src/cli/stop.ts';
import { turn } from '../../src/event-loop.ts';

await runCommand({
  usage: 'waits',
  flags: {
    quiet: { type: 'boolean', help: 'says nothing' },
    deaf: { type: 'boolean', help: 'does not look at the stop' },
  },
  async run({ quiet, deaf }) {
    const advice = () => 'Type this.';
    const signal = stopOnSignals(quiet ? { advice } : { saying: 'Stopping', advice });
    process.stdout.write('ready\n');
    for (;;) {
      await turn(deaf ? undefined : signal);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  },
});
