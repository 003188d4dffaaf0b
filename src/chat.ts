/**
 * npx tsx src/chat.ts: talk to a trained model. One answer with --prompt, a conversation without. A model that has only read text
 * goes on with what is said.
 */
import { createInterface } from 'node:readline/promises';
import { useBackend } from './cli/backend.ts';
import { chatFlags, chatOptions } from './cli/chat-flags.ts';
import { runCommand } from './cli/command.ts';
import { stopOnSignals } from './cli/stop.ts';
import { UserError, visible } from './errors.ts';
import { Chat } from './generation/chat.ts';
import { CONTINUING_TEMPERATURE, Continuation } from './generation/continuation.ts';
import { findChatModel } from './storage/find-model.ts';
import { loadModelDirectory } from './storage/model-directory.ts';
import { readOrigin } from './training/origin.ts';
import { chatStages, languageStages, stageNamed } from './training/stages/index.ts';

/** What answers, or goes on with what is said. */
type Talker = Pick<Chat, 'say' | 'clear' | 'forgotten'>;

/** A model may say anything, also what a terminal obeys. Into a file or a pipe it goes as it is. */
const onScreen = (text: string) => (process.stdout.isTTY ? visible(text, '\n\t') : text);

async function answer(chat: Talker, text: string, signal: AbortSignal): Promise<void> {
  try {
    for await (const piece of chat.say(text, signal)) process.stdout.write(onScreen(piece));
  } catch (error) {
    if (signal.aborted) process.stdout.write('\n');
    throw error;
  }
  process.stdout.write('\n');
}

/**
 * Read lines until the end of the input or /exit. A message that cannot be used is reported and the conversation goes on. On a
 * terminal Ctrl-C is a key that readline reads: it ends the answer, and where there is none the conversation.
 */
async function converse(chat: Talker, stop: AbortSignal): Promise<void> {
  const isTerminal = process.stdin.isTTY === true;
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: isTerminal,
    prompt: '你 > ',
    signal: stop,
  });
  let cut: AbortController | null = null; // while an answer is given
  lines.on('SIGINT', () => {
    if (cut === null) process.kill(process.pid, 'SIGINT');
    else cut.abort();
  });
  if (isTerminal)
    process.stdout.write(
      '/clear forgets the conversation, /exit or Ctrl-C ends it, Ctrl-C during an answer ends that\n',
    );
  const ask = () => isTerminal && lines.prompt();
  ask();
  for await (const line of lines) {
    const text = line.trim();
    if (text === '/exit') break;
    if (text === '/clear') chat.clear();
    else if (text !== '') {
      cut = new AbortController();
      try {
        await answer(chat, text, AbortSignal.any([stop, cut.signal]));
        if (chat.forgotten > 0)
          process.stderr.write(`(${chat.forgotten} earlier turns no longer fit into the context)\n`);
      } catch (error) {
        if (error === cut.signal.reason) process.stderr.write('(stopped; it will not be remembered)\n');
        else if (error instanceof UserError) process.stderr.write(`${error.message}\n`);
        else throw error;
      }
      cut = null;
    }
    ask();
  }
  lines.close();
  stop.throwIfAborted();
}

await runCommand({
  usage: 'npx tsx src/chat.ts [flags]    talk to a trained model',
  flags: chatFlags,
  async run(values) {
    const options = chatOptions(values);
    const stop = stopOnSignals();
    const directory = findChatModel(values.model, chatStages, languageStages);
    const isBase = stageNamed(readOrigin(directory)?.stage ?? '')?.leaves === 'base';
    const { name, description } = await useBackend({ ...values, gpuMode: values['gpu-mode'] });
    if (name.startsWith('gpu')) process.stderr.write(`backend: ${description}\n`);
    const { model, tokenizer } = loadModelDirectory(directory);
    const temperature = values.temperature ?? CONTINUING_TEMPERATURE;
    const chat = isBase
      ? new Continuation(model, tokenizer, { ...options, temperature })
      : new Chat(model, tokenizer, options);
    if (isBase)
      process.stderr.write(
        'This model was taught no dialogues: give it the beginning of a text, it goes on\n',
      );
    if (values.prompt !== undefined) await answer(chat, values.prompt, stop);
    else await converse(chat, stop);
    return 0;
  },
});
