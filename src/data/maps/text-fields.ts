/**
 * Pretraining texts: how a record of a published corpus becomes one document.
 *
 * The fields are those that tiny-llm-zh reads, with three differences: parts stand on lines of their own instead of being joined
 * by punctuation, the question of a Zhihu answer is kept, and so is the title of an article.
 */
import { UserError } from '../../errors.ts';
import { type DataRecord, ownField, textField } from '../formats/record.ts';
import { type FieldMap, FieldMaps } from './field-map.ts';

export const textMaps: readonly FieldMap<string>[] = [
  {
    needs: ['text'],
    sets: 'webnovel-chinese, tigerbot-wiki-plugin, SkyPile-150B, chinese-c4, C4 zh, shibing624/medical (books, encyclopedia)',
    make: (record) => textField(record, 'text'),
  },
  {
    needs: ['content'],
    uses: ['title'],
    sets: 'TigerBot pretrain_zh, WuDaoCorpus 2.0, WanJuan 1.0',
    make: (record) => titled(textField(record, 'title'), textField(record, 'content')),
  },
  {
    needs: ['completion'],
    sets: 'wikipedia-cn-20230720-filtered',
    make: (record) => textField(record, 'completion'),
  },
  {
    needs: ['title', 'sections'],
    uses: ['summary'],
    sets: 'BaiduBaike-5.63M',
    make: encyclopediaEntry,
  },
  {
    needs: ['INSTRUCTION', 'RESPONSE'],
    sets: 'Zhihu-KOL',
    make: (record) => answered(textField(record, 'INSTRUCTION'), textField(record, 'RESPONSE')),
  },
  {
    needs: ['instruction', 'output'],
    uses: ['input'],
    sets: 'shibing624/medical (questions and answers), and any set of instructions',
    make: (record) =>
      answered(
        lines(textField(record, 'instruction'), textField(record, 'input')),
        textField(record, 'output'),
      ),
  },
];

export const texts = new FieldMaps('text', textMaps);

/** Parts that are not blank, each on a line of its own. */
export function lines(...parts: readonly string[]): string {
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join('\n');
}

/** A title above its text, unless the text begins with it or there is no text. */
function titled(title: string, content: string): string {
  return content.trim() === '' || content.trimStart().startsWith(title.trim())
    ? content
    : lines(title, content);
}

/** A question without an answer makes no text. */
function answered(question: string, answer: string): string {
  return answer.trim() === '' ? '' : lines(question, answer);
}

/** Title and summary, then every section: "title：text", one per line. An entry with neither summary nor section is empty. */
function encyclopediaEntry(record: DataRecord): string {
  const sections = ownField(record.value, 'sections') ?? [];
  if (!Array.isArray(sections)) throw new UserError(`${record.place}: "sections" must be a list`);
  const parts = sections.map((section: unknown, i) => {
    if (section === null || typeof section !== 'object')
      throw new UserError(`${record.place}: section ${i + 1} must be an object with title and content`);
    const place = `${record.place}, section ${i + 1}`;
    const part = { value: section as DataRecord['value'], place };
    return headed(textField(part, 'title'), textField(part, 'content'));
  });
  return lines(headed(textField(record, 'title'), textField(record, 'summary')), ...parts);
}

function headed(head: string, text: string): string {
  if (text.trim() === '') return '';
  return head.trim() === '' ? text : `${head.trim()}：${text.trim()}`;
}
