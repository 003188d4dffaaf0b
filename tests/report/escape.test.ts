import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { escapeHtml, escapeJson, escapeMarkdown } from '../../src/report/escape.ts';

test('markup, control characters and direction overrides stay text', () => {
  assert.is(
    escapeHtml('<script>"a" & \'b\'</script>'),
    '&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;',
  );
  assert.is(escapeHtml('a\u0000b\u202ec\ud800d\n龙😀'), 'a\ufffdb\ufffdc\ufffdd\n龙😀');
  assert.is(escapeMarkdown('a|b\n<img> `x` *y* $z$'), 'a\\|b &lt;img&gt; \\`x\\` \\*y\\* \\$z\\$');
  const json = escapeJson({ tokens: ['</script><script>alert(1)'] });
  assert.not.match(json, /</);
  assert.equal(JSON.parse(json), { tokens: ['</script><script>alert(1)'] });
});

test('every sign that means something is escaped, every one that is invisible is shown, all others are left alone', () => {
  const codes = Array.from({ length: 0x3000 }, (_, code) => code).filter((code) => code < 0xd800);
  for (const code of codes) {
    const sign = String.fromCodePoint(code);
    const isControl = (code < 32 && sign !== '\t' && sign !== '\n') || (code >= 127 && code <= 159);
    const isTurning = /[\u202a-\u202e\u2066-\u2069]/.test(sign);
    const html = escapeHtml(sign);
    if (isControl || isTurning) assert.is(html, '\ufffd', code.toString(16));
    else if ('&<>"\''.includes(sign)) assert.match(html, /^&(amp|lt|gt|quot|#39);$/);
    else assert.is(html, sign, code.toString(16));
    const markdown = escapeMarkdown(`a${sign}b`);
    if (isControl || isTurning) assert.is(markdown, 'a\ufffdb');
    else if ('&<>'.includes(sign)) assert.match(markdown, /^a&(amp|lt|gt);b$/);
    else if ('\\`*_[]|~#$'.includes(sign)) assert.is(markdown, `a\\${sign}b`);
    else assert.is(markdown, /\s/.test(sign) ? 'a b' : `a${sign}b`, code.toString(16));
  }
  for (const half of ['\ud800', '\udbff', '\udc00', '\udfff']) assert.is(escapeHtml(`a${half}`), 'a\ufffd');
});

test.run();
