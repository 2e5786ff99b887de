// Builds an image and runs it as Kubernetes would: as its own user, the root file system read-only. It must be able to
// write nothing of its own, become healthy, answer, give the page its runtime, and end at SIGTERM after the answers that
// it owes.
//   node scripts/check-container.js [DOCKERFILE]
// ENGINE is docker, podman or buildah. The last needs root and no daemon: its container is a mount namespace with the
// host's network.
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

const dockerfile = process.argv[2] ?? 'deploy/docker/Dockerfile';
const image = 'localhost/retort-check';
const internalPort = 8080;
const healthySeconds = 120;
/** Named by the page's worker. */
const runtimeFiles = ['ort.wasm.min.mjs', 'ort.webgpu.min.mjs'].concat(
  ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify'].flatMap((n) => [`${n}.mjs`, `${n}.wasm`]),
);

let failed = 0;
function report(isRight, what) {
  console.log(`${isRight ? 'ok    ' : 'FAILED'}  ${what}`);
  if (!isRight) failed += 1;
}

/** Standard output of a command that must succeed. */
function output(command, ...words) {
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}\n${stderr ?? error}`);
  return stdout.trim();
}

function show(command, ...words) {
  const { status } = spawnSync(command, words, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${words[0]} failed`);
}

/** Words, run in a container of the image instead of its entry point; their status and what they print. */
const daemon = (engine) => {
  const limits = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL'];
  limits.push('--security-opt', 'no-new-privileges');
  let id = '';
  return {
    build: () => show(engine, 'build', '-f', dockerfile, '-t', image, '.'),
    config: () => JSON.parse(output(engine, 'image', 'inspect', image))[0].Config,
    bytes: () => JSON.parse(output(engine, 'image', 'inspect', image))[0].Size,
    run: (words) =>
      spawnSync(engine, ['run', '--rm', ...limits, '--entrypoint', words[0], image, ...words.slice(1)], {
        encoding: 'utf8',
      }),
    start: () => {
      id = output(engine, 'run', '-d', ...limits, '-p', `127.0.0.1::${internalPort}`, image);
      return Number(output(engine, 'port', id, String(internalPort)).split('\n')[0].split(':').at(-1));
    },
    health: (words) => spawnSync(engine, ['exec', id, ...words]).status,
    stop: async () => {
      output(engine, 'stop', '-t', '30', id);
      return Number(output(engine, 'inspect', '-f', '{{.State.ExitCode}}', id));
    },
    remove: () => spawnSync(engine, ['rm', '-f', id]),
  };
};

const mounted = () => {
  const inspected = () => JSON.parse(output('buildah', 'inspect', '--type', 'image', image));
  let container = '';
  let folder = '';
  let server = null;
  const open = () => {
    if (container !== '') return;
    container = output('buildah', 'from', image);
    folder = output('buildah', 'mount', container);
  };
  /** A command line that runs words in the image's root. */
  const inside = (words) => {
    open();
    const { User, WorkingDir, Env } = inspected().Docker.config;
    const enter = [
      'mount --bind "$1" "$1"; mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; mount -t tmpfs tmpfs "$1/tmp"',
      'mount -o remount,bind,ro "$1"; root=$1 user=$2; shift 2',
      'exec chroot --userspec="$user" "$root" /usr/bin/env -i "$@"',
    ].join('; ');
    // `env -C` is the working folder.
    const command = ['-C', WorkingDir, ...Env, ...words];
    return ['unshare', '--mount', 'sh', '-euc', enter, 'sh', folder, User, ...command];
  };
  const run = (words) => {
    const [command, ...rest] = inside(words);
    return spawnSync(command, rest, { encoding: 'utf8' });
  };
  return {
    build: () =>
      show(
        ...['buildah', 'bud', '--isolation', 'chroot', '--network', 'host', '--format', 'docker'],
        ...['-f', dockerfile, '-t', image, '.'],
      ),
    config: () => {
      const { config } = inspected().Docker;
      return config;
    },
    bytes: () => {
      open();
      return 1024 * Number(output('du', '-skx', folder).split('\t')[0]);
    },
    run,
    start: async () => {
      const { Entrypoint, Cmd } = inspected().Docker.config;
      const port = await freePort();
      const [command, ...rest] = inside([...Entrypoint, ...Cmd, '--port', String(port)]);
      server = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit'] });
      return port;
    },
    health: (words, port) =>
      run(words.map((word) => word.replaceAll(`:${internalPort}/`, `:${port}/`))).status,
    stop: async () => {
      server.kill('SIGTERM');
      const [code, signal] = await once(server, 'exit');
      return code ?? signal;
    },
    remove: () => {
      server?.kill('SIGKILL');
      if (container !== '') spawnSync('buildah', ['rm', container]);
    },
  };
};

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

const usable = (engine) => spawnSync(engine, ['info']).status === 0;
const engine = process.env.ENGINE ?? ['docker', 'podman', 'buildah'].find(usable);
if (engine === undefined) throw new Error('there is no docker, podman or buildah');
const container = engine === 'buildah' ? mounted() : daemon(engine);

try {
  container.build();
  const { User, Healthcheck, WorkingDir } = container.config();
  const [kind, ...health] = Healthcheck.Test;
  console.log(`image   ${(container.bytes() / 2 ** 20).toFixed(0)} MiB with its base`);

  report(/^[1-9]\d*(:|$)/.test(User), `its user is a number other than root's: ${User}`);
  const written = container.run(['find', WorkingDir, '-writable', '-not', '-type', 'l']);
  report(written.status === 0 && written.stdout === '', `that user can write nothing below ${WorkingDir}`);
  const touched = container.run(['node', '-e', 'fs.writeFileSync("/tmp/x", ""); fs.writeFileSync("/x", "")']);
  report(touched.status !== 0 && /EROFS|EACCES/.test(touched.stderr), 'the root file system is read-only');
  const wasm = container.run([
    'node',
    '-e',
    'import("onnxruntime-web").then((m) => m.InferenceSession.name)',
  ]);
  report(wasm.status === 0, 'the WebAssembly engine is there');

  const port = await container.start();
  const base = `http://127.0.0.1:${port}`;
  const started = Date.now();
  let healthy = false;
  while (!healthy && Date.now() - started < 1000 * healthySeconds) {
    await wait(500);
    healthy = kind === 'CMD' && container.health(health, port) === 0;
  }
  report(healthy, 'its health check passes');

  const predict = async (body) => {
    const answer = await fetch(`${base}/v1/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  };
  const kind1 = await predict({ text: '房间很干净，服务也好。' });
  report(kind1.body.results?.[0]?.label === 'positive', 'a kind review is positive');
  const pages = await Promise.all(
    ['', 'docs/', ...runtimeFiles.map((file) => `runtime/${file}`)].map(async (path) => {
      const { status } = await fetch(`${base}/${path}`);
      return `${status} /${path}`;
    }),
  );
  report(
    pages.every((line) => line.startsWith('200 ')),
    `pages and runtime: ${pages.filter((line) => !line.startsWith('200 ')).join(', ') || 'all there'}`,
  );

  const owed = predict({ texts: Array.from({ length: 60 }, () => '早餐'.repeat(40)) });
  await wait(30);
  const code = await container.stop();
  report(code === 0, `SIGTERM ends it with 0 (${code})`);
  report((await owed).status === 200, 'after the answer that it owed');
} finally {
  container.remove();
}
process.exitCode = failed === 0 ? 0 : 1;
