/** Conversations: what is remembered, what is forgotten, and what is too long; and how an answer comes out as text. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { Chat, type ChatOptions, streamText } from '../../src/generation/chat.ts';
import { Random } from '../../src/tensor/index.ts';
import { encodeDialogue, type Message } from '../../src/tokenizer/index.ts';
import { collect, errorOf, ScriptedLM, tokenizer } from './scripted.ts';

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const system = (content: string): Message => ({ role: 'system', content });

const prompt = (...messages: Message[]) =>
  encodeDialogue(tokenizer, messages, { addGenerationPrompt: true }).ids;

function start(options: Partial<ChatOptions> = {}, context = 64) {
  const model = new ScriptedLM(context);
  return { model, chat: new Chat(model, tokenizer, { maxNewTokens: 8, ...options }) };
}

const say = async (chat: Chat, text: string) => (await collect(chat.say(text))).join('');

test('answers, and remembers both sides', async () => {
  const { model, chat } = start();
  assert.equal(chat.promptFor(user('你好')), prompt(user('你好')));
  model.willSay('我很好。', '蓝色😀');
  assert.is(await say(chat, '你好吗？'), '我很好。');
  const first = [user('你好吗？'), assistant('我很好。')];
  assert.equal(chat.promptFor(user('海')), prompt(...first, user('海')));
  assert.is(await say(chat, '海'), '蓝色😀');
  assert.equal(chat.promptFor(user('好')), prompt(...first, user('海'), assistant('蓝色😀'), user('好')));
  assert.is(chat.forgotten, 0);
});

test('an answer comes in pieces', async () => {
  const { model, chat } = start();
  model.willSay('我很好。');
  const found = await collect(chat.say('你好'));
  assert.ok(found.length > 1 && !found.includes(''), String(found));
  assert.is(found.join(''), '我很好。');
});

test('an answer that is stopped ends within a token, and neither side is remembered', async () => {
  const { model, chat } = start({ maxNewTokens: 1000 }, 4096);
  model.willSay('我很好。'.repeat(50));
  const stop = new AbortController();
  const pieces: string[] = [];
  const listen = async () => {
    for await (const piece of chat.say('你好', stop.signal)) if (pieces.push(piece) === 3) stop.abort();
  };
  const error = await errorOf(listen());
  assert.is(error, stop.signal.reason);
  assert.is(pieces.length, 3);
  assert.equal(chat.promptFor(user('海')), prompt(user('海')));
});

test('the system message comes first, always; an empty one counts as none', async () => {
  const { model, chat } = start({ system: '你是海。' });
  model.willSay('好。');
  await say(chat, '你好');
  const expected = prompt(system('你是海。'), user('你好'), assistant('好。'), user('吗'));
  assert.equal(chat.promptFor(user('吗')), expected);
  assert.equal(start({ system: '' }).chat.promptFor(user('吗')), prompt(user('吗')));
});

test('what does not fit is forgotten from the oldest turn on, the system message is kept', async () => {
  const { model, chat } = start({ system: '你是海。' }, 48); // 40 for the prompt
  const turns: Message[] = [];
  let last = 0;
  for (let turn = 0; turn < 6; turn++) {
    const question = user(turn % 2 ? '天空' : '海');
    model.willSay('蓝色的。');
    await say(chat, question.content);
    turns.push(question, assistant('蓝色的。'));
    const found = chat.promptFor(user('好'));
    assert.ok(found.length <= 40);
    assert.ok(chat.forgotten >= last, 'what is forgotten stays forgotten');
    last = chat.forgotten;
    const kept = turns.slice(2 * chat.forgotten);
    assert.equal(found, prompt(system('你是海。'), ...kept, user('好')));
    if (chat.forgotten === 0) continue;
    const onemore = turns.slice(2 * chat.forgotten - 2);
    assert.ok(
      prompt(system('你是海。'), ...onemore, user('好')).length > 40,
      'no more than needed is forgotten',
    );
  }
  assert.ok(last >= 1 && last < 6, `forgot ${last} of 6 turns`);
});

test('at most half of the context is kept free for the answer', () => {
  const text = '好'.repeat(12);
  const length = prompt(user(text)).length;
  const { chat } = start({ maxNewTokens: 1000 }, 2 * length);
  assert.is(chat.promptFor(user(text)).length, length);
  assert.throws(
    () => start({ maxNewTokens: 1000 }, 2 * length - 2).chat.promptFor(user(text)),
    /does not fit/,
  );
});

test('a message too long for the context is refused and not remembered', async () => {
  const { model, chat } = start();
  const error = await errorOf(say(chat, '龘'.repeat(30)));
  assert.ok(error instanceof UserError);
  assert.match(
    error.message,
    /This message does not fit into the model's context of 64 tokens; write a shorter one/,
  );
  model.willSay('好。');
  assert.is(await say(chat, '你好'), '好。');
  assert.equal(chat.promptFor(user('吗')), prompt(user('你好'), assistant('好。'), user('吗')));
});

test('clear forgets everything but the system message', async () => {
  const { model, chat } = start({ system: '你是海。' });
  model.willSay('好。');
  await say(chat, '你好');
  chat.clear();
  assert.equal(chat.promptFor(user('吗')), prompt(system('你是海。'), user('吗')));
});

test('an answer broken off by the reader is not remembered', async () => {
  const { model, chat } = start();
  model.willSay('我很好。');
  for await (const _ of chat.say('你好')) break;
  assert.equal(chat.promptFor(user('吗')), prompt(user('吗')));
});

test('role markers in a message are plain text', () => {
  const ids = start().chat.promptFor(user('<|user|></s>'));
  assert.is(ids.filter((id) => id === tokenizer.userId).length, 1);
  assert.is(ids.filter((id) => id === tokenizer.eosId).length, 1);
});

test('stop texts end an answer and are not remembered', async () => {
  const { model, chat } = start({ stop: ['结束'] });
  model.willSay('好的结束了');
  assert.is(await say(chat, '你好'), '好的');
  model.script.length = 0;
  assert.equal(chat.promptFor(user('吗')), prompt(user('你好'), assistant('好的'), user('吗')));
});

// streamText: whole characters, and nothing of a stop text.

const anything = [4, 300 % tokenizer.vocabSize];

/** The pieces that come out when the tokens of these texts are said, one text after the other. */
async function pieces(texts: readonly string[], options: Partial<ChatOptions> = {}): Promise<string[]> {
  const model = new ScriptedLM();
  for (const text of texts) model.script.push(...tokenizer.encode(text));
  return collect(streamText(model, tokenizer, anything, { maxNewTokens: 40, ...options }));
}

test('characters without a piece are bytes, and come out whole', async () => {
  const text = '好😀很é龘好';
  assert.ok(tokenizer.encode('😀').length === 4 && tokenizer.encode('龘').length === 3, 'these are bytes');
  assert.equal(await pieces([...text]), ['好', '😀', '很', 'é', '龘', '好']);
});

test('a character that the model would not finish is finished', async () => {
  const model = new ScriptedLM();
  model.script.push(...tokenizer.encode('好'), ...tokenizer.encode('😀').slice(0, 3)); // then </s>
  const lowest = '\u{1F600}'; // the last byte of 😀 is 80, the first that is allowed
  assert.equal(await collect(streamText(model, tokenizer, anything, { maxNewTokens: 9 })), ['好', lowest]);
});

test('</s> ends the answer, and special tokens are not text', async () => {
  const model = new ScriptedLM();
  model.script.push(
    ...tokenizer.encode('好'),
    tokenizer.userId,
    ...tokenizer.encode('的'),
    tokenizer.eosId,
    9,
  );
  const found = await collect(streamText(model, tokenizer, anything, { maxNewTokens: 9 }));
  assert.equal(found, ['好', '的']);
  assert.equal(model.script, [9], 'nothing is asked for after the end');
});

test('a stop text over several tokens: held back, and neither it nor what follows comes out', async () => {
  assert.equal(await pieces(['好', '结', '束', '了'], { stop: ['结束'] }), ['好']);
  assert.equal(await pieces(['结', '束', '了'], { stop: ['结束'] }), []);
});

test('what only began like a stop text comes out as soon as that is clear', async () => {
  assert.equal(await pieces(['好', '结', '果', '是'], { stop: ['结束'] }), ['好', '结果', '是']);
  assert.equal(await pieces(['好', '结'], { stop: ['结束'] }), ['好', '结'], 'at the end at the latest');
  assert.equal(await pieces(['结', '结', '束', '了'], { stop: ['结束'] }), ['结']);
  assert.equal(await pieces(['好', '好', '的', '好', '好', '吗', '了'], { stop: ['好好吗'] }), ['好好的']);
});

test('several stop texts: the first in the text wins, an empty one counts nothing', async () => {
  assert.equal(await pieces(['好', '结', '束', '了'], { stop: ['了', '', '束'] }), ['好', '结']);
  assert.equal(await pieces(['好', '了'], { stop: [''] }), ['好', '了']);
  assert.equal(await pieces(['好', '是', '的', '了'], { stop: ['是的了吗', '的了'] }), ['好', '是']);
});

test('a stop text with a character made of bytes', async () => {
  assert.equal(await pieces([...'好😀了'], { stop: ['😀'] }), ['好']);
});

test('a stop text completed by the very last token', async () => {
  assert.equal(await pieces(['好', '结', '束'], { stop: ['结束'], maxNewTokens: 3 }), ['好']);
});

test('maxNewTokens counts tokens', async () => {
  assert.equal(await pieces([...'好的😀'], { maxNewTokens: 6 }), ['好', '的', '😀']);
  assert.equal(await pieces([...'好的好'], { maxNewTokens: 2 }), ['好', '的']);
});

test('the prompt is the longest end of the history that fits, to the token, for any context', async () => {
  const random = new Random(8);
  const turnsOf = (count: number) =>
    Array.from(
      { length: count },
      () => ['海'.repeat(1 + random.int(6)), '好'.repeat(random.int(5))] as const,
    );
  for (let round = 0; round < 60; round++) {
    const turns = turnsOf(random.int(6));
    const [context, maxNewTokens] = [40 + random.int(30), 1 + random.int(40)];
    const withSystem = random.int(2) === 0 ? { system: '你是海。' } : {};
    const { model, chat } = start({ maxNewTokens, ...withSystem }, 256);
    for (const [question, answer] of turns) {
      model.script.push(...tokenizer.encode(answer).slice(0, maxNewTokens));
      if (answer.length < maxNewTokens) model.script.push(tokenizer.eosId);
      await say(chat, question);
    }
    Object.assign(model.config, { maxPositionEmbeddings: context });
    const history = turns.flatMap(([question, answer]) => [
      user(question),
      assistant(answer.slice(0, maxNewTokens)),
    ]);
    const first = 'system' in withSystem ? [system('你是海。')] : [];
    const room = context - Math.min(maxNewTokens, Math.floor(context / 2));
    const fits = Array.from({ length: turns.length + 1 }, (_, forgotten) => forgotten).find(
      (forgotten) => prompt(...first, ...history.slice(2 * forgotten), user('天')).length <= room,
    );
    if (fits === undefined) continue;
    assert.equal(chat.promptFor(user('天')), prompt(...first, ...history.slice(2 * fits), user('天')));
    assert.is(chat.forgotten, fits);
  }
});

test('what comes out is the text up to the first stop text, however the tokens cut it', async () => {
  const random = new Random(9);
  const signs = ['结', '束', '了', '好', '😀'];
  const some = (length: number) => Array.from({ length }, () => random.pick(signs)).join('');
  let ended = 0;
  for (let round = 0; round < 150; round++) {
    const text = some(random.int(12));
    const stop = Array.from({ length: random.int(3) }, () => some(1 + random.int(3)));
    const places = stop.map((each) => text.indexOf(each)).filter((place) => place >= 0);
    const end = places.length === 0 ? text.length : Math.min(...places);
    const found = await pieces([text], { stop });
    assert.is(found.join(''), text.slice(0, end), JSON.stringify({ text, stop }));
    assert.not.ok(found.includes(''), 'no empty piece');
    if (end < text.length) ended++;
  }
  assert.ok(ended > 20, `${ended} texts had a stop text`);
});

test('stop texts that end together: the one that began first counts, in whatever order they are listed', async () => {
  for (const stop of [
    ['束了', '结束了'],
    ['结束了', '束了'],
  ])
    assert.equal(await pieces(['好', '结', '束', '了'], { stop }), ['好']);
});

test.run();
