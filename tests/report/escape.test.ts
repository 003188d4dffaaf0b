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

test.run();
