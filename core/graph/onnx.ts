/** The ONNX file format, both ways, on onnx-buf's schema. */
export { decodeModel } from './onnx-decode.js';
export { defaultIrVersion, defaultOpset, encodeModel } from './onnx-encode.js';
export { readModel } from './onnx-file.js';
