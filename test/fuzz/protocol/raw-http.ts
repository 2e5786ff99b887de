/** Bytes to a server and bytes back, past every HTTP client's care. */
import { connect } from 'node:net';

export interface Exchange {
  readonly status: number;
  readonly body: string;
}

/** Longer than a server's own patience in these tests. */
const patienceMs = 10_000;

/** Sends pieces as they are; gives so many answers, or those that came until the server closed the connection. */
export function exchange(url: string, pieces: readonly (string | Buffer)[], wanted = 1): Promise<Exchange[]> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const socket = connect(Number(port), hostname, () => {
      for (const piece of pieces) socket.write(piece);
    });
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      if (answersIn(received).length >= wanted) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answersIn(received)));
  });
}

function answersIn(bytes: Buffer): Exchange[] {
  const answers: Exchange[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    const head = rest.subarray(0, Math.max(end, 0)).toString('latin1');
    const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
    if (status === undefined) return answers;
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (rest.byteLength < end + 4 + length) return answers;
    answers.push({ status: Number(status), body: rest.subarray(end + 4, end + 4 + length).toString() });
    rest = rest.subarray(end + 4 + length);
  }
}

export function post(
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  const all = {
    host: 'x',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const head = [`POST ${path} HTTP/1.1`, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), Buffer.from(body)]);
}
