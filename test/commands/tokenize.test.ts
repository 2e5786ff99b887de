import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { fixtureUrl } from '../fixture-url.js';

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
const checkpoint = fileURLToPath(fixtureUrl('tokenizers/ernie'));

function tokenize(...options: string[]) {
  return spawn(process.execPath, [cli, 'tokenize', '--tokenizer', checkpoint, ...options]);
}

describe('retort tokenize', () => {
  it('answers each line before the next one comes', async () => {
    const child = tokenize('--max-tokens', '4');
    const closed = once(child, 'close');
    child.stdin.write('{"text":"好"}\n');
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    expect(JSON.parse(first.toString())).toEqual({ text: '好', ids: [1, expect.any(Number), 2] });
    child.stdin.end('{"text":"好好好好"}\n');
    const rest = JSON.parse(await text(child.stdout)) as { ids: number[] };
    expect(rest.ids).toHaveLength(4);
    expect(await closed).toEqual([0, null]);
  });

  it('prints what came before a line that is not a text, and names that line', async () => {
    const child = tokenize();
    const closed = once(child, 'close');
    child.stdin.end('{"text":"好"}\n{"label":1}\n');
    const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(JSON.parse(out)).toMatchObject({ text: '好' });
    expect(errors).toContain('texts_line_malformed');
    expect(await closed).toEqual([1, null]);
  });
});
