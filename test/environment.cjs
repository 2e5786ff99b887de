'use strict';
// Jest runs each test file in a context of its own, with its own Float32Array, ArrayBuffer and Error.
// Native add-ons and Node's own modules hand out the outer ones, so `instanceof` and `.constructor`
// checks in ONNX Runtime and TensorFlow.js would fail on perfectly good data.
const { TestEnvironment } = require('jest-environment-node');

const shared = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Atomics',
  'WebAssembly',
];

const errors = [
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
];

const ordinary = Function.prototype[Symbol.hasInstance];

class SharedRealmEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of shared) {
      if (name in globalThis) this.global[name] = globalThis[name];
    }
    // Errors thrown by the engine inside a test are always the context's own, so these are not replaced;
    // they are taught to recognise the outer ones too.
    for (const name of errors) {
      const inner = this.global[name];
      const outer = globalThis[name];
      Object.defineProperty(inner, Symbol.hasInstance, {
        configurable: true,
        value(candidate) {
          return ordinary.call(this, candidate) || (this === inner && ordinary.call(outer, candidate));
        },
      });
    }
  }
}

module.exports = SharedRealmEnvironment;
