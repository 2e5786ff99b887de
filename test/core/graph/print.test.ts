import { expect, test } from '@jest/globals';
import { decodeModel } from '../../../core/graph/onnx.js';
import { printProgram } from '../../../core/graph/print.js';
import { smallBranches, smallOddities } from '../../fixtures/small-models.js';

test('a program has one line a node, with types, and its subgraphs below it', () => {
  expect(printProgram(decodeModel(smallBranches()).graph)).toBe(`graph branches(x: float32[batch_size, 3])
  weight: float32[3, 3]
  constant: int64[] = [0]
  constant_1: int64[] = [1]
  Shape_out: int64[2] = Shape(x)
  Gather_out: int64[] = Gather(Shape_out, constant)
  Greater_out: bool[] = Greater(Gather_out, constant_1)
  If_out: ? = If(Greater_out) {then_branch=then, else_branch=else}
    graph then()
      then_out: float32[batch_size, 3] = MatMul(x, weight)
      return then_out: float32[batch_size, 3]
    graph else()
      else_out: float32[batch_size, 3] = MatMul(x, weight)
      return else_out: float32[batch_size, 3]
  y: float32[...] = org.example:Sharpen(If_out) {amount=0.5}
  return y: float32[...]
`);
});

test('what is not known is said to be unknown', () => {
  expect(printProgram(decodeModel(smallOddities()).graph)).toContain(
    '  y: ? = local:Twice(x) {of=…, words=…}\n',
  );
});
