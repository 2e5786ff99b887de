import { expect, test } from '@jest/globals';
import { withoutTrainDuplicates } from '../../../training/data/deduplicate.js';

const example = (text: string) => ({ text, label: 1 as const });

test('a row whose words stand in train is left out, however it is punctuated and spaced', () => {
  const train = [example('房间很干净，服务也好。'), example('Very good')];
  const dev = ['房间很干净 服务也好！！', '房间很干净，服务也好。', 'Verygood~', 'very good', '房间很干净。'];
  expect(withoutTrainDuplicates(dev.map(example), train)).toEqual([
    example('very good'),
    example('房间很干净。'),
  ]);
});

test('rows that stand twice in the split itself stay, and in their order', () => {
  const dev = [example('差'), example('好'), example('差')];
  expect(withoutTrainDuplicates(dev, [example('好')])).toEqual([example('差'), example('差')]);
  expect(withoutTrainDuplicates(dev, [])).toEqual(dev);
});
