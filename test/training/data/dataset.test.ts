/** Labelled texts from files: what is read, and that whatever does not fit is named by its line. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RetortError } from '../../../core/errors.js';
import { openDataset } from '../../../training/data/dataset.js';
import { fixtureUrl } from '../../fixture-url.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-data-'));
});
afterAll(() => rm(root, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const written = path.join(root, name);
  await mkdir(path.dirname(written), { recursive: true });
  await writeFile(written, content);
  return written;
}

const fixture = (name: string) => fileURLToPath(fixtureUrl(`data/${name}`));

const good = { text: '房间很干净', label: 1 };
const bad = { text: '隔音差', label: 0 };

describe('formats', () => {
  const contents = {
    'reviews.tsv': 'label\ttext_a\n1\t房间很干净\n0\t隔音差\n',
    'reviews.csv': 'label,review\n1,房间很干净\n0,隔音差\n',
    'reviews.jsonl': '{"text":"房间很干净","label":1}\n{"label":"negative","text":"隔音差","from":"hotel"}\n',
  };
  for (const [name, content] of Object.entries(contents)) {
    test(`${name}, compressed or not, with a byte order mark or CRLF`, async () => {
      const plain = await openDataset(await file(name, content));
      expect(plain).toMatchObject({ examples: [good, bad], rejected: [] });
      const compressed = await openDataset(await file(`${name}.gz`, gzipSync(content)));
      expect(compressed).toEqual(plain);
      const windows = await openDataset(
        await file(`windows-${name}`, `\uFEFF${content.replaceAll('\n', '\r\n')}`),
      );
      expect(windows).toMatchObject({ examples: [good, bad], rejected: [] });
      const unended = await openDataset(await file(`unended-${name}`, content.trimEnd()));
      expect(unended.examples).toEqual([good, bad]);
    });
  }

  test('in TSV a quotation mark is a character', async () => {
    const texts = ['"好"', '"开头', '他说"不好"。', '结尾"', '""'];
    const rows = texts.map((text) => `1\t${text}\n`).join('');
    const { examples } = await openDataset(await file('quotes.tsv', `label\ttext_a\n${rows}`));
    expect(examples.map(({ text }) => text)).toEqual(texts);
  });

  test('in CSV quotation marks enclose commas, line breaks and themselves; elsewhere they are characters', async () => {
    for (const end of ['\n', '\r\n']) {
      const lines = [
        'text,label',
        '"干净,安静",1',
        '"第一行',
        '第二行",0',
        '"他说""好""",1',
        '5" 屏,0',
        '短',
        '""好"",1',
      ];
      const { examples, rejected } = await openDataset(await file('quotes.csv', lines.join(end)));
      expect(examples).toEqual([
        { text: '干净,安静', label: 1 },
        { text: '第一行\n第二行', label: 0 },
        { text: '他说"好"', label: 1 },
        { text: '5" 屏', label: 0 },
        { text: '""好""', label: 1 },
      ]);
      expect(rejected).toEqual([{ line: 7, reason: expect.stringContaining('1 columns') }]);
    }
  });

  test('a quotation that the file ends in is named where it opens', async () => {
    const rows = 'text,label\n好,1\n\n"没有结束,0\n差,0\n';
    const { examples, rejected } = await openDataset(await file('unclosed.csv', rows));
    expect(examples).toEqual([{ text: '好', label: 1 }]);
    expect(rejected).toEqual([{ line: 4, reason: expect.stringContaining('quotation') }]);
  });

  test('objects of JSON Lines need not have the same keys', async () => {
    const rows = '{"id":1,"text":"无标签"}\n\n{"label":1,"text":"好"}\n{"label":0}\n';
    const { examples, rejected } = await openDataset(await file('keys.jsonl', rows));
    expect(examples).toEqual([{ text: '好', label: 1 }]);
    expect(rejected.map(({ line }) => line)).toEqual([1, 4]);
  });

  test('a file without a label column has texts without labels', async () => {
    const { examples } = await openDataset(await file('plain.tsv', 'text_a\n好\n'));
    expect(examples).toEqual([{ text: '好', label: null }]);
  });

  test('the digest is of the content', async () => {
    const digest = async (name: string, content: string | Uint8Array) =>
      (await openDataset(await file(name, content))).sha256;
    const content = contents['reviews.tsv'];
    expect(await digest('a.tsv', content)).toBe(await digest('b.tsv.gz', gzipSync(content)));
    expect(await digest('a.tsv', content)).not.toBe(await digest('c.tsv', content.replace('1', '0')));
  });

  test('a format is told by the name alone', async () => {
    await expect(openDataset(await file('reviews.txt', 'text\n好\n'))).rejects.toMatchObject({
      code: 'data_format_unknown',
      details: { path: path.join(root, 'reviews.txt') },
    });
    await expect(openDataset(path.join(root, 'none.tsv'))).rejects.toMatchObject({
      code: 'data_file_missing',
    });
  });
});

describe('archives and folders', () => {
  test("ChnSentiCorp's three layouts, in a folder, beside the shadows of macOS", async () => {
    const zip = fixture('chnsenticorp.zip');
    expect((await openDataset(zip)).examples).toEqual([
      { text: '房间很干净，服务也好。', label: 1 },
      { text: '隔音太差了，"再也不来"。', label: 0 },
      { text: '书的内容很实用。', label: 1 },
    ]);
    expect((await openDataset(zip, { split: 'dev', strict: true })).examples).toEqual([
      { text: '电脑轻便，散热也好。', label: 1 },
      { text: '键盘手感差。', label: 0 },
    ]);
    expect((await openDataset(zip, { split: 'test' })).examples).toEqual([
      { text: '早餐种类不多。', label: null },
      { text: '纸张很薄。', label: null },
    ]);
  });

  test('an archive may hold .gz files', async () => {
    expect((await openDataset(fixture('gzipped.zip'))).examples).toHaveLength(3);
    await expect(openDataset(fixture('gzipped.zip'), { split: 'dev' })).rejects.toMatchObject({
      code: 'archive_malformed',
      details: { path: fixture('gzipped.zip') },
    });
  });

  test('a folder holds a file a split', async () => {
    await file('folder/train.csv', 'text,label\n好,1\n');
    await file('folder/dev.jsonl', '{"text":"差","label":0}\n');
    const folder = path.join(root, 'folder');
    expect((await openDataset(folder)).examples).toEqual([{ text: '好', label: 1 }]);
    expect((await openDataset(folder, { split: 'dev' })).examples).toEqual([{ text: '差', label: 0 }]);
    await expect(openDataset(folder, { split: 'test' })).rejects.toMatchObject({
      code: 'data_split_missing',
      details: { path: folder, split: 'test', found: 'dev.jsonl, train.csv' },
    });
  });

  test('a split that an archive does not hold is named with what it holds', async () => {
    await expect(openDataset(fixture('without-splits.zip'), { split: 'dev' })).rejects.toMatchObject({
      code: 'data_split_missing',
      details: { split: 'dev', found: 'reviews/all.tsv' },
    });
  });

  test('an archive or .gz that is cut anywhere is refused', async () => {
    const cases = [
      ['cut.zip', await readFile(fixture('chnsenticorp.zip'))],
      ['cut.tsv.gz', gzipSync(`label\ttext_a\n${'1\t房间很干净\n'.repeat(20)}`)],
    ] as const;
    for (const [name, bytes] of cases) {
      for (let length = 0; length < bytes.length; length += 7) {
        await expect(openDataset(await file(name, bytes.subarray(0, length)))).rejects.toMatchObject({
          code: 'archive_malformed',
          details: { path: path.join(root, name) },
        });
      }
    }
  });

  test('an archive that is damaged anywhere gives rows or an error of the table', async () => {
    const bytes = await readFile(fixture('chnsenticorp.zip'));
    const codes = new Set<string>();
    for (let place = 0; place < bytes.length; place += 2) {
      const damaged = Buffer.from(bytes);
      damaged[place] = damaged[place]! ^ 0xff;
      const written = await file('damaged.zip', damaged);
      const code = await openDataset(written).then(
        () => 'read',
        (error: unknown) => (error instanceof RetortError ? error.code : String(error)),
      );
      codes.add(code);
    }
    const expected = ['read', 'archive_malformed', 'data_split_missing', 'data_column_missing', 'data_empty'];
    expect(expected).toEqual(expect.arrayContaining([...codes]));
    expect(codes).toContain('archive_malformed');
  });
});

describe('rows that do not fit', () => {
  const rows = ['label\ttext_a', '1\t好', '2\t差', '', '0', '0\t差\t太差', '0\t  ', '\t好', '0\t差'];

  test('are left out, counted, and named by their line', async () => {
    const { examples, rejected } = await openDataset(await file('rows.tsv', rows.join('\n')));
    expect(examples).toEqual([
      { text: '好', label: 1 },
      { text: '差', label: 0 },
    ]);
    expect(rejected).toEqual([
      { line: 3, reason: expect.stringContaining('label is "2"') },
      { line: 5, reason: expect.stringContaining('1 columns where the header has 2') },
      { line: 6, reason: expect.stringContaining('3 columns') },
      { line: 7, reason: expect.stringContaining('text_a is empty') },
      { line: 8, reason: expect.stringContaining('label is ""') },
    ]);
  });

  test('fail at the first, whatever is wrong with it, when asked', async () => {
    const written = await file('strict.tsv', rows.join('\n'));
    await expect(openDataset(written, { strict: true })).rejects.toMatchObject({
      code: 'data_row_malformed',
      details: { path: written, line: 3 },
    });
  });

  test('of JSON Lines are those that are no object, have no text, or another label', async () => {
    const lines = [
      '{"text":"好","label":1}',
      '{"text":',
      '["好",1]',
      'null',
      '{"text":5,"label":1}',
      '{"text":"好"}',
      '{"text":"好","label":true}',
    ];
    const { examples, rejected } = await openDataset(await file('rows.jsonl', lines.join('\n')));
    expect(examples).toHaveLength(1);
    expect(rejected.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 7]);
    expect(rejected[4]!.reason).toContain('absent');
  });

  test('are those with bytes that are not UTF-8, and no others', async () => {
    const notUtf8 = Buffer.from([0xb7, 0xbf, 0xbc, 0xe4]);
    const bytes = (...parts: (string | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));
    const reason = expect.stringContaining('UTF-8');
    const tsv = await file('bytes.tsv', bytes('label\ttext_a\n1\t好\n1\t', notUtf8, '\n0\t差\uFFFD\n'));
    expect(await openDataset(tsv)).toMatchObject({
      examples: [{ text: '好' }, { text: '差\uFFFD' }],
      rejected: [{ line: 3, reason }],
    });
    await expect(openDataset(tsv, { strict: true })).rejects.toMatchObject({ details: { line: 3 } });
    const csv = await file('bytes.csv', bytes('text,label\n好,1\n"一\n', notUtf8, '",0\n差,0\n'));
    expect(await openDataset(csv)).toMatchObject({
      examples: [{ text: '好' }, { text: '差' }],
      rejected: [{ line: 3, reason }],
    });
    const all = await file('all.jsonl', bytes('{"text":"', notUtf8, '","label":1}'));
    await expect(openDataset(all)).rejects.toMatchObject({
      code: 'data_empty',
      message: expect.stringMatching(/line 1 .*UTF-8/),
    });
  });

  test('must not be all there are', async () => {
    for (const [name, content] of [
      ['empty.tsv', ''],
      ['header.tsv', 'label\ttext_a\n'],
      ['empty.csv', ''],
      ['header.csv', 'text,label\r\n'],
      ['empty.jsonl', '\n\n'],
      ['labels.tsv', 'label\ttext_a\n5\t好\n'],
    ] as const) {
      const written = await file(name, content);
      await expect(openDataset(written)).rejects.toMatchObject({
        code: 'data_empty',
        details: { path: written },
      });
    }
  });
});

describe('columns', () => {
  const content = '评论,推荐\n好,positive\n差,negative\n';

  test('may have any names', async () => {
    const written = await file('columns.csv', content);
    const options = { textColumn: '评论', labelColumn: '推荐' };
    expect((await openDataset(written, options)).examples).toEqual([
      { text: '好', label: 1 },
      { text: '差', label: 0 },
    ]);
  });

  test('of labels need not be read', async () => {
    const written = await file('ratings.csv', 'text,label\n好,-1\n差,hotel\n,1\n');
    const { examples, rejected } = await openDataset(written, { labelColumn: null });
    expect(examples).toEqual([
      { text: '好', label: null },
      { text: '差', label: null },
    ]);
    expect(rejected).toEqual([{ line: 4, reason: expect.stringContaining('text is empty') }]);
  });

  test('that are not there are named with those that are', async () => {
    const written = await file('columns.csv', content);
    await expect(openDataset(written)).rejects.toMatchObject({
      code: 'data_column_missing',
      details: { what: 'text', column: expect.stringContaining('text_a'), found: '评论, 推荐' },
    });
    await expect(openDataset(written, { textColumn: 'toString' })).rejects.toMatchObject({
      code: 'data_column_missing',
      details: { what: 'text', column: 'toString' },
    });
    await expect(openDataset(written, { textColumn: '评论', labelColumn: 'label' })).rejects.toMatchObject({
      code: 'data_column_missing',
      details: { what: 'label', column: 'label', found: '评论, 推荐' },
    });
  });
});
