import { describe, expect, it } from '@jest/globals';
import { readTemplate, requestBodies, templateOfPath } from '../../loadtest/request-bodies.js';

describe('request bodies', () => {
  it('hold one text, or as many as asked for', () => {
    expect(requestBodies(['a', 'b'], 1, templateOfPath('/v1/predict', 1))).toEqual([
      '{"text":"a"}',
      '{"text":"b"}',
    ]);
    expect(requestBodies(['a', 'b', 'c'], 2, templateOfPath('/v1/predict', 2))).toEqual([
      '{"texts":["a","b"]}',
      '{"texts":["c","a"]}',
    ]);
  });

  it('are those of the Open Inference Protocol on its route', () => {
    const template = templateOfPath('/v2/models/student/versions/1/infer', 2);
    expect(requestBodies(['a', 'b'], 2, template).map((body) => JSON.parse(body) as unknown)).toEqual([
      { inputs: [{ name: 'text', shape: [2], datatype: 'BYTES', data: ['a', 'b'] }] },
    ]);
  });

  it('fill a template wherever it has a place, and keep what a text holds', async () => {
    const template = await readTemplate('{"a": ["<{{text}}>", 1, null], "b": {"c": "{{texts}}"}}', 1);
    expect(requestBodies(['$& "{{texts}}"'], 1, template).map((body) => JSON.parse(body) as unknown)).toEqual(
      [{ a: ['<$& "{{texts}}">', 1, null], b: { c: ['$& "{{texts}}"'] } }],
    );
  });

  it.each([
    ['{', 1, 'not JSON'],
    ['{"text": "text"}', 1, 'no place'],
    ['{"text": "{{text}}"}', 2, 'one text'],
    ['@nowhere.json', 1, 'no file'],
  ])('refuse the template %s for %i texts', async (given, batch, reason) => {
    await expect(readTemplate(given, batch)).rejects.toMatchObject({
      code: 'loadtest_template_invalid',
      message: expect.stringContaining(reason),
    });
  });
});
