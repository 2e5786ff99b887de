/** The cuts that the shipped model's ids come from. */
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normalizeText } from '../../../core/text/normalize.js';
import { loadSegmenter, segmenterNames, type Segmenter } from '../../../core/text/segmenter.js';
import { strings } from './strings.js';

/** nodejieba is compiled where there is a compiler. */
function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}

const absent = new Set(isInstalled('nodejieba') ? [] : ['nodejieba']);

/** Words that both segmenters find, `|` between them. */
const cuts = [
  '房间|很|干净|，|服务|也好|，|下次|还|住|。',
  '酒店|离|火车站|很近|，|但是|隔音|太差|了|。',
  '这|本书|的|内容|很|实用|，|翻译|得|也|不错|。',
  '电脑|散热|不好|，|玩游戏|会|死机|。',
  '笔记本|的|键盘|手感|好|，|Vista|系统|太慢',
  // Not in the dictionary: the HMM joins them.
  '书到|得|快|，|可惜|纸张|薄|。',
];

for (const name of segmenterNames) {
  const given = absent.has(name) ? describe.skip : describe;
  given(`${name}${absent.has(name) ? ' (not installed)' : ''}`, () => {
    let segmenter: Segmenter;
    beforeAll(async () => {
      segmenter = await loadSegmenter(name);
    });

    test('says its name and version', () => {
      expect(segmenter.name).toBe(name);
      expect(segmenter.version).toMatch(/^\d+\.\d+\.\d+/);
    });

    test.each(cuts)('%s', (cut) => {
      expect(segmenter.cut(cut.replaceAll('|', ''))).toEqual(cut.split('|'));
    });

    test('white space is no word, and divides words', () => {
      expect(segmenter.cut('')).toEqual([]);
      expect(segmenter.cut(' \u3000 ')).toEqual([]);
      expect(segmenter.cut('3000元 的\u3000价格 very good')).toEqual([
        '3000',
        '元',
        '的',
        '价格',
        'very',
        'good',
      ]);
    });

    test('loses nothing but white space of any text', () => {
      fc.assert(
        fc.property(strings, (raw) => {
          const text = normalizeText(raw);
          const words = segmenter.cut(text);
          expect(words.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
          expect(words.every((word) => word.trim() !== '')).toBe(true);
        }),
      );
    });
  });
}

(absent.has('nodejieba') ? test : test.skip)('a segmenter that is not installed is named', async () => {
  await expect(loadSegmenter('nodejieba')).rejects.toMatchObject({
    code: 'segmenter_missing',
    details: { segmenter: 'nodejieba' },
  });
});
