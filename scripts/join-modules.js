// Joins the modules of the commands and of a server's worker, and the libraries that each start reads, into few files: a
// start looks up and reads hundreds of modules otherwise. What the compiler wrote at the two entries is replaced; all
// else of dist/ stays, for the library, the tests and the other workers.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const entries = { cli: 'dist/cli.js', 'serving/workers/worker': 'dist/serving/workers/worker.js' };

/** Plain JavaScript that finds no file by its own place; with all that they need. */
const libraries = [
  '@opentelemetry/api',
  'commander',
  'compression',
  'cors',
  'express',
  'path-to-regexp',
  'prom-client',
  'pure-rand',
  'raw-body',
  'simple-statistics',
  'zod',
];

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
const chunks = path.join(dist, 'chunks');

const packageOf = (file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file?.replaceAll('\\', '/') ?? '');
const posix = (file) => file.replaceAll(path.sep, '/');

/** A module of ours finds files by its place in dist/, wherever its text is. */
const keepPlaces = {
  name: 'keep-places',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null;
    if (packageOf(id) !== null) throw new Error(`${id} finds files by its place`);
    return code.replaceAll('import.meta.url', `placeIn(${JSON.stringify(posix(path.relative(dist, id)))})`);
  },
  renderChunk(code, { fileName }) {
    const up = posix(path.relative(path.dirname(fileName), '.')) || '.';
    return code.replace(
      /placeIn\("([^"]+)"\)/g,
      (_, place) => `new URL(${JSON.stringify(`${up}/${place}`)}, import.meta.url).href`,
    );
  },
};

// Entries that are joined already would be read without their chunks.
if (readFileSync(path.join(dist, 'cli.js'), 'utf8').includes('/chunks/')) process.exit();
rmSync(chunks, { recursive: true, force: true });
const build = await rolldown({
  cwd: root,
  input: entries,
  platform: 'node',
  external: (id, importer) => {
    if (id.startsWith('node:')) return true;
    if (id.startsWith('.') || path.isAbsolute(id) || packageOf(importer) !== null) return false;
    return !libraries.some((name) => id === name || id.startsWith(`${name}/`));
  },
  plugins: [keepPlaces],
});
const { output } = await build.write({
  dir: dist,
  format: 'esm',
  chunkFileNames: 'chunks/[name]-[hash].js',
});
await build.close();

const joined = new Map();
for (const id of output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))) {
  const found = packageOf(id);
  if (found !== null) joined.set(found[1], found[0]);
}
const licences = [...joined].sort().map(([name, folder]) => {
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text =
    file === undefined ? 'See its package.json.' : readFileSync(path.join(folder, file), 'utf8').trim();
  return `${name}\n\n${text}\n`;
});
writeFileSync(path.join(chunks, 'LICENSES.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`));
