/**
 * Progress of long work: a bar on a terminal, a plain line every few seconds elsewhere (a pipe, a log file, CI).
 */
import { Writable } from 'node:stream';
import cliProgress from 'cli-progress';
import { visible } from '../errors.ts';
import type { Reporter } from '../training/reporter.ts';

const LINE_EVERY_MS = 5000;

export function makeReporter(stream: NodeJS.WriteStream = process.stderr): Reporter {
  return stream.isTTY ? new BarReporter(stream) : new LineReporter(stream);
}

/** How long the rest takes at the pace so far. */
export function timeLeft(began: number, first: number, done: number, total: number, now: number): string {
  if (done <= first) return '';
  const seconds = Math.round((((now - began) / 1000) * (total - done)) / (done - first));
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes}m${String(seconds % 60).padStart(2, '0')}s` : `${seconds}s`;
}

abstract class PacedReporter implements Reporter {
  protected job = '';
  protected total = 0;
  protected first = 0;
  protected began = 0;
  protected readonly stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  begin(job: string, total: number, done = 0): void {
    this.job = job;
    this.total = total;
    this.first = done;
    this.began = Date.now();
  }

  protected left(done: number): string {
    return timeLeft(this.began, this.first, done, this.total, Date.now());
  }

  protected elapsed(): string {
    return `${((Date.now() - this.began) / 1000).toFixed(1)}s`;
  }

  abstract note(text: string): void;
  abstract advance(done: number, details: string): void;
  abstract end(summary: string): void;
}

class LineReporter extends PacedReporter {
  private lastLine = 0;

  note(text: string): void {
    this.stream.write(`${visible(text, '\n\t')}\n`); // it may quote what a model said
  }

  override begin(job: string, total: number, done = 0): void {
    super.begin(job, total, done);
    this.lastLine = Date.now();
  }

  advance(done: number, details: string): void {
    if (Date.now() - this.lastLine < LINE_EVERY_MS && done < this.total) return;
    this.lastLine = Date.now();
    const parts = [
      `${this.job} ${done}/${this.total}`,
      details,
      done < this.total ? `${this.left(done)} left` : '',
    ];
    this.note(parts.filter((part) => part !== '').join(', '));
  }

  end(summary: string): void {
    if (summary !== '') this.note(`${this.job}: done in ${this.elapsed()}, ${summary}`);
  }
}

/**
 * cli-progress saves the place of the cursor when a bar begins and goes back there at its end, over whatever has been written
 * since ("Stopping after this step").
 */
function withoutSavedCursor(stream: NodeJS.WriteStream): Writable {
  const bar = new Writable({
    decodeStrings: false,
    write(text: string, _, done) {
      if (text !== '\x1B7' && text !== '\x1B8') stream.write(text);
      done();
    },
  });
  return Object.defineProperties(bar, { isTTY: { value: true }, columns: { get: () => stream.columns } });
}

class BarReporter extends PacedReporter {
  private bar: cliProgress.SingleBar | null = null;

  note(text: string): void {
    this.stop();
    this.stream.write(`${visible(text, '\n\t')}\n`);
  }

  override begin(job: string, total: number, done = 0): void {
    this.stop();
    super.begin(job, total, done);
    this.bar = new cliProgress.SingleBar({
      format: `${job.padEnd(12)} {bar} {value}/{total} {left} {details}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      stream: withoutSavedCursor(this.stream),
      // Cursor and line wrap stay as they are: whoever kills this process could not give them back. Long lines are cut.
      hideCursor: false,
      linewrap: true,
      // Ctrl-C belongs to the training loop, which saves a checkpoint first.
      gracefulExit: false,
    });
    this.bar.start(total, done, { details: '', left: '' });
  }

  advance(done: number, details: string): void {
    const left = done < this.total ? this.left(done) : '';
    this.bar?.update(done, { details, left: left && `${left} left` });
  }

  end(summary: string): void {
    const job = this.job;
    this.stop();
    if (summary !== '') this.stream.write(`${job}: done in ${this.elapsed()}, ${summary}\n`);
  }

  private stop(): void {
    this.bar?.stop();
    this.bar = null;
  }
}
