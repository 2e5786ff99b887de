import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** From dist/test/docs/. */
const root = new URL('../../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');

/** Files and folders outside dist/ that a server reads, by their place from the root. */
function readBySources(): string[] {
  return ['core', 'serving', 'commands/shipped.ts'].flatMap((top) => {
    const files = top.endsWith('.ts')
      ? [top]
      : readdirSync(new URL(top, root), { recursive: true, encoding: 'utf8' }).map(
          (file) => `${top}/${file}`,
        );
    return files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) =>
        [...read(file).matchAll(/new URL\('([^']+)', import[.]meta[.]url\)/g)].map(([, target = '']) =>
          new URL(target, `file:///dist/${file}`).pathname.slice(1),
        ),
      )
      .filter((target) => !target.startsWith('dist/'));
  });
}

test.each(['deploy/docker/Dockerfile', 'deploy/docker/Dockerfile.cuda'])(
  '%s has what a server reads',
  (dockerfile) => {
    const copied = [...read(dockerfile).matchAll(/^COPY --from=build \/app\/(\S+)/gm)].map(
      ([, path = '']) => path,
    );
    const needed = readBySources();
    expect(needed).toEqual(
      expect.arrayContaining(['package.json', 'core/protocol/open_inference.proto', 'models/repository']),
    );
    expect(
      needed.filter((file) => !copied.some((path) => file === path || file.startsWith(`${path}/`))),
    ).toEqual([]);
  },
);
