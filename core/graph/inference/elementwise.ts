/** Element-wise operators: the broadcast shape of their inputs. */
import { dtypeOfOnnx } from '../data-types.js';
import type { ValueType } from '../ir.js';
import { broadcast, type InferenceRule, type InferenceRules, intAttribute } from './rule.js';

const same: InferenceRule = ({ inputs }) => (inputs[0] == null ? [] : [inputs[0]]);

const broadcasting: InferenceRule = ({ node, inputs }) => {
  const dtype = inputs.find((input) => input !== null)?.dtype;
  return dtype === undefined
    ? []
    : [{ dtype, shape: broadcast(node, ...inputs.map((input) => input?.shape ?? null)) }];
};

const comparing: InferenceRule = (context) =>
  broadcasting(context).map((type) => type && { dtype: 'bool', shape: type.shape });

const choosing: InferenceRule = ({ node, inputs: [condition, a, b] }) => {
  const dtype = a?.dtype ?? b?.dtype;
  if (dtype === undefined) return [];
  return [{ dtype, shape: broadcast(node, condition?.shape ?? null, a?.shape ?? null, b?.shape ?? null) }];
};

const casting: InferenceRule = ({ node, inputs }) => {
  const dtype = dtypeOfOnnx.get(intAttribute(node, 'to', 0));
  return dtype === undefined ? [] : [{ dtype, shape: inputs[0]?.shape ?? null }];
};

const truth: InferenceRule = ({ inputs }): readonly ValueType[] => [
  { dtype: 'bool', shape: inputs[0]?.shape ?? null },
];

/** What is normalised, then the means and 1 / deviations: one for each run of the axes from `axis` on. */
const normalizing: InferenceRule = ({ node, inputs: [x] }) => {
  if (x == null) return [];
  const axis = intAttribute(node, 'axis', -1);
  const first = x.shape !== null && axis < 0 ? axis + x.shape.length : axis;
  const shape = x.shape?.map((dimension, at) => (at < first ? dimension : 1)) ?? null;
  return [x, { dtype: 'float32', shape }, { dtype: 'float32', shape }];
};

export const elementwiseInference: InferenceRules = {
  ...forAll(
    [
      'Neg',
      'Sqrt',
      'Exp',
      'Log',
      'Tanh',
      'Sigmoid',
      'Relu',
      'Erf',
      'Abs',
      'Sign',
      'Identity',
      'Softmax',
      'Reciprocal',
      'Floor',
      'Softplus',
      'Elu',
      'LeakyRelu',
      'HardSigmoid',
      'LogSoftmax',
      'CumSum',
      'Clip',
      'Dropout',
      'Gelu',
      'ReverseSequence',
      'Trilu',
      'com.microsoft:Gelu',
      'com.microsoft:FastGelu',
      'com.microsoft:BiasGelu',
      'com.microsoft:SkipLayerNormalization',
      'ScatterElements',
      'ScatterND',
    ],
    same,
  ),
  ...forAll(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max', 'Sum'], broadcasting),
  ...forAll(['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'And', 'Or'], comparing),
  ...forAll(['Not', 'IsNaN'], truth),
  Where: choosing,
  Cast: casting,
  LayerNormalization: normalizing,
};

function forAll(names: readonly string[], rule: InferenceRule): InferenceRules {
  return Object.fromEntries(names.map((name) => [name, rule]));
}
