#!/bin/sh
# Leaves in node_modules and dist what the server runs on this platform. Run in the repository's root after a build.
set -eu
platform=$(node -p 'process.platform')
arch=$(node -p 'process.arch')

npm prune --omit=dev --ignore-scripts --no-audit --no-fund

for folder in node_modules/onnxruntime-node/bin/*/*; do
  [ "${folder##*/}" = "$platform" ] || rm -rf "$folder"
done
for folder in node_modules/onnxruntime-node/bin/*/"$platform"/*; do
  [ "${folder##*/}" = "$arch" ] || rm -rf "$folder"
done

# Of ONNX Runtime's WebAssembly builds: what Node loads to compare, and what the page sends to browsers.
find node_modules/onnxruntime-web/dist -type f \
  ! -name ort.node.min.mjs ! -name ort.wasm.min.mjs ! -name ort.webgpu.min.mjs \
  ! -name 'ort-wasm-simd-threaded.mjs' ! -name 'ort-wasm-simd-threaded.wasm' \
  ! -name 'ort-wasm-simd-threaded.asyncify.*' -delete

# Without its compiled part it cannot be loaded.
[ -d node_modules/nodejieba/build ] || rm -rf node_modules/nodejieba

# Source maps and TypeScript's declarations are for those who build on it.
find node_modules dist -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete
rm -rf dist/test
