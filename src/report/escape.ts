/**
 * Text on its way into a page. What a model says, what a data file holds and what a user typed is text, never markup.
 */
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * For the inside of an element and for attribute values in quotes. Control characters, which no page may hold, become visible.
 */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character]!);
}

/** For a cell of a Markdown table: no markup, no cell border, no line end. */
export function escapeMarkdown(text: string): string {
  return visible(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_[\]|~#$]/g, '\\$&')
    .replace(/[&<>]/g, (character) => entities[character]!);
}

/** JSON for the inside of a <script> element: no `<`, so no end of it. */
export function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** Control characters (all but tab and line feed), direction overrides and lone surrogates as U+FFFD. */
function visible(text: string): string {
  return [...text].map((character) => (isHidden(character.codePointAt(0)!) ? '\uFFFD' : character)).join('');
}

function isHidden(code: number): boolean {
  const isControl = code < 32 ? code !== 9 && code !== 10 : code >= 127 && code < 160;
  const turnsDirection = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  const isHalf = code >= 0xd800 && code < 0xe000;
  return isControl || turnsDirection || isHalf;
}
