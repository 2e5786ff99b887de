/** The form of integer weights follows the machine, and a form is only multiplied where it does not saturate. */
import { expect, test } from '@jest/globals';
import { describeMachine } from '../../core/machine.js';
import { multipliesExactly, weightFormFor, weightFormName } from '../../core/weight-form.js';

const machine = describeMachine();
const narrow = [
  { platform: 'linux x64', instructionSets: ['avx2'] },
  { platform: 'linux x64', instructionSets: ['avx2', 'avx512f'] },
];
const wide = [
  { platform: 'linux x64', instructionSets: ['avx2', 'avx512f', 'avx512_vnni'] },
  { platform: 'linux x64', instructionSets: ['avx_vnni'] },
  { platform: 'linux arm64', instructionSets: [] },
];

test('x86 that sums pairs in 16 bits gets 7 bits, other machines 8', () => {
  const bitsOn = (conditions: (typeof wide)[number]) => weightFormFor({ ...machine, ...conditions }).bits;
  expect(narrow.map(bitsOn)).toEqual([7, 7]);
  expect(wide.map(bitsOn)).toEqual([8, 8, 8]);
});

test('int8 of 8 bits saturates where pairs are summed in 16; other forms suit every machine', () => {
  const forms = [
    weightFormName({ type: 'int8', bits: 8, perColumn: true }),
    weightFormName({ type: 'int8', bits: 7, perColumn: true }),
    weightFormName({ type: 'uint8', bits: 8, perColumn: false }),
  ];
  const exactOn = (conditions: (typeof wide)[number]) =>
    forms.map((form) => multipliesExactly(conditions, form));
  for (const conditions of narrow) expect(exactOn(conditions)).toEqual([false, true, true]);
  for (const conditions of wide) expect(exactOn(conditions)).toEqual([true, true, true]);
});
