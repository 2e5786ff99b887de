import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readTexts, streamTexts } from '../../core/text-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-texts-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe('a file of texts', () => {
  it('has one a line', async () => {
    expect(await readTexts(await file('a.txt', '\uFEFF好\r\n\n 不好 \n'))).toEqual(['好', ' 不好 ']);
  });

  it('has one JSON value a line', async () => {
    expect(await readTexts(await file('a.jsonl', '{"text":"好","label":1}\n"不好"\n'))).toEqual([
      '好',
      '不好',
    ]);
  });

  it('names the line that is not a text', async () => {
    const path = await file('b.jsonl', '"好"\n{"label":1}\n');
    await expect(readTexts(path)).rejects.toMatchObject({
      code: 'texts_line_malformed',
      details: { line: 2 },
    });
    const broken = await file('c.jsonl', '"好"\n\n{');
    await expect(readTexts(broken)).rejects.toMatchObject({
      code: 'texts_line_malformed',
      details: { line: 3 },
    });
  });

  it('may be packed', async () => {
    for (const [name, content] of [
      ['e.txt', '好\n不好\n'],
      ['e.jsonl', '{"text":"好"}\n"不好"\n'],
    ] as const) {
      const packed = join(folder, `${name}.gz`);
      await writeFile(packed, gzipSync(content));
      expect(await readTexts(packed)).toEqual(['好', '不好']);
    }
    const damaged = await file('f.txt.gz', 'not packed');
    await expect(readTexts(damaged)).rejects.toMatchObject({ code: 'archive_malformed' });
  });

  it.each(['a.tsv', 'a.csv', 'a.tsv.gz', 'a.gz', 'a'])(
    'is not read as lines where it is %s',
    async (name) => {
      await expect(readTexts(await file(name, 'label\ttext_a\n1\t好\n'))).rejects.toMatchObject({
        code: 'texts_format_unknown',
      });
    },
  );

  it('must hold a text and be there', async () => {
    await expect(readTexts(await file('d.txt', '\n'))).rejects.toMatchObject({ code: 'texts_file_empty' });
    await expect(readTexts(join(folder, 'none.txt'))).rejects.toMatchObject({ code: 'texts_file_missing' });
  });
});

describe('a stream of texts', () => {
  const all = (...chunks: string[]): Promise<string[]> => {
    const stream = Readable.from(chunks, { objectMode: false });
    return Readable.from(streamTexts(stream, 'here')).toArray() as Promise<string[]>;
  };

  it('has one JSON value a line, however it is cut up', async () => {
    expect(await all('\uFEFF{"text":"好"', '}\r\n\n"a\u2028b"\n', '"不好"')).toEqual([
      '好',
      'a\u2028b',
      '不好',
    ]);
    expect(await all('')).toEqual([]);
  });

  it('names the line that is not a text', async () => {
    await expect(all('"好"\n\n{"texts":1}\n')).rejects.toMatchObject({
      code: 'texts_line_malformed',
      details: { line: 3, path: 'here' },
    });
  });
});
