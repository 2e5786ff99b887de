/** The page at `/`: what the build left in `dist/web`, and the ONNX Runtime that it runs in the browser. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import compression from 'compression';
import express, { type RequestHandler, type Response } from 'express';

/**
 * Nothing is fetched from elsewhere and no inline script runs. Isolated from other origins, the page may share memory
 * between threads, which ONNX Runtime's WebAssembly does.
 */
const pageHeaders = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

const builtPage = fileURLToPath(new URL('../../web/', import.meta.url));

const runtimeFiles = /^\/ort[\w.-]*\.(mjs|wasm)$/;

/** Serves the page, compressed for who takes that; a page that was not built leaves its paths unknown. */
export function page(folder: string = builtPage): RequestHandler {
  const files = express.static(folder, {
    setHeaders: (response, file) => {
      response.set(pageHeaders);
      // Names under assets/ carry a hash of their content.
      const isHashed = path.relative(folder, file).startsWith(`assets${path.sep}`);
      response.set('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return express.Router().use(compression(), files);
}

/** Serves the files of onnxruntime-web that a browser loads. */
export function browserRuntime(): RequestHandler {
  const resolve = createRequire(import.meta.url).resolve;
  const folder = path.dirname(resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
  const serve = express.static(folder, {
    index: false,
    setHeaders: (response: Response) => {
      response.set(pageHeaders).set('Cache-Control', 'no-cache');
    },
  });
  return (request, response, next) => {
    if (runtimeFiles.test(request.path)) serve(request, response, next);
    else next();
  };
}
